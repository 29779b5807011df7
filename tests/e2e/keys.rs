//! First password by link, and the first soft key.

use tests::System;
use tests::system::WILF;

const PASSWORD: &str = "lantern gravel puffin";

#[tokio::test]
async fn first_password_by_link_then_a_soft_key_that_elevates_at_once() {
    let system = System::start().await;
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/first-time", system.origin("id"))).await;
    let page = browser.fill(&page, "/first-time", &[("email", WILF)]).await;
    assert!(page.body.contains("If that address has an account"));
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let link = system.mailed_link(WILF).await;
    let page = browser.open(&link).await;
    assert!(page.body.contains("This is for Wilf Attenbrow"), "{}", page.body);
    let page = browser.fill(&page, "open", &[]).await;
    let page = browser.fill(&page, "create", &[("password", PASSWORD)]).await;
    assert!(page.body.contains("Add your first key"), "{}", page.body);
    let page = browser.open(&format!("{}/me/keys/soft", system.origin("id"))).await;
    assert!(page.body.contains("<svg"));
    let secret = page.body.split("id=\"secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    let wrong = browser.fill(&page, "add", &[("name", "My phone"), ("code", "000000")]).await;
    assert!(wrong.body.contains("That code is not right"), "{}", wrong.body);
    assert!(wrong.body.replace(' ', "").contains(&secret), "nothing is lost by a wrong code");
    let code = tests::system::code_of(&secret, &system);
    let page = browser.fill(&wrong, "add", &[("name", "My phone"), ("code", &code)]).await;
    assert!(page.body.contains("My phone") && page.body.contains("Security keys"), "{}", page.body);
    system.settle().await;
    let told = system
        .demo
        .mailbox
        .all()
        .iter()
        .any(|(to, subject, _)| to == WILF && subject == "A key was added to your account");
    assert!(told);
}

#[tokio::test]
async fn adding_a_key_to_others_needs_a_fresh_proof() {
    let system = System::start().await;
    let mut browser = system.signed_in(tests::system::SAMINA, "larkmoor").await;
    let page = browser.open(&format!("{}/me/keys/add", system.origin("id"))).await;
    assert!(page.body.contains("id=\"key\""), "an existing key is asked for: {}", page.body);
}

#[tokio::test]
async fn a_link_opened_on_a_phone_goes_on_where_it_was_asked_for_by_a_code() {
    let system = System::start().await;
    let id = system.origin("id");
    let (mut computer, mut phone) = (system.browser(), system.browser());
    let page = computer.open(&format!("{id}/first-time")).await;
    let sent = computer.fill(&page, "/first-time", &[("email", WILF)]).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let link = system.mailed_link(WILF).await;
    let shown = phone.open(&link).await.body;
    let code = shown.split("id=\"link-code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(phone.open(&link).await.body.contains(&code), "looking changes nothing");
    for (email, wrong) in [(WILF, "AAAA BBBB"), ("nobody@larkmoor.tamberwell.example", code.as_str())] {
        let url = format!("{id}/first-time/code");
        let page = computer.post(&url, &[("email", email), ("code", wrong)]).await;
        assert!(page.body.contains("That code is not right"), "{}", page.body);
    }
    let page = computer.fill(&sent, "code-form", &[("code", &code.to_lowercase())]).await;
    assert!(page.body.contains("id=\"create\""), "{}", page.body);
    assert!(phone.open(&link).await.body.contains("We sent you a newer link"), "the link itself is replaced");
    let page = computer.fill(&page, "create", &[("password", PASSWORD)]).await;
    assert!(page.body.contains("Add your first key"), "{}", page.body);
    let again = computer.fill(&sent, "code-form", &[("code", &code)]).await;
    assert!(again.body.contains("That code is not right"), "a code counts once: {}", again.body);
}

#[tokio::test]
async fn a_07_codes_of_links_are_counted_for_everybody_alike() {
    let system = System::start().await;
    let url = format!("{}/first-time/code", system.origin("id"));
    let mut answers = Vec::new();
    for email in [WILF, "nobody@larkmoor.tamberwell.example"] {
        let mut browser = system.browser();
        let mut said = Vec::new();
        for _ in 0..8 {
            let page = browser.post(&url, &[("email", email), ("code", "AAAABBBB")]).await;
            said.push((page.status, page.body.replace(email, "…")));
        }
        assert!(said.last().unwrap().1.contains("too many wrong codes"), "{said:?}");
        answers.push(said);
    }
    assert_eq!(answers[0], answers[1]);
}
