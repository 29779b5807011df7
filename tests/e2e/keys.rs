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
