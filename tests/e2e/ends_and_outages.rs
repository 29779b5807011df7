//! Access that ends while somebody writes, with ten minutes for the concern and for nothing else; and a site that is down.

use idp_domain::Clock;
use idp_store::{Effects, Signal};
use tests::system::ADAEZE;
use tests::{Browser, Page, System};

/// Adaeze at Larkmoor with the form of a concern open, and an end of her access in five minutes.
async fn writing(system: &System) -> (Browser, Page, idp_domain::Timestamp) {
    let store = &system.demo.assembled.context.store;
    let (person, site) = (system.person(ADAEZE).await, system.site("larkmoor").await);
    let end = system.clock.now().plus(600);
    let mut place = store.membership_at(person.id, site.id).await.unwrap().unwrap();
    place.ends_at = Some(end);
    store.save_membership(&place, Effects::none()).await.unwrap();
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    system.clock.advance(300);
    let form = browser.open(&format!("{}/concerns", system.origin("larkmoor"))).await;
    assert!(form.body.contains("<textarea"), "{}", form.body);
    (browser, form, end)
}

async fn send(browser: &mut Browser, form: &Page, text: &str) -> Page {
    browser.fill(form, "concern", &[("pupil", "Ira Vale"), ("text", text)]).await
}

#[tokio::test]
async fn a_concern_is_sent_within_ten_minutes_of_the_end_and_nothing_else_opens() {
    let system = System::start().await;
    let (mut browser, form, _) = writing(&system).await;
    system.clock.advance(300 + 500);
    let page = browser.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(!page.body.contains("Good morning"), "nothing is read any more: {}", page.body);
    let whoami = format!("{}/.lanyard/whoami", system.origin("larkmoor"));
    let nobody = browser.send(http::Method::GET, &whoami, None, &[]).await;
    assert!(nobody.status == 401 && nobody.body.contains("grace_until\":\""), "{}", nobody.body);
    let faulty = send(&mut browser, &form, "").await;
    assert!(faulty.body.contains("<textarea"), "the site's own answer, so that it can be mended: {}", faulty.body);
    let sent = send(&mut browser, &form, "Came in without a coat, late").await;
    assert!(sent.body.contains("The site has answered, and your access there has ended"), "{} {}", sent.url, sent.body);
    assert!(sent.body.contains("07700 900123"), "and whom to tell: {}", sent.body);
    assert!(!sent.body.contains("Ira Vale"), "and nothing of the site is shown");
    let other = format!("{}/records/1", system.origin("larkmoor"));
    let page = browser.post(&other, &[("note", "x")]).await;
    assert!(!page.body.contains("Sent to Larkmoor"), "{}", page.body);
}

#[tokio::test]
async fn ten_minutes_after_the_end_it_is_over() {
    let system = System::start().await;
    let (mut browser, form, _) = writing(&system).await;
    system.clock.advance(300 + 600);
    let page = send(&mut browser, &form, "Came in without a coat").await;
    assert!(!page.body.contains("Sent to Larkmoor"), "{}", page.body);
}

#[tokio::test]
async fn whoever_is_signed_out_or_removed_has_no_ten_minutes() {
    let system = System::start().await;
    let (mut browser, form, _) = writing(&system).await;
    system.clock.advance(300 + 60);
    // Long enough for the gateway to have noticed the end by itself.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let person = system.person(ADAEZE).await.id;
    let signal = Signal::TokenClaimsChange { person, site: None };
    system.demo.assembled.context.store.record(Effects::none().signal(signal)).await.unwrap();
    system.settle().await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let page = send(&mut browser, &form, "Came in without a coat").await;
    assert!(!page.body.contains("Sent to Larkmoor"), "{}", page.body);
}

#[tokio::test]
async fn another_page_cannot_send_it() {
    let system = System::start().await;
    let (mut browser, _, _) = writing(&system).await;
    system.clock.advance(300 + 60);
    let url = format!("{}/concerns", system.origin("larkmoor"));
    let foreign =
        [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    let form = Some("pupil=Ira&text=made+up".to_owned());
    let page = browser.send(http::Method::POST, &url, form, &foreign).await;
    assert!(!page.body.contains("Sent to Larkmoor"), "{}", page.body);
}

#[tokio::test]
async fn whoever_meets_a_site_that_is_down_reads_whom_to_reach_and_that_support_knows() {
    let system = System::start().await;
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    system.set_upstream("larkmoor", "http://127.0.0.1:9").await;
    let url = format!("{}/", system.origin("larkmoor"));
    let page = browser.open(&url).await;
    assert_eq!(page.status, 502);
    assert!(page.body.contains("07700 900123") && !page.body.contains("told support"), "{}", page.body);
    let count = || {
        let mails = system.demo.mailbox.all();
        mails
            .iter()
            .filter(|(_, subject, _)| subject == "The site of Larkmoor Primary School is not responding")
            .count()
    };
    system.clock.advance(5);
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    system.settle().await;
    assert_eq!(count(), 0, "a hiccup is told to nobody");
    system.clock.advance(10);
    for _ in 0..50 {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        if browser.open(&url).await.body.contains("We have told support (") {
            break;
        }
    }
    let page = browser.open(&url).await;
    assert!(page.body.contains("We have told support ("), "{}", page.body);
    system.settle().await;
    assert_eq!(count(), 1);
    let mail =
        system.demo.mailbox.all().into_iter().find(|(_, subject, _)| subject.contains("not responding")).unwrap();
    assert_eq!(mail.0, "office@larkmoor.example");
    // Up and down again within the hour: nobody is told twice.
    let up = system.site("quillbrook").await.settings.upstream;
    system.set_upstream("larkmoor", &up).await;
    assert_eq!(browser.open(&url).await.status, 200);
    system.set_upstream("larkmoor", "http://127.0.0.1:9").await;
    let page = browser.open(&url).await;
    assert!(!page.body.contains("told support"), "{}", page.body);
    system.clock.advance(15);
    for _ in 0..50 {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        if browser.open(&url).await.body.contains("We have told support (") {
            break;
        }
    }
    assert!(browser.open(&url).await.body.contains("We have told support ("), "a moment ago, and that is what it says");
    system.settle().await;
    assert_eq!(count(), 1);
}

#[tokio::test]
async fn one_that_was_quiet_after_a_hiccup_is_looked_at_before_anybody_is_woken() {
    let system = System::start().await;
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let url = format!("{}/", system.origin("larkmoor"));
    let own = system.site("larkmoor").await.settings.upstream;
    system.set_upstream("larkmoor", "http://127.0.0.1:9").await;
    assert_eq!(browser.open(&url).await.status, 502);
    // It is back, and nobody asks it for anything.
    system.set_upstream("larkmoor", &own).await;
    system.clock.advance(60);
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    system.settle().await;
    assert!(!system.demo.mailbox.all().iter().any(|(_, subject, _)| subject.contains("not responding")));
}
