//! Sites: sign in once, open several, switch, elevate, drop, be signed out everywhere.

use http::Method;
use tests::System;
use tests::system::{ADAEZE, SAMINA};

#[tokio::test]
async fn one_sign_in_opens_three_schools() {
    let system = System::start().await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    for slug in ["quillbrook", "copperwick"] {
        system.clock.advance(5);
        let page = browser.open(&format!("{}/", system.origin(slug))).await;
        assert_eq!((page.status, page.redirects <= 3), (200, true), "{} {}", page.url, page.redirects);
        assert!(page.body.contains("Good morning, Samina"), "{}", page.body);
        assert!(page.body.contains("/.lanyard/bar.js"));
    }
    let list = browser.open(&format!("{}/switcher", system.origin("id"))).await.body;
    let at = |name: &str| list.find(name).unwrap();
    assert!(
        at("Copperwick Junior") < at("Quillbrook Infant") && at("Quillbrook Infant") < at("Larkmoor Primary"),
        "last used first"
    );
}

#[tokio::test]
async fn a_deep_link_survives_signing_in() {
    let system = System::start().await;
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/concerns?from=icon", system.origin("larkmoor"))).await;
    let page = browser.fill(&page, "signin", &[("login", ADAEZE), ("password", lanyard::demo::PASSWORD)]).await;
    assert_eq!(page.url, format!("{}/concerns?from=icon", system.origin("larkmoor")));
}

#[tokio::test]
async fn elevated_staff_read_their_own_class_and_no_other() {
    let system = System::start().await;
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let page = browser.open(&format!("{}/records", system.origin("larkmoor"))).await;
    assert!(page.body.contains("Records open only with elevated access"), "{}", page.body);
    let page = system.elevate(&mut browser, ADAEZE, "larkmoor").await;
    assert!(page.url.ends_with("/records") && page.body.contains("Oak"), "{} {}", page.url, page.body);
    assert!(!page.body.contains("Willow"));
    let own = page.body.split("href=\"/records/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = browser.open(&format!("{}/records/{own}", system.origin("larkmoor"))).await;
    assert!(page.body.contains("id=\"note\""), "{}", page.body);
    let page = browser.open(&format!("{}/records/0", system.origin("larkmoor"))).await;
    assert_eq!((page.status, page.body.contains("not in your classes")), (403, true));
}

#[tokio::test]
async fn elevation_is_for_one_site_and_carries_over_with_one_click() {
    let system = System::start().await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    system.elevate(&mut browser, SAMINA, "larkmoor").await;
    let page = browser.open(&format!("{}/records", system.origin("quillbrook"))).await;
    assert!(page.body.contains("id=\"elevate\""), "elevating at Larkmoor elevated Quillbrook: {}", page.body);
    let page = browser.fill(&page, "elevate", &[]).await;
    assert!(page.url.ends_with("/records") && page.status == 200, "one click and no code: {} {}", page.url, page.body);
    system.clock.advance(16 * 60);
    browser.open(&format!("{}/", system.origin("copperwick"))).await;
    let page = browser.open(&format!("{}/records", system.origin("copperwick"))).await;
    let page = browser.fill(&page, "elevate", &[]).await;
    assert!(page.body.contains("id=\"key\""), "after 15 minutes a new proof is needed: {}", page.body);
}

#[tokio::test]
async fn dropping_and_idling_end_elevated_access() {
    let system = System::start().await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    let records = format!("{}/records", system.origin("larkmoor"));
    system.elevate(&mut browser, SAMINA, "larkmoor").await;
    assert!(browser.open(&records).await.body.contains("<table>"));
    browser.post(&format!("{}/.lanyard/drop", system.origin("larkmoor")), &[]).await;
    assert!(browser.open(&records).await.body.contains("id=\"elevate\""));
    system.elevate(&mut browser, SAMINA, "larkmoor").await;
    system.clock.advance(15 * 60);
    assert!(browser.open(&records).await.body.contains("id=\"elevate\""), "15 idle minutes end it");
}

#[tokio::test]
async fn background_polls_do_not_keep_elevation_alive() {
    let system = System::start().await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    system.elevate(&mut browser, SAMINA, "larkmoor").await;
    for _ in 0..3 {
        system.clock.advance(5 * 60);
        browser.send(Method::GET, &format!("{}/.lanyard/whoami", system.origin("larkmoor")), None, &[]).await;
    }
    let page = browser.open(&format!("{}/records", system.origin("larkmoor"))).await;
    assert!(page.body.contains("id=\"elevate\""));
}

#[tokio::test]
async fn scripts_get_401_and_no_redirect() {
    let system = System::start().await;
    let mut browser = system.browser();
    let url = format!("{}/api/x", system.origin("larkmoor"));
    let page =
        browser.send(Method::GET, &url, None, &[("accept", "application/json"), ("sec-fetch-mode", "cors")]).await;
    assert_eq!((page.status, page.header("location")), (401, ""));
    assert!(page.headers.get("set-cookie").is_none());
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    let url = format!("{}/records", system.origin("larkmoor"));
    let page = browser.send(Method::GET, &url, None, &[("accept", "application/json")]).await;
    assert_eq!(page.status, 401);
    assert!(page.header("www-authenticate").contains("insufficient_user_authentication"));
}

#[tokio::test]
async fn signing_out_ends_every_site_of_the_browser() {
    let system = System::start().await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    browser.open(&format!("{}/", system.origin("quillbrook"))).await;
    let page = browser.post(&format!("{}/.lanyard/signout", system.origin("larkmoor")), &[]).await;
    assert!(page.url.ends_with("/signed-out"), "no question is asked: {}", page.url);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let page = browser.open(&format!("{}/", system.origin("quillbrook"))).await;
    assert!(page.body.contains("id=\"signin\""), "{}", page.body);
}

#[tokio::test]
async fn a_restart_signs_nobody_out() {
    let system = System::start().await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    system.elevate(&mut browser, SAMINA, "larkmoor").await;
    let system = system.restart().await;
    let page = browser.open(&format!("{}/records", system.origin("larkmoor"))).await;
    assert!(page.status == 200 && page.redirects == 0 && page.body.contains("<table>"), "{} {}", page.url, page.body);
    assert!(browser.open(&format!("{}/", system.origin("id"))).await.body.contains("My sites"));
}

#[tokio::test]
async fn what_was_typed_survives_the_end_of_access() {
    let system = System::start().await;
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    system.clock.advance(31 * 60);
    let words = [("pupil", "Arlo"), ("text", "Came in without a coat & \"cold\"\nagain")];
    let page = browser.post(&format!("{}/concerns", system.origin("larkmoor")), &words).await;
    assert!(page.body.contains("id=\"signin\""), "{}", page.body);
    let page = browser.fill(&page, "signin", &[("login", ADAEZE), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.body.contains("What you typed is safe"), "{} {}", page.url, page.body);
    let page = browser.fill(&page, "held", &[]).await;
    assert!(page.body.contains("without a coat &amp; &quot;cold&quot;"), "{}", page.body);
}

#[tokio::test]
async fn an_unknown_site_and_a_dead_one_say_so() {
    let system = System::start().await;
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/", system.origin("nowhere"))).await;
    assert_eq!((page.status, page.body.contains("There is no site at this address")), (421, true));
    system.set_upstream("larkmoor", "http://127.0.0.1:1").await;
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/", system.origin("larkmoor"))).await;
    let page = browser.fill(&page, "signin", &[("login", SAMINA), ("password", lanyard::demo::PASSWORD)]).await;
    assert_eq!(page.status, 502);
    assert!(page.body.contains("speak to the DSL"), "{}", page.body);
}
