//! What coming back without a key opens and what not, and what is left when a card is used up (M, W); passwords whose hash
//! is older than today's, and steps without their proof (A).

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use idp_domain::person::PasswordHash;
use lanyard::demo::PASSWORD;
use tests::system::{ADAEZE, JOSS, SAMINA};
use tests::{Browser, Page, System};

use super::recovery::{at_signin, wrong};

/// Has a password and no key.
const KIT: &str = "k.sallowfield@high.tamberwell.example";

fn printed(page: &Page) -> Vec<String> {
    page.body.split("<code>").skip(1).filter_map(|part| part.split('<').next()).map(str::to_owned).collect()
}

/// Somebody who came back with a recovery code, in a browser of its own; and what their soft key is called in forms.
async fn back(system: &System, login: &str) -> (Browser, String) {
    let id = system.origin("id");
    let person = system.person(login).await;
    let codes = system.demo.assembled.signin.new_recovery_codes(&person, "").await.unwrap();
    let mut browser = system.signed_in(login, "larkmoor").await;
    let page = browser.open(&format!("{id}/signin/lost")).await;
    let page = browser.fill(&page, "recovery-form", &[("recovery", codes.first().unwrap())]).await;
    assert!(page.body.contains("You are back"), "{}", page.body);
    let keys = system.demo.assembled.context.store.keys_of(person.id).await.unwrap();
    (browser, keys.first().unwrap().id.to_string())
}

#[tokio::test]
async fn m_07_a_recovery_code_suspends_and_adds_a_key_and_does_nothing_else() {
    let system = System::start().await;
    let id = system.origin("id");
    let (mut browser, soft) = back(&system, SAMINA).await;
    let mut act =
        async |what: &str| browser.post(&format!("{id}/me/keys"), &[("key", soft.as_str()), ("act", what)]).await;
    let store = &system.demo.assembled.context.store;
    let samina = system.person(SAMINA).await.id;
    let works = async || store.keys_of(samina).await.unwrap().first().is_some_and(idp_domain::key::Key::works);
    act("remove").await;
    assert!(works().await, "it takes nothing away for good");
    act("suspend").await;
    assert!(!works().await, "the safe direction is open");
    act("resume").await;
    assert!(!works().await, "and what was suspended stays so: whoever has the code may be a thief");
    let before = store.recovery_codes_left(samina).await.unwrap();
    let page = browser.post(&format!("{id}/me/recovery-codes"), &[]).await;
    assert!(printed(&page).is_empty(), "nor are there new recovery codes: {}", page.body);
    assert_eq!(store.recovery_codes_left(samina).await.unwrap(), before);
    // A printed card is a key; with it the time for having come back is over.
    let page = browser.post(&format!("{id}/me/keys/card"), &[("name", "Card")]).await;
    assert_eq!(printed(&page).len(), 10, "{}", page.body);
    let page = browser.post(&format!("{id}/me/keys/card"), &[("name", "Another")]).await;
    assert!(printed(&page).is_empty(), "one key, not ten: {}", page.body);
}

#[tokio::test]
async fn w_13_a_card_without_codes_is_no_key() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut joss = system.admin(JOSS).await;
    joss.post(&format!("{id}/me/keys/card"), &[("name", "Card")]).await;
    let mut kit = system.browser();
    let page = kit.open(&format!("{id}/signin?next=/me")).await;
    system.type_password(&mut kit, &page, KIT).await;
    assert_eq!(printed(&kit.post(&format!("{id}/me/keys/card"), &[("name", "Card")]).await).len(), 10);
    let strange = async || {
        let mut browser = system.browser();
        let page = browser.open(&format!("{id}/signin?next=/me")).await;
        browser.fill(&page, "signin", &[("login", KIT), ("password", PASSWORD)]).await.body
    };
    assert!(!strange().await.contains("id=\"confirm\""), "a card that works stands in for the mailed code");
    system.behind_its_back("UPDATE card_codes SET used_at = 1").await;
    assert!(strange().await.contains("id=\"confirm\""), "one that is used up does not");
    // Joss cannot be left with it alone.
    let store = &system.demo.assembled.context.store;
    let keys = store.keys_of(system.person(JOSS).await.id).await.unwrap();
    let soft = keys.iter().find(|key| key.works()).unwrap().id.to_string();
    let page = joss.post(&format!("{id}/me/keys"), &[("key", &soft), ("act", "remove")]).await;
    assert!(page.body.contains("This is your only key"), "{}", page.body);
}

#[tokio::test]
async fn a_password_with_an_older_hash_gets_todays_at_the_next_sign_in() {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let stored = async || store.person_by_login(ADAEZE).await.unwrap().unwrap().password.unwrap();
    let (salt, mut hash) = ([7_u8; 16], [0_u8; 32]);
    let params = argon2::Params::new(8192, 1, 1, None).unwrap();
    let argon = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    argon.hash_password_into(PASSWORD.as_bytes(), &salt, &mut hash).unwrap();
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    let old = PasswordHash(format!("$argon2id$v=19$m=8192,t=1,p=1${salt}${hash}"));
    let adaeze = system.person(ADAEZE).await;
    store.rehash_password(adaeze.id, Some(&stored().await), &old).await.unwrap();
    assert_eq!(stored().await, old);
    let try_it = async |password: &str| {
        let mut browser = system.browser();
        let page = browser.open(&format!("{}/signin?next=/me", system.origin("id"))).await;
        browser.fill(&page, "signin", &[("login", ADAEZE), ("password", password)]).await
    };
    assert!(try_it("another password entirely").await.body.contains("id=\"signin\""));
    assert_eq!(stored().await, old, "a wrong password changes nothing");
    assert!(try_it(PASSWORD).await.url.ends_with("/me"));
    assert!(stored().await.0.contains("m=19456,t=2,p=1"), "{}", stored().await.0);
    assert!(try_it(PASSWORD).await.url.ends_with("/me"), "and it is the same password");
}

#[tokio::test]
async fn a_22_no_step_leads_to_a_session_without_its_proof() {
    let system = System::start().await;
    let id = system.origin("id");
    let (mut browser, page) = at_signin(&system).await;
    let token = page.url.split("attempt=").nth(1).unwrap().to_owned();
    let tries: [(&str, &[(&str, &str)]); 8] = [
        ("/link/password", &[("token", ""), ("password", "violet anchor meadow")]),
        ("/link/password", &[("token", &token), ("password", "violet anchor meadow")]),
        ("/signin", &[("attempt", &token)]),
        ("/signin/with-passkey", &[("attempt", &token), ("credential", "{}")]),
        ("/signin/browser", &[("attempt", &token), ("code", "000000")]),
        ("/signin/key", &[("attempt", &token), ("code", "000000")]),
        ("/signin/lost", &[("attempt", &token), ("recovery", "AAAAAAAAAA")]),
        ("/me/keys/card", &[("name", "Printed card")]),
    ];
    for (path, fields) in tries {
        browser.post(&format!("{id}{path}"), fields).await;
        browser.open(&format!("{id}/authorize/resume?attempt={token}")).await;
        let page = browser.open(&format!("{id}/me")).await;
        assert!(page.body.contains("id=\"signin\""), "{path} opened a door: {}", page.body);
    }
    // A link is on its way to Samina; whoever did not read it gets no further by its code, by another step or anew.
    browser.post(&format!("{id}/first-time"), &[("email", SAMINA)]).await;
    system.mailed_link(SAMINA).await;
    for code in ["", "AAAA AAAA", "00000000", &token] {
        let page = browser.post(&format!("{id}/first-time/code"), &[("email", SAMINA), ("code", code)]).await;
        assert!(!page.body.contains("id=\"create\""), "{code:?} stands in for the link: {}", page.body);
    }
    let forced = [("login", SAMINA), ("email", SAMINA), ("password", "violet anchor meadow")];
    let page = browser.post(&format!("{id}/link/password"), &forced).await;
    assert!(page.status >= 400, "{}", page.body);
    let (mut browser, page) = at_signin(&system).await;
    let page = wrong(&mut browser, &page, SAMINA, "violet anchor meadow").await;
    assert!(page.body.contains("id=\"signin\""), "her password is what it was: {}", page.body);
}
