//! Pages and mails in Welsh: chosen by the browser, in the browser, or by the person.

use http::Method;
use idp_domain::Language;
use tests::System;
use tests::system::{ADAEZE, CALLUM, WILF};

#[tokio::test]
async fn a_browser_that_prefers_welsh_is_answered_in_welsh() {
    let system = System::start().await;
    let url = format!("{}/first-time", system.origin("id"));
    let mut browser = system.browser();
    let page = browser.send(Method::GET, &url, None, &[("accept-language", "cy-GB,cy;q=0.9,en;q=0.5")]).await;
    assert!(page.body.contains("<html lang=\"cy\"") && page.body.contains("Cyfeiriad e-bost"), "{}", page.body);
    let page = browser.send(Method::GET, &url, None, &[("accept-language", "en-GB,cy;q=0.5")]).await;
    assert!(page.body.contains("<html lang=\"en\"") && page.body.contains("Email address"), "{}", page.body);
}

#[tokio::test]
async fn a_language_that_is_chosen_stays_and_holds_for_mails() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(page.body.contains(">Cymraeg</button>"), "{}", page.body);
    let page = browser.fill(&page, "/language", &[("language", "cy")]).await;
    assert!(page.body.contains("Mewngofnodi i Larkmoor") && page.url.contains("/signin?attempt="), "{}", page.body);
    let wrong = browser.fill(&page, "signin", &[("login", ADAEZE), ("password", "")]).await;
    assert!(wrong.body.contains("Gwall:") && wrong.body.contains("Rhowch eich cyfrinair"), "{}", wrong.body);
    let page = system.type_password(&mut browser, &wrong, ADAEZE).await;
    assert!(page.url.starts_with(&system.origin("larkmoor")), "{} {}", page.url, page.body);
    assert_eq!(system.person(ADAEZE).await.language, Language::Cy, "what was chosen here holds for mails");
    let access = browser.open(&format!("{id}/me/access")).await.body;
    assert!(access.contains("Athro dosbarth, ar gyfer Oak."), "{access}");
    let mut other = system.browser();
    let page = other.open(&format!("{id}/first-time")).await;
    other.fill(&page, "/first-time", &[("email", ADAEZE)]).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    system.settle().await;
    let mails = system.demo.mailbox.all();
    let (_, subject, text) = mails.iter().rev().find(|(to, ..)| to == ADAEZE).unwrap();
    assert_eq!(subject, "Eich dolen i greu neu ailosod eich cyfrinair");
    assert!(text.starts_with("Annwyl Adaeze Fairbrass"), "{text}");
    // What happened in the second in which she was imported is no news; then she would be led on to her one school.
    system.clock.advance(1);
    let mut home = system.browser();
    let page = home.open(&format!("{id}/signin")).await;
    assert!(page.body.contains("Sign in"), "a browser that is not known");
    let page = home.fill(&page, "signin", &[("login", ADAEZE), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.body.contains("Fy safleoedd"), "the person's own language comes along: {}", page.body);
}

#[tokio::test]
async fn a_language_that_there_is_not_changes_nothing() {
    let system = System::start().await;
    let mut browser = system.browser();
    let page = browser.post(&format!("{}/language", system.origin("id")), &[("language", "xx")]).await;
    assert_eq!(page.status, 400);
    let evil = [("language", "cy"), ("next", "//evil.example")];
    let page = browser.post(&format!("{}/language", system.origin("id")), &evil).await;
    assert!(page.url.starts_with(&system.origin("id")), "{}", page.url);
    assert_eq!(system.person(WILF).await.language, Language::En);
}

#[tokio::test]
async fn the_gateway_speaks_the_language_of_the_person_or_of_the_browser() {
    let system = System::start().await;
    let site = system.origin("larkmoor");
    let mut stranger = system.browser();
    let asks = [("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("accept-language", "cy")];
    let page = stranger.send(Method::GET, &format!("{}/", system.origin("nowhere")), None, &asks).await;
    assert!(page.body.contains("<html lang=\"cy\">") && page.body.contains("Nid oes safle"), "{}", page.body);
    let store = &system.demo.assembled.context.store;
    store.set_language(system.person(ADAEZE).await.id, Language::Cy).await.unwrap();
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let home = adaeze.open(&format!("{site}/.lanyard/")).await;
    assert!(home.body.contains("Wedi mewngofnodi fel Adaeze Fairbrass"), "{}", home.body);
    let elevate = adaeze.open(&format!("{site}/records")).await;
    assert!(elevate.body.contains("Dim ond â mynediad lefel uwch"), "the rule's reason, too: {}", elevate.body);
    let bar = adaeze.send(Method::GET, &format!("{site}/.lanyard/whoami?words"), None, &[]).await.body;
    assert!(bar.contains("\"language\":\"cy\"") && bar.contains("Codi lefel eich mynediad"), "{bar}");
    let facts = adaeze.send(Method::GET, &format!("{site}/.lanyard/whoami"), None, &[]).await.body;
    assert!(!facts.contains("Codi lefel"), "words come once, facts every few seconds: {facts}");
}

#[tokio::test]
async fn activity_and_notifications_are_told_in_welsh() {
    let system = System::start().await;
    let id = system.origin("id");
    let store = &system.demo.assembled.context.store;
    let person = system.person(ADAEZE).await;
    store.set_language(person.id, Language::Cy).await.unwrap();
    let codes = system.demo.assembled.signin.new_recovery_codes(&person, "").await.unwrap();
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    adaeze.post(&format!("{id}/signin/lost"), &[("recovery", &codes[0])]).await;
    adaeze.post(&format!("{id}/me/keys/card"), &[("name", "Red purse")]).await;
    let activity = adaeze.open(&format!("{id}/me/activity")).await;
    for sentence in [
        "Mewngofnododd Adaeze Fairbrass i Larkmoor Primary School",
        "Defnyddiodd Adaeze Fairbrass god adfer",
        "Ychwanegodd Adaeze Fairbrass yr allwedd “Red purse” (Cerdyn codau printiedig)",
        "Mewngofnododd Adaeze Fairbrass mewn lle newydd: porwr",
    ] {
        assert!(activity.body.contains(sentence), "{sentence}: {}", activity.body);
    }
    for english in ["Fairbrass signed", "Fairbrass used", "Fairbrass made", "Fairbrass added"] {
        assert!(!activity.body.contains(english), "{english}: {}", activity.body);
    }
    let notices = adaeze.open(&format!("{id}/me/notifications")).await;
    assert!(notices.body.contains("Defnyddiodd Adaeze Fairbrass god adfer"), "{}", notices.body);
}

#[tokio::test]
async fn a_colleague_vouches_in_welsh() {
    let system = System::start().await;
    let mut callum = system.admin(CALLUM).await;
    let url = format!("{}/admin/pass", system.origin("id"));
    callum.post(&format!("{}/language", system.origin("id")), &[("language", "cy")]).await;
    let form = callum.open(&url).await;
    assert!(form.body.contains("<h1>Gwneud pas dros dro</h1>"), "{}", form.body);
    let page = callum.fill(&form, "pass", &[("login", "nobody@larkmoor.example"), ("seen", "face")]).await;
    assert!(page.status == 422 && page.body.contains("Nid oes neb yn eich safleoedd"), "{}", page.body);
    let page = callum.fill(&page, "pass", &[("login", ADAEZE)]).await;
    assert!(page.body.contains("Dewiswch sut y gwnaethoch yn siŵr"), "{}", page.body);
    let page = callum.fill(&page, "pass", &[("login", ADAEZE), ("seen", "video")]).await;
    assert!(
        page.body.contains("Pas dros dro i Adaeze Fairbrass") && page.body.contains("id=\"code\""),
        "{}",
        page.body
    );
}
