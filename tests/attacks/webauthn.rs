//! W: passkeys and security keys, used by a key that lies in one respect at a time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tests::authenticator::{Authenticator, Lie, asked};
use tests::{Browser, Page, System};

/// Has a password and no key.
const KIT: &str = "k.sallowfield@high.tamberwell.example";
/// Another one.
const BRAM: &str = "b.osgathorpe@high.tamberwell.example";

const REFUSED: &str = "Nothing was changed. Try the key again or choose another way.";

async fn signed_in(system: &System, login: &str) -> Browser {
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/signin?next=/", system.origin("id"))).await;
    let page = system.type_password(&mut browser, &page, login).await;
    assert!(page.body.contains("My sites"), "{}", page.body);
    browser
}

async fn add(system: &System, browser: &mut Browser, lie: &Lie) -> (Authenticator, Page) {
    let page = browser.open(&format!("{}/me/keys/passkey", system.origin("id"))).await;
    let (key, answer) = Authenticator::create(&asked(&page), &system.origin("id"), lie);
    let page = browser.fill(&page, "add", &[("name", "Work laptop"), ("credential", &answer)]).await;
    (key, page)
}

async fn with_key(system: &System, login: &str) -> (Browser, Authenticator) {
    let mut browser = signed_in(system, login).await;
    let (key, page) = add(system, &mut browser, &Lie::default()).await;
    assert!(page.body.contains("Work laptop") && page.body.contains("Security keys"), "{}", page.body);
    (browser, key)
}

/// The page that asks for a key.
async fn ask(system: &System, browser: &mut Browser) -> Page {
    // The proof of adding the key counts for five minutes.
    system.clock.advance(301);
    let page = browser.open(&format!("{}/signin?next=/me&key=1", system.origin("id"))).await;
    assert!(page.body.contains("id=\"passkey\""), "{}", page.body);
    page
}

fn accepted(page: &Page) -> bool {
    page.status == 200 && page.url.ends_with("/me")
}

/// Each of these lies is told to a fresh page, and nothing follows from it; then the truth is accepted.
async fn are_refused(lies: impl IntoIterator<Item = (&'static str, Lie)>) {
    let system = System::start().await;
    let (mut browser, mut key) = with_key(&system, KIT).await;
    for (what, lie) in lies {
        let page = ask(&system, &mut browser).await;
        let answer = key.get(&asked(&page), &lie);
        let page = browser.fill(&page, "passkey", &[("credential", &answer)]).await;
        assert!(page.status == 422 && page.body.contains(REFUSED), "{what}: {} {}", page.status, page.body);
    }
    let page = ask(&system, &mut browser).await;
    let answer = key.get(&asked(&page), &Lie::default());
    assert!(
        accepted(&browser.fill(&page, "passkey", &[("credential", &answer)]).await),
        "the truth is refused as well"
    );
}

#[tokio::test]
async fn w_01_a_challenge_counts_once_in_its_own_attempt_and_time() {
    let system = System::start().await;
    let (mut browser, mut key) = with_key(&system, KIT).await;
    let page = ask(&system, &mut browser).await;
    let answer = key.get(&asked(&page), &Lie::default());
    assert!(accepted(&browser.fill(&page, "passkey", &[("credential", &answer)]).await));
    let again = browser.fill(&page, "passkey", &[("credential", &answer)]).await;
    assert!(!accepted(&again), "the same answer twice");
    let other = ask(&system, &mut browser).await;
    let page = browser.fill(&other, "passkey", &[("credential", &answer)]).await;
    assert!(page.body.contains(REFUSED), "the answer to another challenge: {}", page.body);
    for (seconds, counts) in [(299, true), (300, false)] {
        let old = ask(&system, &mut browser).await;
        let answer = key.get(&asked(&old), &Lie::default());
        system.clock.advance(seconds);
        let page = browser.fill(&old, "passkey", &[("credential", &answer)]).await;
        assert_eq!(
            (accepted(&page), page.body.contains("open for more than 5 minutes")),
            (counts, !counts),
            "{seconds}"
        );
    }
}

#[tokio::test]
async fn w_02_the_origin_is_exactly_ours() {
    let origins = ["https://badid.lanyard.localhost", "http://id.lanyard.localhost", "https://id.lanyard.localhost"];
    let lies = origins.map(|origin| (origin, Lie { origin: Some(origin.to_owned()), ..Lie::default() }));
    are_refused(lies.into_iter().chain([
        ("a school's origin", Lie { origin: Some("http://larkmoor.lanyard.localhost".to_owned()), ..Lie::default() }),
        ("a frame of another origin", Lie { cross_origin: true, ..Lie::default() }),
        ("a frame that says whose", Lie { top_origin: Some("https://evil.example"), ..Lie::default() }),
        ("an answer to another question", Lie { kind: Some("webauthn.create"), ..Lie::default() }),
    ]))
    .await;
}

#[tokio::test]
async fn w_03_the_relying_party_a_touch_and_a_proof_are_required() {
    are_refused([
        ("another relying party", Lie { rp: Some("lanyard.localhost".to_owned()), ..Lie::default() }),
        ("nobody touched it", Lie { absent: true, ..Lie::default() }),
        ("nobody proved who they are", Lie { unverified: true, ..Lie::default() }),
        ("another challenge", Lie { challenge: Some("AAAA".to_owned()), ..Lie::default() }),
        ("a signature of another key", Lie { forged: true, ..Lie::default() }),
    ])
    .await;
}

#[tokio::test]
async fn w_04_a_counter_that_goes_back_is_a_copy() {
    let system = System::start().await;
    let (mut browser, mut key) = with_key(&system, KIT).await;
    let page = ask(&system, &mut browser).await;
    let answer = key.get(&asked(&page), &Lie { count: Some(7), ..Lie::default() });
    assert!(accepted(&browser.fill(&page, "passkey", &[("credential", &answer)]).await));
    for count in [7, 6, 1] {
        let page = ask(&system, &mut browser).await;
        let answer = key.get(&asked(&page), &Lie { count: Some(count), ..Lie::default() });
        let page = browser.fill(&page, "passkey", &[("credential", &answer)]).await;
        assert!(page.body.contains(REFUSED), "{count} after 7: {}", page.body);
        system.settle().await;
        let told = |(to, subject, _): &(String, String, String)| to == KIT && subject.contains("may have been copied");
        assert!(system.demo.mailbox.all().iter().any(told), "{count}: its owner is told");
    }
    let page = browser.open(&format!("{}/me/notifications", system.origin("id"))).await;
    assert!(page.body.contains("A key may have been copied"), "{}", page.body);
}

#[tokio::test]
async fn w_05_a_key_answers_for_its_own_person() {
    let system = System::start().await;
    let (mut kit, _) = with_key(&system, KIT).await;
    let (_, mut brams) = with_key(&system, BRAM).await;
    let page = ask(&system, &mut kit).await;
    let elsewhere = "This key belongs to a different web address. Check the address begins with";
    assert!(
        page.body.contains(&format!("{elsewhere} {}", system.origin("id"))),
        "for the browser to say: {}",
        page.body
    );
    let answer = brams.get(&asked(&page), &Lie::default());
    let page = kit.fill(&page, "passkey", &[("credential", &answer)]).await;
    assert!(page.body.contains(REFUSED), "{}", page.body);
    let page = ask(&system, &mut kit).await;
    let answer = brams.get(&asked(&page), &Lie { id: Some(vec![9; 32]), ..Lie::default() });
    let page = kit.fill(&page, "passkey", &[("credential", &answer)]).await;
    assert!(page.body.contains(REFUSED), "an unknown credential: {}", page.body);
}

#[tokio::test]
async fn w_05_a_passkey_that_signs_in_names_its_own_person() {
    let system = System::start().await;
    let (_, mut key) = with_key(&system, KIT).await;
    with_key(&system, BRAM).await;
    let handle = |id: idp_domain::PersonId| URL_SAFE_NO_PAD.encode(id.0.as_bytes());
    let bram = handle(system.person(BRAM).await.id);
    let nobody = handle(idp_domain::PersonId::new(&idp_domain::SystemClock, &idp_domain::SystemRandom));
    let lies = [
        ("another person's handle", Lie { user: Some(bram), ..Lie::default() }),
        ("a handle of nobody", Lie { user: Some(nobody), ..Lie::default() }),
        ("no handle at all", Lie { user: Some(String::new()), ..Lie::default() }),
        ("a key that nobody added", Lie { id: Some(vec![9; 32]), ..Lie::default() }),
        ("a signature of another key", Lie { forged: true, ..Lie::default() }),
    ];
    for (what, lie) in lies {
        let mut browser = system.browser();
        let page = browser.open(&format!("{}/signin?next=/me", system.origin("id"))).await;
        let answer = key.get(&asked(&page), &lie);
        let page = browser.fill(&page, "with-passkey", &[("credential", &answer)]).await;
        assert!(page.status == 422 && page.body.contains(REFUSED), "{what}: {} {}", page.status, page.body);
        let page = browser.open(&format!("{}/me", system.origin("id"))).await;
        assert!(page.body.contains("id=\"signin\""), "{what} signed somebody in");
    }
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/signin?next=/me", system.origin("id"))).await;
    let answer = key.get(&asked(&page), &Lie::default());
    let page = browser.fill(&page, "with-passkey", &[("credential", &answer)]).await;
    assert!(accepted(&page) && page.body.contains("Kit"), "{}", page.body);
}

#[tokio::test]
async fn w_07_a_credential_belongs_to_one_person() {
    let system = System::start().await;
    let (_, key) = with_key(&system, KIT).await;
    let mut bram = signed_in(&system, BRAM).await;
    let (_, page) = add(&system, &mut bram, &Lie { id: Some(key.id.clone()), ..Lie::default() }).await;
    assert!(page.status == 422 && page.body.contains("This key is added already"), "{} {}", page.status, page.body);
    let person = system.person(BRAM).await;
    assert!(system.demo.assembled.context.store.keys_of(person.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn w_08_adding_a_key_needs_a_fresh_proof() {
    let system = System::start().await;
    let mut browser = signed_in(&system, KIT).await;
    system.clock.advance(200);
    let page = browser.open(&format!("{}/me/keys/passkey", system.origin("id"))).await;
    let (_, answer) = Authenticator::create(&asked(&page), &system.origin("id"), &Lie::default());
    system.clock.advance(101);
    let late = browser.open(&format!("{}/me/keys/passkey", system.origin("id"))).await;
    assert!(late.body.contains("id=\"signin\""), "the password is asked for again: {}", late.body);
    let done = browser.fill(&page, "add", &[("name", "Work laptop"), ("credential", &answer)]).await;
    assert!(done.body.contains("Security keys"), "what was begun in time may be finished: {}", done.body);
    system.settle().await;
    let told = system.demo.mailbox.all();
    assert!(told.iter().any(|(to, subject, _)| to == KIT && subject == "A key was added to your account"));
}

#[tokio::test]
async fn w_15_an_identifier_of_a_key_is_not_longer_than_the_standard_allows() {
    let system = System::start().await;
    let mut browser = signed_in(&system, KIT).await;
    let (_, page) = add(&system, &mut browser, &Lie { id: Some(vec![7; 1024]), ..Lie::default() }).await;
    assert!(page.status == 422 && page.body.contains(REFUSED), "{} {}", page.status, page.body);
    let (_, page) = add(&system, &mut browser, &Lie { id: Some(vec![7; 1023]), ..Lie::default() }).await;
    assert!(page.body.contains("Work laptop"), "{} {}", page.status, page.body);
}

#[tokio::test]
async fn w_10_nonsense_is_refused() {
    let system = System::start().await;
    let mut browser = signed_in(&system, KIT).await;
    let deep = format!("{{\"id\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    for answer in ["", "{}", "null", "[]", "{\"id\":\"x\"}", &deep] {
        let page = browser.open(&format!("{}/me/keys/passkey", system.origin("id"))).await;
        let page = browser.fill(&page, "add", &[("name", "Work laptop"), ("credential", answer)]).await;
        assert!(page.status == 422 && page.body.contains(REFUSED), "{answer:.40}: {} {}", page.status, page.body);
    }
    for lie in [
        Lie { unverified: true, ..Lie::default() },
        Lie { absent: true, ..Lie::default() },
        Lie { origin: Some("https://evil.example".to_owned()), ..Lie::default() },
        Lie { rp: Some("evil.example".to_owned()), ..Lie::default() },
        Lie { cross_origin: true, ..Lie::default() },
        Lie { kind: Some("webauthn.get"), ..Lie::default() },
        Lie { challenge: Some("AAAA".to_owned()), ..Lie::default() },
        Lie { top_origin: Some("https://evil.example"), ..Lie::default() },
        // Arrays in arrays, ten thousand deep, and one that says it has more members than there are bytes in the world.
        Lie { statement: Some([vec![0xa1, 0x61, b'x'], vec![0x81; 10_000], vec![0x80]].concat()), ..Lie::default() },
        Lie {
            statement: Some(vec![0xa1, 0x61, b'x', 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            ..Lie::default()
        },
        Lie { public_key: Some([vec![0x81; 10_000], vec![0x80]].concat()), ..Lie::default() },
        Lie { public_key: Some(rs1()), ..Lie::default() },
    ] {
        let (_, page) = add(&system, &mut browser, &lie).await;
        assert!(page.status == 422 && page.body.contains(REFUSED), "{} {}", page.status, page.body);
    }
    let person = system.person(KIT).await;
    assert!(system.demo.assembled.context.store.keys_of(person.id).await.unwrap().is_empty());
}

/// COSE_Key of an RSA key for RS1, which is SHA-1: -65535 (RFC 8812 §2).
fn rs1() -> Vec<u8> {
    let modulus = [vec![0x59, 0x01, 0x00], vec![0xc5; 256]].concat();
    [vec![0xa4, 0x01, 0x03, 0x03, 0x39, 0xff, 0xfe, 0x20], modulus, vec![0x21, 0x43, 0x01, 0x00, 0x01]].concat()
}
