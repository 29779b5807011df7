//! A, M: passwords, links, codes.

use http::Method;
use tests::system::{ADAEZE, SAMINA, WILF};
use tests::{Browser, Page, System};

async fn ask_link(system: &System, headers: &[(&str, &str)], email: &str) -> Page {
    let mut browser = system.browser();
    let origin = system.origin("id");
    let mut all = vec![("origin", origin.as_str()), ("accept", "text/html")];
    all.extend_from_slice(headers);
    let body = url::form_urlencoded::Serializer::new(String::new()).append_pair("email", email).finish();
    browser.send(Method::POST, &format!("{origin}/first-time"), Some(body), &all).await
}

async fn reset_link(system: &System, email: &str) -> String {
    reset_link_with(system, &[], email).await
}

/// The link of a reset that was asked for with these headers.
async fn reset_link_with(system: &System, headers: &[(&str, &str)], email: &str) -> String {
    let before = system.demo.mailbox.all().len();
    ask_link(system, headers, email).await;
    for _ in 0..100 {
        let mails = system.demo.mailbox.all();
        let found = mails
            .iter()
            .skip(before)
            .find(|(to, subject, _)| to == email && subject == "Your link to create or reset your password");
        if let Some((_, _, text)) = found {
            return text.lines().find(|line| line.contains("/link?token=")).unwrap().to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no link to {email}");
}

async fn set(system: &System, browser: &mut Browser, link: &str, password: &str) -> Page {
    let token = link.split("token=").nth(1).unwrap();
    browser.post(&format!("{}/link/password", system.origin("id")), &[("token", token), ("password", password)]).await
}

#[tokio::test]
async fn a_01_links_are_made_from_the_configured_origin() {
    let system = System::start().await;
    let headers =
        [("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example"), ("x-forwarded-proto", "https")];
    let link = reset_link_with(&system, &headers, SAMINA).await;
    assert!(link.starts_with(&format!("{}/link?token=", system.origin("id"))), "{link}");
}

#[tokio::test]
async fn a_02_a_link_works_once_and_the_newest_only() {
    let system = System::start().await;
    let first = reset_link(&system, SAMINA).await;
    let second = reset_link(&system, SAMINA).await;
    let mut browser = system.browser();
    let page = set(&system, &mut browser, &first, "violet anchor meadow").await;
    assert!(page.body.contains("We sent you a newer link at"), "{}", page.body);
    let page = set(&system, &mut browser, &second, "violet anchor meadow").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let page = set(&system, &mut system.browser(), &second, "another anchor meadow").await;
    assert!(
        page.body.contains("This link has been used. If that was you, sign in. If not, tell your school."),
        "{}",
        page.body
    );
    let late = reset_link(&system, ADAEZE).await;
    system.clock.advance(3600);
    let page = set(&system, &mut system.browser(), &late, "violet anchor meadow").await;
    assert!(page.body.contains("stopped working after 60 minutes"), "{}", page.body);
    let page = set(&system, &mut system.browser(), "x?token=nonsense", "violet anchor meadow").await;
    assert!(page.body.contains("This link is not complete"), "{}", page.body);
}

#[tokio::test]
async fn a_03_looking_at_a_link_spends_nothing() {
    let system = System::start().await;
    let link = reset_link(&system, SAMINA).await;
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let page = system.browser().send(method, &link, None, &[("accept", "text/html")]).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    let mut browser = system.browser();
    let page = set(&system, &mut browser, &link, "short").await;
    assert!(page.body.contains("Password must be 12 characters or more"), "{}", page.body);
    assert_eq!(
        set(&system, &mut browser, &link, "violet anchor meadow").await.status,
        200,
        "a refused password spends nothing"
    );
}

#[tokio::test]
async fn a_04_a_reset_ends_sessions_and_skips_no_key() {
    let system = System::start().await;
    let mut before = system.signed_in(SAMINA, "larkmoor").await;
    system.elevate(&mut before, SAMINA, "larkmoor").await;
    let link = reset_link(&system, SAMINA).await;
    let mut thief = system.browser();
    set(&system, &mut thief, &link, "violet anchor meadow").await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let page = before.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(page.body.contains("id=\"signin\""), "old sessions have ended: {}", page.body);
    let page = thief.open(&format!("{}/records", system.origin("larkmoor"))).await;
    let page = thief.fill(&page, "elevate", &[]).await;
    assert!(page.body.contains("id=\"key\""), "the key is still asked for: {}", page.body);
    let page = thief.open(&format!("{}/me/keys/add", system.origin("id"))).await;
    assert!(page.body.contains("id=\"key\""), "and before another is added: {}", page.body);
    let told =
        system.demo.mailbox.all().iter().any(|(to, subject, _)| to == SAMINA && subject == "Your password was changed");
    assert!(told);
}

/// An answer without what differs by chance: the attempt's name, the key's challenge, and the second that passed between
/// two tries.
fn plain(page: &Page, attempt: &str, login: &str) -> (u16, Vec<String>, String) {
    let names = page.headers.keys().map(ToString::to_string).collect();
    let mut body = page.body.replace(attempt, "").replace(login, "");
    if let Some((before, rest)) = body.split_once("data-challenge=\"") {
        let (_, after) = rest.split_once('"').unwrap();
        body = format!("{before}{after}");
    }
    (
        page.status,
        names,
        body.replace("Wait 29 seconds", "Wait 30 seconds").replace("Wait 28 seconds", "Wait 30 seconds"),
    )
}

#[tokio::test]
async fn a_05_people_who_exist_and_who_do_not_get_the_same_answers() {
    let system = System::start().await;
    let nobody = "n.obody@larkmoor.tamberwell.example";
    let (a, b) = (ask_link(&system, &[], SAMINA).await, ask_link(&system, &[], nobody).await);
    assert_eq!(plain(&a, "-", SAMINA), plain(&b, "-", nobody));
    let mut answers = Vec::new();
    for login in [SAMINA, nobody, WILF] {
        let mut browser = system.browser();
        let page = browser.open(&format!("{}/signin", system.origin("id"))).await;
        let attempt = page.url.split("attempt=").nth(1).unwrap().to_owned();
        let mut last = page.clone();
        for _ in 0..7 {
            last = browser.fill(&page, "signin", &[("login", login), ("password", "wrong password")]).await;
        }
        answers.push(plain(&last, &attempt, login));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2], "somebody without a password");
    assert!(
        answers[0].2.contains(" seconds, then try again. You can use a passkey now."),
        "the seventh try waits: {}",
        answers[0].2
    );
}

#[tokio::test]
async fn a_06_an_unknown_person_costs_a_hash_as_well() {
    let system = System::start().await;
    let signin = &system.demo.assembled.signin;
    let time = |login: String| async move {
        let begun = std::time::Instant::now();
        let browser = idp_domain::SecretHash("here".to_owned());
        let from = idp_signin::throttle::TriedFrom { browser: &browser, address: None };
        assert!(signin.check_password(&login, "wrong password", from).await.is_err());
        begun.elapsed()
    };
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for round in 0..5 {
        known.push(time(SAMINA.to_owned()).await);
        unknown.push(time(format!("nobody{round}@larkmoor.example")).await);
    }
    known.sort();
    unknown.sort();
    let ratio = unknown[2].as_secs_f64() / known[2].as_secs_f64();
    assert!(ratio > 0.5, "an unknown person is answered in {ratio:.3} of the time: the hash is skipped");
}

#[tokio::test]
async fn m_01_a_code_works_once() {
    let system = std::sync::Arc::new(System::start().await);
    let code = system.code(SAMINA).await;
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (system, code) = (system.clone(), code.clone());
        set.spawn(async move {
            let person = system.person(SAMINA).await;
            system.demo.assembled.signin.check_code(&person, &code, "x").await.is_ok()
        });
    }
    let mut good = 0;
    while let Some(answer) = set.join_next().await {
        good += usize::from(answer.unwrap());
    }
    assert_eq!(good, 1);
    let system = std::sync::Arc::try_unwrap(system).unwrap_or_else(|_| panic!("still used")).restart().await;
    let person = system.person(SAMINA).await;
    assert!(system.demo.assembled.signin.check_code(&person, &code, "x").await.is_err(), "after a restart as well");
}

#[tokio::test]
async fn l_07_forms_of_other_origins_change_nothing() {
    let system = System::start().await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    let url = format!("{}/signout", system.origin("id"));
    let school = system.origin("larkmoor");
    for headers in [
        vec![("origin", "https://evil.example")],
        vec![("origin", school.as_str()), ("sec-fetch-site", "same-site")],
        vec![],
    ] {
        let page = browser.send(Method::POST, &url, Some(String::new()), &headers).await;
        assert_eq!(page.status, 403, "{headers:?}");
    }
    assert!(browser.open(&format!("{}/", system.origin("id"))).await.body.contains("My sites"));
}
