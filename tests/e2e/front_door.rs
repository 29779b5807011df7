//! The provider's front door when things do not go straight: pages left open, forms typed too late, shared computers,
//! too many codes, a key that is suspended.

use idp_domain::{Clock, Language};
use tests::system::{ADAEZE, SAMINA};
use tests::{Browser, Page, System};

/// Has a password and no key; may elevate at one school.
const KIT: &str = "k.sallowfield@high.tamberwell.example";
/// The same at no school.
const ROSALIND: &str = "r.achterberg@briarholt.example";

fn pair(login: &str) -> [(&str, &str); 2] {
    [("login", login), ("password", lanyard::demo::PASSWORD)]
}

async fn to_sign_in(system: &System) -> (Browser, Page) {
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/signin?next=/me/access", system.origin("id"))).await;
    (browser, page)
}

/// Adds a soft key from the page that offers it.
async fn add_key(system: &System, browser: &mut Browser, page: &Page) -> Page {
    let secret = page.body.split("id=\"secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    let code = tests::system::code_of(&secret, system);
    browser.fill(page, "add", &[("name", "My phone"), ("code", &code)]).await
}

/// Asks for elevated access at a site; the page to which that leads, and the attempt that it belongs to.
async fn ask_to_elevate(system: &System, browser: &mut Browser, slug: &str) -> (Page, String) {
    let page = browser.open(&format!("{}/.lanyard/elevate?return=/records", system.origin(slug))).await;
    let page = browser.fill(&page, "elevate", &[]).await;
    let attempt = page.url.split("attempt=").nth(1).unwrap_or_default().to_owned();
    (page, attempt)
}

#[tokio::test]
async fn the_eleventh_code_in_an_hour_is_a_wait_and_no_error() {
    let system = System::start().await;
    for _ in 0..10 {
        let (mut browser, page) = to_sign_in(&system).await;
        let page = browser.fill(&page, "signin", &pair(KIT)).await;
        assert!(page.body.contains("id=\"confirm\""), "{}", page.body);
        system.clock.advance(60);
    }
    let (mut browser, page) = to_sign_in(&system).await;
    let page = browser.fill(&page, "signin", &pair(KIT)).await;
    assert!(
        page.status == 422 && page.body.contains("as many codes as we may for now. Wait 59 minutes"),
        "{}",
        page.body
    );
    system.clock.advance(59 * 60);
    let page = browser.open(&format!("{}/signin?next=/me/access", system.origin("id"))).await;
    let page = browser.fill(&page, "signin", &pair(KIT)).await;
    assert!(page.body.contains("id=\"confirm\""), "{}", page.body);
}

#[tokio::test]
async fn a_key_that_was_just_added_elevates_at_once_where_somebody_works() {
    let system = System::start().await;
    let (id, site) = (system.origin("id"), system.origin("tamberwell-high"));
    let (mut browser, page) = to_sign_in(&system).await;
    system.type_password(&mut browser, &page, KIT).await;
    let page = browser.open(&format!("{id}/me/keys/soft")).await;
    add_key(&system, &mut browser, &page).await;
    browser.open(&format!("{site}/")).await;
    let (page, _) = ask_to_elevate(&system, &mut browser, "tamberwell-high").await;
    assert!(
        page.url == format!("{site}/records") && !page.body.contains("id=\"elevate\""),
        "{} {}",
        page.url,
        page.body
    );
}

#[tokio::test]
async fn a_key_that_is_added_on_the_way_to_elevated_access_leads_there() {
    let system = System::start().await;
    let site = system.origin("tamberwell-high");
    let mut browser = system.signed_in(KIT, "tamberwell-high").await;
    let (page, attempt) = ask_to_elevate(&system, &mut browser, "tamberwell-high").await;
    assert!(
        page.body.contains("This page needs a key. You have not added one yet. It takes about 1 minute."),
        "{}",
        page.body
    );
    let page = browser.open(&format!("{}/me/keys/soft?attempt={attempt}", system.origin("id"))).await;
    let page = add_key(&system, &mut browser, &page).await;
    assert!(
        page.url == format!("{site}/records") && !page.body.contains("id=\"elevate\""),
        "{} {}",
        page.url,
        page.body
    );
}

#[tokio::test]
async fn a_key_proven_for_an_account_opens_nothing_where_it_could_mean_two_places() {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let (mut browser, page) = to_sign_in(&system).await;
    system.type_password(&mut browser, &page, ROSALIND).await;
    let page = browser.open(&format!("{}/signin?next=/me/keys&key=1", system.origin("id"))).await;
    let code = system.code(ROSALIND).await;
    browser.fill(&page, "key", &[("code", &code)]).await;
    let session = store.sessions_of(system.person(ROSALIND).await.id).await.unwrap().remove(0);
    let proof = session.key_proof.unwrap();
    assert_eq!((proof.place.as_str(), proof.home.as_str()), ("", ""), "she works in two places");
}

#[tokio::test]
async fn every_page_of_a_sign_in_that_was_left_open_leads_on() {
    let system = System::start().await;
    let (mut browser, page) = to_sign_in(&system).await;
    let confirm = browser.fill(&page, "signin", &pair(KIT)).await;
    system.clock.advance(3600);
    let looked = browser.open(&confirm.url).await;
    assert!(looked.body.contains("id=\"signin\"") && looked.body.contains("open for a long time"), "{}", looked.body);
    let code = [("code", "123456")];
    for (form, fields) in [("confirm", &code[..]), ("resend", &[])] {
        let page = browser.fill(&confirm, form, fields).await;
        assert!(page.body.contains("open for a long time"), "{form}: {}", page.body);
    }
    let page = system.type_password(&mut browser, &looked, KIT).await;
    assert!(page.url.ends_with("/me/access"), "{}", page.url);

    let site = system.origin("larkmoor");
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let (key, _) = ask_to_elevate(&system, &mut browser, "larkmoor").await;
    // Past the attempt, and not past the session: a use every twenty minutes keeps it.
    for _ in 0..2 {
        system.clock.advance(20 * 60);
        browser.open(&format!("{}/me", system.origin("id"))).await;
        browser.open(&format!("{site}/")).await;
    }
    let late = browser.fill(&key, "key", &[("code", "000000")]).await;
    assert!(late.body.contains("id=\"key\"") && late.body.contains("Use your key to go on"), "{}", late.body);
    let code = system.code(ADAEZE).await;
    let page = browser.fill(&late, "key", &[("code", &code)]).await;
    assert!(page.url == format!("{site}/records"), "{} {}", page.url, page.body);
    // The school has forgotten by now that elevating was asked for: one more click, and no code.
    let page = browser.fill(&page, "elevate", &[]).await;
    assert!(!page.body.contains("id=\"elevate\"") && !page.body.contains("id=\"key\""), "{} {}", page.url, page.body);
}

#[tokio::test]
async fn a_key_that_is_typed_after_the_session_leads_to_a_sign_in_and_on() {
    let system = System::start().await;
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let (key, _) = ask_to_elevate(&system, &mut browser, "larkmoor").await;
    system
        .demo
        .assembled
        .context
        .store
        .end_sessions_of(system.person(ADAEZE).await.id, idp_store::Effects::none())
        .await
        .unwrap();
    let page = browser.fill(&key, "key", &[("code", "123456")]).await;
    assert!(page.body.contains("id=\"signin\""), "{}", page.body);
    let page = browser.fill(&page, "signin", &pair(ADAEZE)).await;
    assert!(page.body.contains("id=\"key\""), "still on the way to the school: {} {}", page.url, page.body);
}

#[tokio::test]
async fn what_was_typed_on_a_page_of_ours_outlasts_the_session_and_is_nobody_elses() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let form = browser.open(&format!("{id}/ask-access?site=quillbrook")).await;
    assert!(form.body.contains("reason"), "{}", form.body);
    system.clock.advance(3600);
    let page = browser.fill(&form, "ask", &[("reason", "I cover Wren on Thursdays")]).await;
    assert!(page.body.contains("id=\"signin\""), "{}", page.body);
    let mut other = browser.clone();
    let theirs = other.fill(&page, "signin", &pair(SAMINA)).await;
    assert!(!theirs.body.contains("Wren"), "somebody else signs in there: {}", theirs.body);
    let page = browser.fill(&page, "signin", &pair(ADAEZE)).await;
    assert!(page.body.contains("I cover Wren on Thursdays") && page.body.contains("Carry on"), "{}", page.body);
    let page = browser.fill(&page, "carry", &[("site", "quillbrook"), ("reason", "I cover Wren on Thursdays")]).await;
    assert!(page.status == 200, "{} {}", page.url, page.body);
    let asked =
        system.demo.assembled.context.store.requests_of(system.person(ADAEZE).await.id, idp_domain::Timestamp(0));
    assert_eq!(asked.await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_shared_computer_looks_as_its_user_wants_and_forgets_it() {
    let system = System::start().await;
    let id = system.origin("id");
    let store = &system.demo.assembled.context.store;
    store.set_language(system.person(SAMINA).await.id, Language::Cy).await.unwrap();
    let mut browser = system.browser();
    browser.open(&format!("{id}/signin")).await;
    let shared = |login| [("login", login), ("password", lanyard::demo::PASSWORD), ("shared", "1")];
    let page = browser.open(&format!("{id}/signin?next=/me")).await;
    let page = browser.fill(&page, "signin", &shared(SAMINA)).await;
    assert!(page.body.contains("<html lang=\"cy\""), "{}", page.body);
    browser.post(&format!("{id}/signout"), &[]).await;
    let page = browser.open(&format!("{id}/signin?next=/me")).await;
    assert!(page.body.contains("<html lang=\"en\""), "the next person reads English: {}", page.body);
    browser.post(&format!("{id}/language"), &[("language", "cy")]).await;
    let page = browser.fill(&page, "signin", &shared(ADAEZE)).await;
    assert!(page.body.contains("<html lang=\"en\""), "what somebody left behind is not hers: {}", page.body);
    assert_eq!(system.person(ADAEZE).await.language, Language::En);
}

#[tokio::test]
async fn a_suspended_key_is_named_as_what_it_is_and_confirms_no_browser() {
    let system = System::start().await;
    let id = system.origin("id");
    let person = system.person(ADAEZE).await.id;
    let store = &system.demo.assembled.context.store;
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let (now, none) = (system.clock.now(), idp_store::Effects::none);
    for key in store.keys_of(person).await.unwrap() {
        store.suspend_key(person, key.id, Some(now), none()).await.unwrap();
    }
    let page = browser.open(&format!("{id}/signin?next=/me&key=1")).await;
    assert!(page.body.contains("Your key is suspended") && !page.body.contains("not enough"), "{}", page.body);
    let (mut elsewhere, page) = to_sign_in(&system).await;
    let page = elsewhere.fill(&page, "signin", &pair(ADAEZE)).await;
    assert!(page.body.contains("id=\"confirm\""), "a key that does not work is none: {}", page.body);
}

#[tokio::test]
async fn whoever_comes_back_without_a_key_still_arrives_where_they_were_going() {
    let system = System::start().await;
    let (id, site) = (system.origin("id"), system.origin("larkmoor"));
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let person = system.person(ADAEZE).await;
    let codes = system.demo.assembled.signin.new_recovery_codes(&person, "").await.unwrap();
    let (_, attempt) = ask_to_elevate(&system, &mut browser, "larkmoor").await;
    let lost = browser.open(&format!("{id}/signin/lost?attempt={attempt}")).await;
    let page = browser.fill(&lost, "recovery-form", &[("recovery", &codes[0])]).await;
    assert!(page.body.contains("You are back"), "{}", page.body);
    let key = page.body.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("key", key), ("act", "suspend"), ("recovered", "1"), ("attempt", attempt.as_str())];
    assert!(page.body.contains(&format!("name=\"attempt\" value=\"{attempt}\"")), "{}", page.body);
    let page = browser.post(&format!("{id}/me/keys"), &fields).await;
    assert!(page.body.contains(&format!("/me/keys/add?attempt={attempt}")), "{}", page.body);
    // Word of the suspended key reaches the school before anybody could add another one.
    system.settle().await;
    let page = browser.open(&format!("{id}/me/keys/soft?attempt={attempt}")).await;
    let page = add_key(&system, &mut browser, &page).await;
    assert!(
        page.url == format!("{site}/records") && !page.body.contains("id=\"elevate\""),
        "{} {}",
        page.url,
        page.body
    );
}

#[tokio::test]
async fn a_first_password_is_not_the_trusts_name_and_may_be_set_on_a_shared_computer() {
    let system = System::start().await;
    let mut browser = system.browser();
    let link = system.mailed_link(tests::system::WILF).await;
    let page = browser.open(&link).await;
    let form = browser.fill(&page, "open", &[]).await;
    assert!(form.body.contains("name=\"shared\" id=\"shared\" value=\"1\" checked"), "{}", form.body);
    let page = browser.fill(&form, "create", &[("password", "tamberwell kettle moss"), ("shared", "1")]).await;
    assert!(
        page.status == 422 && page.body.contains("Password must not include your name, email or school name"),
        "{}",
        page.body
    );
    let page = browser.fill(&page, "create", &[("password", "password123456"), ("shared", "1")]).await;
    let leaked = "Choose a password that is harder to guess. This one appears on lists of common or leaked passwords.";
    assert!(page.status == 422 && page.body.contains(leaked), "{}", page.body);
    let page = browser.fill(&page, "create", &[("password", "lantern gravel puffin"), ("shared", "1")]).await;
    assert!(page.body.contains("Add your first key"), "{}", page.body);
    let person = system.person(tests::system::WILF).await.id;
    let session = system.demo.assembled.context.store.sessions_of(person).await.unwrap().remove(0);
    assert!(session.shared);
    system.settle().await;
    let mails = system.demo.mailbox.all();
    let (_, subject, text) = mails.iter().rev().find(|(to, ..)| to == tests::system::WILF).unwrap();
    assert_eq!(subject, "You created a password");
    assert!(text.contains("/first-time") && text.contains("This was not me") && text.contains(" at "), "{text}");
}
