//! S: what passes between provider and site: the code that brings somebody back, and the form that was cut off.

use http::Method;
use tests::system::{ADAEZE, SAMINA};
use tests::{Browser, Page, System};

/// Goes on as a browser does, one step at a time, until an address of a site's callback is named.
async fn brought_back(system: &System, browser: &mut Browser, slug: &str) -> String {
    let accept = [("accept", "text/html"), ("sec-fetch-mode", "navigate")];
    let mut url = format!("{}/", system.origin(slug));
    for _ in 0..5 {
        let page = browser.send(Method::GET, &url, None, &accept).await;
        url = url::Url::parse(&url).unwrap().join(page.location()).unwrap().into();
        if url.contains("/.lanyard/callback") {
            return url;
        }
    }
    url
}

async fn opens(browser: &mut Browser, url: &str) -> Page {
    browser.send(Method::GET, url, None, &[("accept", "text/html"), ("sec-fetch-mode", "navigate")]).await
}

#[tokio::test]
async fn s_02_a_stolen_way_back_opens_nothing() {
    let system = System::start().await;
    let mut samina = system.browser();
    let page = samina.open(&format!("{}/signin", system.origin("id"))).await;
    system.type_password(&mut samina, &page, SAMINA).await;
    let way = brought_back(&system, &mut samina, "larkmoor").await;
    let mut thief = system.browser();
    let stolen = opens(&mut thief, &way).await;
    assert!(thief.cookie("larkmoor.lanyard.localhost", "ln").is_none(), "{} {}", stolen.status, stolen.body);
    let elsewhere = opens(&mut samina, &way.replace("larkmoor.", "quillbrook.")).await;
    assert!(samina.cookie("quillbrook.lanyard.localhost", "ln").is_none(), "another site's: {}", elsewhere.body);
    let way = brought_back(&system, &mut samina, "larkmoor").await;
    assert_eq!(opens(&mut samina, &way).await.status, 303);
    let home = samina.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(home.body.contains("Samina"), "{}", home.body);
    let before = samina.cookie("larkmoor.lanyard.localhost", "ln").cloned();
    let again = opens(&mut samina, &way).await;
    let after = samina.cookie("larkmoor.lanyard.localhost", "ln").cloned();
    assert_eq!(before, after, "it brings nobody back twice: {}", again.body);
    let way = brought_back(&system, &mut samina, "copperwick").await;
    system.clock.advance(61);
    let late = opens(&mut samina, &way).await;
    assert!(samina.cookie("copperwick.lanyard.localhost", "ln").is_none(), "a minute later: {}", late.body);
}

#[tokio::test]
async fn s_23_what_was_cut_off_is_kept_for_its_writer_alone_and_for_ten_minutes() {
    let system = System::start().await;
    let site = system.origin("larkmoor");
    let words = [("pupil", "Arlo"), ("text", "Came in without a coat again today")];
    let cut_off = async |browser: &mut Browser| {
        system.clock.advance(31 * 60);
        browser.post(&format!("{site}/concerns"), &words).await
    };
    let mut shared = system.signed_in(ADAEZE, "larkmoor").await;
    let page = cut_off(&mut shared).await;
    let fields = [("login", SAMINA), ("password", lanyard::demo::PASSWORD)];
    let other = shared.fill(&page, "signin", &fields).await;
    assert!(other.status == 410 && !other.body.contains("coat"), "another person at the same computer: {}", other.body);
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let page = cut_off(&mut adaeze).await;
    system.clock.advance(601);
    let page = system.type_password(&mut adaeze, &page, ADAEZE).await;
    assert!(!page.body.contains("without a coat"), "ten minutes later: {}", page.body);
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    system.clock.advance(31 * 60);
    let large = "x".repeat(1024 * 1024 + 1);
    let page = adaeze.post(&format!("{site}/concerns"), &[("pupil", "Arlo"), ("text", &large)]).await;
    assert!(page.status == 413 && page.body.contains("Go back: what you typed is still on the page"), "{}", page.body);
}
