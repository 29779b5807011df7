//! Many at once: whoever comes in a flood is told so in words, everybody else is served meanwhile, and a machine
//! that goes through names gets slow.

use std::time::{Duration, Instant};

use idp_domain::Clock;
use lanyard::demo::PASSWORD;
use tests::system::ADAEZE;
use tests::{Browser, Page, System};

async fn at_signin(system: &System) -> (Browser, Page) {
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/signin?next=/me", system.origin("id"))).await;
    (browser, page)
}

#[tokio::test]
async fn a_13_a_flood_is_answered_in_words_and_holds_up_nobody_else() {
    let system = System::start().await;
    let mut forms = Vec::new();
    // As many names and tries of each as cost nobody a wait: it is the queue that fills.
    for try_number in 0..120 {
        forms.push((format!("nobody{}@elsewhere.example", try_number % 20), at_signin(&system).await));
    }
    let here = tokio::task::LocalSet::new();
    let answers = here.run_until(async {
        let mut flood = tokio::task::JoinSet::new();
        for (login, (mut browser, page)) in forms {
            flood.spawn_local(async move {
                browser.fill(&page, "signin", &[("login", &login), ("password", "three wrong words here")]).await
            });
        }
        let page = system.browser().open(&format!("{}/first-time", system.origin("id"))).await;
        assert_eq!(page.status, 200, "who does not hash is not held up");
        flood.join_all().await
    });
    let mut busy = 0;
    for page in answers.await {
        if page.status == 503 {
            busy += 1;
            assert!(page.body.contains("Lots of people are signing in"), "{}", page.body);
            assert_eq!(page.header("retry-after"), "10");
        } else {
            assert_eq!(page.status, 422, "{}", page.body);
        }
    }
    assert!(busy > 0, "120 at once are more than the queue holds");
    let (mut browser, page) = at_signin(&system).await;
    let page = browser.fill(&page, "signin", &[("login", ADAEZE), ("password", PASSWORD)]).await;
    assert!(page.url.ends_with("/me"), "and then it goes on: {} {}", page.status, page.body);
}

#[tokio::test]
async fn a_08_a_machine_that_goes_through_names_gets_slow_and_nobody_is_refused() {
    let system = System::start().await;
    let wrong = async |login: &str| {
        let (mut browser, page) = at_signin(&system).await;
        let begun = Instant::now();
        let words = format!("wrong words for {login}");
        let page = browser.fill(&page, "signin", &[("login", login), ("password", &words)]).await;
        assert_eq!(page.status, 422, "{}", page.body);
        begun.elapsed()
    };
    // All within one minute.
    system.clock.advance(60 - system.clock.now().0 % 60);
    for number in 0..31 {
        wrong(&format!("name{}@elsewhere.example", number % 25)).await;
    }
    let slow = wrong("one.more@elsewhere.example").await;
    assert!(slow >= Duration::from_secs(2), "{slow:?}");
    let (mut browser, page) = at_signin(&system).await;
    let page = browser.fill(&page, "signin", &[("login", ADAEZE), ("password", PASSWORD)]).await;
    assert!(page.url.ends_with("/me"), "behind the same address, somebody with their password: {}", page.body);
}
