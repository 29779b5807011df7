//! Signing in with an account elsewhere: a second real Lanyard is the provider there.

use idp_domain::session;
use idp_store::Effects;
use tests::system::{ADAEZE, CALLUM, SAMINA};
use tests::two::Two;

#[tokio::test]
async fn an_account_elsewhere_is_linked_by_a_mailed_code_and_then_signs_in_by_itself() {
    let two = Two::start(&[]).await;
    two.linked(ADAEZE).await;
    two.below.settle().await;
    let mails = two.below.demo.mailbox.all();
    assert!(mails.iter().any(|(to, subject, _)| to == ADAEZE && subject == "A County account was linked"));
    let mut again = two.below.browser();
    let back = two.way_back(&mut again, ADAEZE).await;
    let page = again.open(&back).await;
    assert!(page.url.starts_with(&two.below.origin("larkmoor")), "no code the second time: {}", page.body);
    let store = &two.below.demo.assembled.context.store;
    let session = store.sessions_of(two.below.person(ADAEZE).await.id).await.unwrap().remove(0);
    assert_eq!(session.method, session::Method::Upstream);
    assert!(session.amr(None).is_empty(), "what was proven elsewhere is not claimed here");
    let page = two.below.elevate(&mut again, ADAEZE, "larkmoor").await;
    assert!(page.body.contains("Oak"), "a key of ours elevates: {}", page.body);
}

#[tokio::test]
async fn a_schools_key_rule_holds_after_signing_in_elsewhere() {
    let two = Two::start(&[]).await;
    let mut margot = two.linked(SAMINA).await;
    let site = two.below.site("copperwick").await;
    let mut settings = site.settings.clone();
    settings.key_rule = idp_domain::key_policy::KeyRule::ToSignIn;
    let site = idp_domain::site::Site { settings, ..site };
    two.below.demo.assembled.context.store.save_site(&site, Effects::none()).await.unwrap();
    assert!(two.below.demo.gateway.refresh_registry().await);
    let page = margot.open(&format!("{}/", two.below.origin("copperwick"))).await;
    assert!(page.body.contains("id=\"key\""), "{}", page.body);
}

#[tokio::test]
async fn s_14_an_answer_counts_once_and_in_the_browser_that_asked() {
    let two = Two::start(&[]).await;
    two.linked(ADAEZE).await;
    let mut browser = two.below.browser();
    let back = two.way_back(&mut browser, ADAEZE).await;
    let mut thief = two.below.browser();
    thief.open(&format!("{}/signin", two.below.origin("id"))).await;
    let page = thief.open(&back).await;
    assert!(!page.url.contains("larkmoor"), "{}", page.url);
    let mine = thief.open(&format!("{}/me", two.below.origin("id"))).await;
    assert!(mine.body.contains("id=\"signin\""), "the thief is nobody: {}", mine.url);
    let page = browser.open(&back).await;
    assert!(page.url.starts_with(&two.below.origin("larkmoor")), "{}", page.body);
    browser.cookies.retain(|(host, name), _| !(host.starts_with("id.") && name.contains("session")));
    let page = browser.open(&back).await;
    assert!(!page.url.contains("larkmoor"), "a second time it is worth nothing: {}", page.url);
}

#[tokio::test]
async fn an_answer_that_is_not_true_is_not_used() {
    let two = Two::start(&[]).await;
    two.linked(ADAEZE).await;
    let store = &two.below.demo.assembled.context.store;
    let adaeze = two.below.person(ADAEZE).await;
    let before = store.sessions_of(adaeze.id).await.unwrap().len();
    for (part, other) in [("iss=http", "iss=https"), ("code=", "code=x")] {
        let mut browser = two.below.browser();
        let back = two.way_back(&mut browser, ADAEZE).await;
        assert!(back.contains(part), "{back}");
        let page = browser.open(&back.replace(part, other)).await;
        assert!(page.status == 400 && page.body.contains("could not be checked"), "{other}: {}", page.body);
    }
    let mut browser = two.below.browser();
    let back = two.way_back(&mut browser, ADAEZE).await;
    let state = url::Url::parse(&back).unwrap().query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
    let refused = format!("{}/signin/upstream/callback?state={state}&error=access_denied", two.below.origin("id"));
    let page = browser.open(&refused).await;
    assert!(page.body.contains("Nothing was changed"), "{}", page.body);
    assert_eq!(store.sessions_of(adaeze.id).await.unwrap().len(), before);
    let again = page.body.split("href=\"").find(|link| link.starts_with("/signin?attempt=")).unwrap();
    let again = format!("{}{}", two.below.origin("id"), again.split('"').next().unwrap());
    let page = browser.open(&again).await;
    let page = browser.fill(&page, "signin", &[("login", ADAEZE), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.url.starts_with(&two.below.origin("larkmoor")), "and goes on where it was asked: {}", page.url);
}

#[tokio::test]
async fn a_05_an_address_that_nobody_has_here_looks_the_same() {
    let two = Two::start(&[]).await;
    let mut pages = Vec::new();
    for login in [ADAEZE, CALLUM] {
        if login == CALLUM {
            let person = two.below.person(CALLUM).await;
            let address = person.email.clone().unwrap();
            two.below.demo.assembled.context.store.release_address(person.id, &address, Effects::none()).await.unwrap();
        }
        let mut browser = two.below.browser();
        let back = two.way_back(&mut browser, login).await;
        let before = two.below.mails_written().await;
        let page = browser.open(&back).await;
        assert_eq!(two.below.mails_written().await, before + 1, "as much is written for {login} as for anybody (A-06)");
        let neutral = page.body.replace(login, "…");
        let attempt = page.url.split("attempt=").nth(1).unwrap().to_owned();
        pages.push(neutral.replace(&attempt, "…"));
        for code in ["000000", "111111"] {
            let page = browser.fill(&page, "confirm", &[("code", code)]).await;
            assert!(page.body.contains("That code is not right"), "{}", page.body);
        }
    }
    assert_eq!(pages[0], pages[1]);
    two.below.settle().await;
    let told = two.below.demo.mailbox.all().iter().any(|(to, subject, _)| to == CALLUM && subject.contains("code"));
    assert!(!told, "nothing is mailed to an address that is nobody's here");
}

#[tokio::test]
async fn only_accounts_of_the_named_domains_lead_in_and_suspended_people_stay_out() {
    let two = Two::start(&["larkmoor.tamberwell.example"]).await;
    let mut browser = two.below.browser();
    let back = two.way_back(&mut browser, CALLUM).await;
    let page = browser.open(&back).await;
    assert!(page.status == 403 && page.body.contains("is not an account of your school"), "{}", page.body);
    two.linked(ADAEZE).await;
    let adaeze = two.below.person(ADAEZE).await.id;
    let stopped = idp_domain::person::PersonStatus::Suspended;
    two.below.demo.assembled.context.store.set_status(adaeze, stopped, Effects::none()).await.unwrap();
    let mut browser = two.below.browser();
    let back = two.way_back(&mut browser, ADAEZE).await;
    let page = browser.open(&back).await;
    assert!(page.body.contains("You cannot sign in at the moment"), "{}", page.body);
}

#[tokio::test]
async fn somebody_who_is_signed_in_links_and_unlinks_after_a_fresh_proof() {
    let two = Two::start(&[]).await;
    let id = two.below.origin("id");
    let mut browser = two.below.admin(SAMINA).await;
    let page = browser.open(&format!("{id}/me/accounts")).await;
    assert!(page.body.contains("No account is linked"), "{}", page.body);
    let page = browser.fill(&page, "link-county", &[]).await;
    let page = browser.fill(&page, "signin", &[("login", CALLUM), ("password", lanyard::demo::PASSWORD)]).await;
    let page = browser.fill(&page, "consent", &[("decision", "allow")]).await;
    assert!(page.url.ends_with("/me/accounts") && page.body.contains(CALLUM), "{} {}", page.url, page.body);
    two.below.clock.advance(6 * 60);
    let page = browser.fill(&page, "unlink", &[]).await;
    assert!(page.body.contains("id=\"key\""), "an old proof is not enough: {}", page.body);
    let code = two.below.code(SAMINA).await;
    let page = browser.fill(&page, "key", &[("code", &code)]).await;
    let page = browser.fill(&page, "carry", &[]).await;
    assert!(page.body.contains("No account is linked"), "{}", page.body);
}

#[tokio::test]
async fn i_29_an_account_elsewhere_confirms_no_browser_of_somebody_without_a_key() {
    let two = Two::start(&[]).await;
    two.linked(ADAEZE).await;
    let store = &two.below.demo.assembled.context.store;
    let adaeze = two.below.person(ADAEZE).await;
    for key in store.keys_of(adaeze.id).await.unwrap() {
        store.suspend_key(adaeze.id, key.id, Some(idp_domain::Timestamp(0)), Effects::none()).await.unwrap();
    }
    let mut browser = two.below.browser();
    let back = two.way_back(&mut browser, ADAEZE).await;
    let page = browser.open(&back).await;
    assert!(page.body.contains("Confirm this browser"), "{} {}", page.url, page.body);
    let mine = browser.open(&format!("{}/me", two.below.origin("id"))).await;
    assert!(mine.body.contains("id=\"signin\""), "nobody is signed in yet: {}", mine.url);
    let code = two.below.mailed_code(ADAEZE).await;
    let page = browser.fill(&page, "confirm", &[("code", &code)]).await;
    assert!(page.url.starts_with(&two.below.origin("larkmoor")), "{} {}", page.url, page.body);
    let session = store.sessions_of(adaeze.id).await.unwrap().remove(0);
    assert_eq!(session.method, session::Method::Upstream);
}
