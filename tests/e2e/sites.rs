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
    let offer = page.clone();
    let page = browser.fill(&page, "held", &[]).await;
    assert!(page.body.contains("without a coat &amp; &quot;cold&quot;"), "{}", page.body);
    let again = browser.fill(&offer, "held", &[]).await;
    assert!(again.status == 410 && again.body.contains("Nothing is waiting here"), "sent once: {}", again.body);
    let home = browser.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert_eq!(home.body.matches("without a coat").count(), 1, "{}", home.body);
}

#[tokio::test]
async fn what_was_typed_is_kept_long_after_the_session_and_through_a_restart() {
    let system = System::start().await;
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    system.clock.advance(31 * 60);
    browser.open(&format!("{}/.lanyard/", system.origin("larkmoor"))).await;
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    system.clock.advance(40 * 60);
    let system = system.restart().await;
    let page =
        browser.post(&format!("{}/concerns", system.origin("larkmoor")), &[("pupil", "Arlo"), ("text", "Cold")]).await;
    let page = browser.fill(&page, "signin", &[("login", ADAEZE), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.body.contains("What you typed is safe"), "{} {}", page.url, page.body);
}

#[tokio::test]
async fn elevated_access_that_ran_out_stays_out() {
    let system = System::start().await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    system.elevate(&mut browser, SAMINA, "larkmoor").await;
    // Read from the store after a restart, where no sweep has seen it yet.
    let system = system.restart().await;
    system.clock.advance(16 * 60);
    let home = format!("{}/", system.origin("larkmoor"));
    assert_eq!(browser.open(&home).await.status, 200, "the request that finds it gone");
    let page = browser.open(&format!("{}/records", system.origin("larkmoor"))).await;
    assert!(page.body.contains("id=\"elevate\""), "it must not bring it back: {}", page.body);
    assert!(page.body.contains("Your elevated access ended after 15 minutes"), "{}", page.body);
    assert!(page.body.contains("Elevate and carry on"), "{}", page.body);
}

#[tokio::test]
async fn signing_out_after_a_long_morning_at_one_school_ends_the_others() {
    let system = System::start().await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    let (here, there) = (format!("{}/", system.origin("larkmoor")), format!("{}/", system.origin("quillbrook")));
    browser.open(&there).await;
    for _ in 0..5 {
        system.clock.advance(10 * 60);
        browser.open(&here).await;
        browser.open(&there).await;
    }
    browser.post(&format!("{}/.lanyard/signout", system.origin("larkmoor")), &[]).await;
    let page = browser.open(&there).await;
    assert!(page.body.contains("id=\"signin\""), "{}", page.body);
}

#[tokio::test]
async fn another_cookie_that_is_not_ascii_changes_nothing() {
    let system = System::start().await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    let cookie = browser.cookie("larkmoor.lanyard.localhost", "ln").unwrap().clone();
    browser.cookies.clear();
    let address = format!("{}/.lanyard/whoami", system.origin("larkmoor"));
    let sent = format!("name=Jos\u{e9}; ln={cookie}");
    let page = browser.send(Method::GET, &address, None, &[("cookie", &sent)]).await;
    assert_eq!(page.status, 200, "{}", page.body);
}

#[tokio::test]
async fn a_sign_in_page_left_open_all_morning_still_leads_on() {
    let system = System::start().await;
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/records?late=yes", system.origin("larkmoor"))).await;
    system.clock.advance(4 * 3600);
    let page = browser.fill(&page, "signin", &[("login", SAMINA), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.body.contains("This page was open for a long time"), "{}", page.body);
    let page = browser.fill(&page, "signin", &[("login", SAMINA), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.url.ends_with("/records?late=yes"), "{} {}", page.url, page.body);
}

#[tokio::test]
async fn tabs_that_begin_at_once_all_arrive() {
    let system = System::start().await;
    let mut first = system.browser();
    let page = first.open(&format!("{}/records?tab=1", system.origin("larkmoor"))).await;
    // Another tab of the same fresh browser won the race for the cookies.
    let mut second = system.browser();
    let other = second.open(&format!("{}/", system.origin("quillbrook"))).await;
    first.cookies.extend(second.cookies.clone());
    let form = first.open(&page.url).await;
    let page = first.fill(&form, "signin", &[("login", SAMINA), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.url.contains("larkmoor") && page.url.ends_with("/records?tab=1"), "{} {}", page.url, page.body);
    let page = first.open(&other.url).await;
    assert!(page.url.contains("quillbrook"), "the other tab is signed in too: {}", page.url);
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
    assert!(page.body.contains("speak to the DSL") && !page.body.contains("Since"), "{}", page.body);
    let form = page.body.split("href=\"").nth(2).unwrap().split('"').next().unwrap().to_owned();
    assert!(browser.open(&form).await.body.contains("Received by (DSL)"), "{form}");
    system.clock.advance(90);
    let later = browser.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(later.body.contains(" Since ") && later.body.contains("Print a concern form"), "{}", later.body);
}

#[tokio::test]
async fn a_site_that_moved_is_found_by_its_old_address_for_ever_and_nothing_typed_is_lost() {
    let system = System::start().await;
    let (old, new) = (system.origin("larkmoor"), system.origin("larkmoor-academy"));
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let form = browser.open(&format!("{old}/concerns")).await;
    for (from, to) in
        [("nowhere", "elsewhere"), ("larkmoor", "quillbrook"), ("larkmoor", "larkmoor"), ("larkmoor", "x")]
    {
        assert!(system.demo.assembled.move_site(from, to).await.is_err(), "{from} to {to}");
    }
    system.demo.assembled.move_site("larkmoor", "larkmoor-academy").await.unwrap();
    assert!(system.demo.gateway.refresh_registry().await);

    let led = system.browser().send(Method::GET, &format!("{old}/records?class=oak"), None, &[]).await;
    assert_eq!((led.status, led.location()), (308, format!("{new}/records?class=oak").as_str()));
    let page = system.browser().open(&format!("{old}/concerns?from=icon")).await;
    assert!(page.body.contains("id=\"signin\""), "{} {}", page.status, page.body);
    // A page that lay open at the old address.
    let text = "Written while the school was being moved to its new address";
    let page = browser.fill(&form, "concern", &[("pupil", "Arlo"), ("text", text)]).await;
    assert!(page.url.starts_with(&new) && page.body.contains(text), "{} {}", page.url, page.body);
    let page = browser.fill(&page, "held", &[]).await;
    assert!(page.status == 200 && page.url.starts_with(&new), "{} {}", page.url, page.body);
    // A form of somebody else's page is not kept for her.
    let foreign = [("sec-fetch-site", "cross-site"), ("accept", "text/html"), ("content-type", "text/plain")];
    let led = browser.send(Method::POST, &format!("{old}/concerns"), Some("text=x".to_owned()), &foreign).await;
    assert_eq!((led.status, led.location()), (303, format!("{new}/").as_str()));

    let taken = idp_directory::founding::NewSite {
        slug: "larkmoor".to_owned(),
        name: "Another".to_owned(),
        upstream: "http://127.0.0.1:1".to_owned(),
        trust_domain: String::new(),
    };
    assert!(system.demo.assembled.directory.add_site(&taken).await.is_err(), "an old address is nobody else's");
    assert!(system.demo.assembled.move_site("quillbrook", "larkmoor").await.is_err(), "nor another site's");
    // And back again.
    system.demo.assembled.move_site("larkmoor-academy", "larkmoor").await.unwrap();
    assert!(system.demo.gateway.refresh_registry().await);
    let page = browser.open(&format!("{new}/concerns")).await;
    assert!(page.url.starts_with(&old) && page.body.contains("id=\"concern\""), "{} {}", page.url, page.body);
    assert_eq!(system.browser().open(&format!("{}/", system.origin("nowhere"))).await.status, 421);
}

#[tokio::test]
async fn a_sign_in_that_is_begun_elsewhere_leads_to_a_page_of_the_site_and_nowhere_else() {
    let system = System::start().await;
    let (site, issuer) = (system.origin("larkmoor"), system.origin("id"));
    let initiated = |iss: &str, target: &str| {
        let pairs = [("iss", iss), ("target_link_uri", target), ("login_hint", "<script>")];
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{site}/.lanyard/login?{query}")
    };
    let mut browser = system.browser();
    let page = browser.open(&initiated(&issuer, &format!("{site}/concerns?from=portal"))).await;
    assert!(page.body.contains("id=\"signin\"") && !page.body.contains("<script>"), "{}", page.body);
    let page = system.type_password(&mut browser, &page, ADAEZE).await;
    assert_eq!(page.url, format!("{site}/concerns?from=portal"));
    // Somebody who is signed in goes straight on.
    for (target, path) in [
        (format!("{site}/concerns"), "/concerns"),
        ("https://evil.example/".to_owned(), "/"),
        (format!("{site}.evil.example/x"), "/"),
        (format!("{site}//evil.example"), "/"),
        (format!("{site}@evil.example/"), "/"),
        (system.origin("quillbrook"), "/"),
        (String::new(), "/"),
    ] {
        let led = browser.send(Method::GET, &initiated(&issuer, &target), None, &[("accept", "text/html")]).await;
        assert_eq!((led.status, led.location()), (303, path), "{target}");
    }
    for iss in ["https://evil.example", ""] {
        assert_eq!(browser.open(&initiated(iss, "")).await.status, 404, "{iss}");
    }
}
