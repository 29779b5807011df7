//! M, W and A: codes under guesses and drifting clocks, adding and removing keys, kinds of single-use things kept apart.

use idp_domain::Clock;
use idp_domain::key::KeyKind;
use idp_signin::factors::soft_key::{SEAL, totp};
use tests::system::{ADAEZE, SAMINA, WILF};
use tests::{Browser, Page, System};

/// Has a password and no key.
const KIT: &str = "k.sallowfield@high.tamberwell.example";

/// The page that asks for a key, in a browser where the password was typed just now.
async fn asked(system: &System, login: &str) -> (Browser, Page) {
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/signin?next=/me&key=1", system.origin("id"))).await;
    let page = system.type_password(&mut browser, &page, login).await;
    assert!(page.body.contains("id=\"key\""), "{}", page.body);
    (browser, page)
}

/// The sign-in page that leads to somebody's own page, in a new browser.
async fn at_own_page(system: &System) -> (Browser, Page) {
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/signin?next=/me", system.origin("id"))).await;
    (browser, page)
}

/// The code of somebody's soft key so many seconds from now.
async fn code_at(system: &System, login: &str, seconds: i64) -> String {
    let context = &system.demo.assembled.context;
    let keys = context.store.keys_of(system.person(login).await.id).await.unwrap();
    let key = keys.iter().find(|key| key.kind == KeyKind::Soft).unwrap();
    let secret = context.vault.open(SEAL, &key.material).unwrap();
    let then = u64::try_from(system.clock.now().0 + seconds).unwrap();
    totp(&secret, "test").unwrap().generate(then).to_string()
}

#[tokio::test]
async fn m_02_wrong_codes_count_over_browsers_and_a_right_password_forgives_none() {
    let system = System::start().await;
    for _ in 0..5 {
        let (mut browser, page) = asked(&system, SAMINA).await;
        let page = browser.fill(&page, "key", &[("code", "000000")]).await;
        assert!(page.body.contains("That code is not right"), "{}", page.body);
    }
    let (mut browser, page) = asked(&system, SAMINA).await;
    let page = browser.fill(&page, "key", &[("code", "000000")]).await;
    let wait = browser.fill(&page, "key", &[("code", &system.code(SAMINA).await)]).await;
    assert!(wait.body.contains("too many wrong codes"), "even the right one waits: {}", wait.body);
    for _ in 0..4 {
        system.clock.advance(301);
        browser.fill(&page, "key", &[("code", "000000")]).await;
    }
    let wait = browser.fill(&page, "key", &[("code", "000000")]).await;
    assert!(wait.body.contains("This key is paused until"), "{}", wait.body);
    assert!(wait.body.contains("Use another key or ask for a temporary pass."), "{}", wait.body);
    system.settle().await;
    let told = system.demo.mailbox.all();
    let told: Vec<_> = told.iter().filter(|(to, subject, _)| to == SAMINA && subject.contains("tried")).collect();
    assert!(told.len() == 1 && told[0].2.contains("knows your password"), "the person is told once: {told:?}");
}

#[tokio::test]
async fn m_03_one_step_either_side_and_no_more() {
    let system = System::start().await;
    for (seconds, good) in [(-90, false), (-60, false), (60, false), (90, false), (-30, true)] {
        // Apart from each other, so that no step was used and no guess counts.
        system.clock.advance(24 * 3600 + 1);
        let (mut browser, page) = asked(&system, SAMINA).await;
        let code = code_at(&system, SAMINA, seconds).await;
        let page = browser.fill(&page, "key", &[("code", &code)]).await;
        assert_eq!(page.url.ends_with("/me"), good, "{seconds}: {}", page.body);
    }
    system.clock.advance(24 * 3600 + 1);
    let (mut browser, page) = asked(&system, SAMINA).await;
    let code = code_at(&system, SAMINA, 30).await;
    assert!(browser.fill(&page, "key", &[("code", &code)]).await.url.ends_with("/me"), "a clock that is a little fast");
}

#[tokio::test]
async fn m_03_a_telephone_whose_clock_is_wrong_is_told_so_and_not_let_in() {
    let system = System::start().await;
    for (seconds, words) in [
        (-120, "Your phone’s clock is about 2 minutes slow. Turn on automatic date and time, then try again."),
        (120, "Your phone’s clock is about 2 minutes fast. Turn on automatic date and time, then try again."),
    ] {
        system.clock.advance(24 * 3600 + 1);
        let (mut browser, mut page) = asked(&system, SAMINA).await;
        for words in ["That code is not right.", words] {
            let code = code_at(&system, SAMINA, seconds).await;
            page = browser.fill(&page, "key", &[("code", &code)]).await;
            assert!(page.body.contains(words), "{seconds}: {}", page.body);
            system.clock.advance(30);
        }
    }
}

#[tokio::test]
async fn m_04_keys_are_changed_with_a_key_and_not_with_a_password() {
    let system = System::start().await;
    let (store, id) = (&system.demo.assembled.context.store, system.origin("id"));
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    let person = system.person(SAMINA).await;
    let keys = async || store.keys_of(person.id).await.unwrap();
    let key = keys().await[0].id.to_string();
    for act in ["remove", "suspend"] {
        let form = [("key", key.as_str()), ("act", act)];
        let page = browser.post(&format!("{id}/me/keys"), &form).await;
        assert!(page.body.contains("id=\"key\""), "{act}: {}", page.body);
    }
    for path in ["soft", "passkey", "card"] {
        let page = browser.open(&format!("{id}/me/keys/{path}")).await;
        assert!(page.body.contains("id=\"key\"") || path == "card", "{path}: {}", page.body);
    }
    let page = browser.post(&format!("{id}/me/keys/card"), &[("name", "Printed card")]).await;
    assert!(page.body.contains("id=\"key\""), "card: {}", page.body);
    let after = keys().await;
    assert!(after.len() == 1 && after[0].works());
}

#[tokio::test]
async fn m_05_a_secret_is_shown_to_its_own_session_and_never_again() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.browser();
    let link = system.mailed_link(WILF).await;
    let page = browser.open(&link).await;
    let page = browser.fill(&page, "open", &[]).await;
    browser.fill(&page, "create", &[("password", "lantern gravel puffin")]).await;
    let page = browser.open(&format!("{id}/me/keys/soft")).await;
    assert!(page.header("cache-control").contains("no-store"));
    let secret = page.body.split("id=\"secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    assert!(!page.url.contains(&secret));
    let code = tests::system::code_of(&secret, &system);
    let mut other = system.signed_in(ADAEZE, "larkmoor").await;
    let token = page.body.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = [("token", token), ("name", "Theirs"), ("code", code.as_str())];
    other.post(&format!("{id}/me/keys/soft"), &form).await;
    let store = &system.demo.assembled.context.store;
    for login in [ADAEZE, WILF] {
        let keys = store.keys_of(system.person(login).await.id).await.unwrap();
        assert!(keys.iter().all(|key| key.name != "Theirs"), "{login}: another session confirms nothing");
    }
    let done = browser.fill(&page, "add", &[("name", "My phone"), ("code", &code)]).await;
    assert!(done.body.contains("My phone") && !done.body.contains(&secret), "{}", done.body);
}

#[tokio::test]
async fn m_08_nothing_is_pushed_or_texted() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut samina = system.admin(SAMINA).await;
    let mut pages = Vec::new();
    for path in ["/me/keys", "/me/keys/add", "/me/keys/first", "/signin/lost", "/signin?next=/&key=1&again=1"] {
        pages.push(samina.open(&format!("{id}{path}")).await.body.to_lowercase());
    }
    assert!(pages.iter().any(|page| page.contains("authenticator app")), "the pages that offer keys");
    for page in pages {
        for way in ["text message", "sms", "push notification", "approve on your phone", "we will call"] {
            assert!(!page.contains(way), "{way}: {page}");
        }
    }
    let kinds: Vec<&str> = idp_domain::key::KeyKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["passkey", "soft", "card"],
        "a kind that can be pressed in sleep, or that a telephone shop can take"
    );
}

#[tokio::test]
async fn m_09_a_first_key_needs_the_password_just_now_and_a_browser_that_is_confirmed() {
    let system = System::start().await;
    let id = system.origin("id");
    let kit = "k.sallowfield@high.tamberwell.example";
    let mut thief = system.browser();
    let page = thief.open(&format!("{id}/signin?next=/me/keys/soft")).await;
    let page = thief.fill(&page, "signin", &[("login", kit), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.body.contains("id=\"confirm\""), "the password alone adds no key: {}", page.body);
    let page = thief.open(&format!("{id}/me/keys/soft")).await;
    assert!(page.body.contains("id=\"signin\""), "{}", page.url);
    let mut kits = system.browser();
    let page = kits.open(&format!("{id}/signin?next=/me")).await;
    system.type_password(&mut kits, &page, kit).await;
    system.clock.advance(301);
    let page = kits.open(&format!("{id}/me/keys/soft")).await;
    assert!(page.body.contains("id=\"signin\""), "somebody walked up to an open browser: {}", page.body);
}

#[tokio::test]
async fn m_12_an_attempt_that_cannot_be_read_leads_nowhere() {
    let system = System::start().await;
    let short = &system.demo.assembled.context.store.short;
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/signin?next=/me", system.origin("id"))).await;
    let token = page.url.split("attempt=").nth(1).unwrap();
    let hash = idp_domain::Secret::presented(token).hash();
    for (from, to) in [("\"anew\":false", "\"anew\":\"perhaps\""), ("acr:base", "acr:other"), ("{", "")] {
        let mut stored = short.attempt(&hash, system.clock.now()).await.unwrap().unwrap();
        let good = stored.body.clone();
        stored.body = good.replacen(from, to, 1);
        assert_ne!(stored.body, good, "{from}");
        assert!(short.save_attempt(&stored).await.unwrap());
        let fields = [("attempt", token), ("login", ADAEZE), ("password", lanyard::demo::PASSWORD)];
        let after = browser.post(&format!("{}/signin", system.origin("id")), &fields).await;
        assert!(after.status == 410 && after.body.contains("This sign-in took too long"), "{to}: {}", after.body);
        let mut stored = short.attempt(&hash, system.clock.now()).await.unwrap().unwrap();
        stored.body = good;
        assert!(short.save_attempt(&stored).await.unwrap());
    }
    let person = system.person(ADAEZE).await;
    assert!(system.demo.assembled.context.store.sessions_of(person.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn w_12_no_other_origin_is_related() {
    let system = System::start().await;
    let page = system.browser().open(&format!("{}/.well-known/webauthn", system.origin("id"))).await;
    assert_eq!(page.status, 404);
}

#[tokio::test]
async fn w_13_the_last_key_stays() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.admin(SAMINA).await;
    let page = browser.open(&format!("{id}/me/keys")).await;
    let key = page.body.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = browser.post(&format!("{id}/me/keys"), &[("key", &key), ("act", "remove")]).await;
    assert!(page.body.contains("This is your only key"), "{}", page.body);
    let store = &system.demo.assembled.context.store;
    assert_eq!(store.keys_of(system.person(SAMINA).await.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn w_15_a_user_handle_says_nothing_about_its_person() {
    let system = System::start().await;
    let mut browser = system.admin(SAMINA).await;
    let page = browser.open(&format!("{}/me/keys/passkey", system.origin("id"))).await;
    let asked = tests::authenticator::asked(&page);
    let handle = asked["user"]["id"].as_str().unwrap();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, handle).unwrap();
    assert_eq!(bytes.len(), 16, "an identifier of ours and nothing else");
    assert!(!String::from_utf8_lossy(&bytes).contains("dalgleish"));
}

#[tokio::test]
async fn a_19_a_mailbox_is_not_bombed() {
    let system = System::start().await;
    let count = || system.demo.mailbox.all().iter().filter(|(to, ..)| to == ADAEZE).count();
    system.settle().await;
    let before = count();
    let mut pages = Vec::new();
    for _ in 0..12 {
        let mut browser = system.browser();
        let page = browser.open(&format!("{}/first-time", system.origin("id"))).await;
        pages.push(browser.fill(&page, "/first-time", &[("email", ADAEZE)]).await.body);
    }
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    system.settle().await;
    assert_eq!(count() - before, 5, "five in an hour");
    assert!(pages.windows(2).all(|pair| pair[0] == pair[1]), "and nobody is told which ones were sent");
}

#[tokio::test]
async fn a_19_one_machine_does_not_mail_everybody() {
    let system = System::start().await;
    let context = &system.demo.assembled.context;
    for _ in 0..300 {
        context.store.short.count_failure("links-from:127.0.0.1", context.now(), 3600).await.unwrap();
    }
    system.settle().await;
    let before = system.demo.mailbox.all().len();
    let ask = async || {
        let mut browser = system.browser();
        let page = browser.open(&format!("{}/first-time", system.origin("id"))).await;
        let page = browser.fill(&page, "/first-time", &[("email", ADAEZE)]).await;
        tokio::time::sleep(std::time::Duration::from_millis(800)).await;
        system.settle().await;
        page
    };
    let page = ask().await;
    assert!(page.status == 200 && page.body.contains("we have sent a link"), "in silence: {}", page.body);
    assert_eq!(system.demo.mailbox.all().len(), before);
    system.clock.advance(3601);
    ask().await;
    assert_eq!(system.demo.mailbox.all().len(), before + 1, "an hour later there are links again");
}

#[tokio::test]
async fn a_21_no_admin_sees_or_sets_a_password() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut callum = system.admin(tests::system::CALLUM).await;
    let person = system.person(ADAEZE).await;
    let page = callum.open(&format!("{id}/admin/people/{}", person.id)).await.body;
    assert!(
        !page.contains("type=\"password\"") && !page.contains("argon2") && !page.contains("/link?token="),
        "{page}"
    );
    let before = system.person(ADAEZE).await.password;
    for path in [format!("/admin/people/{}", person.id), format!("/admin/people/{}/password", person.id)] {
        let page = callum.post(&format!("{id}{path}"), &[("password", "kettle orbit moss lamp")]).await;
        assert!(page.status >= 400, "{path} {}", page.status);
    }
    assert!(system.person(ADAEZE).await.password == before);
    let sent = callum.post(&format!("{id}/admin/people/{}/link", person.id), &[]).await;
    assert!(sent.body.contains("Link sent"), "{}", sent.body);
    assert!(!sent.body.contains("/link?token="), "it goes to its owner: {}", sent.body);
    system.mailed_link(ADAEZE).await;
}

#[tokio::test]
async fn a_23_what_is_single_use_for_one_thing_is_nothing_for_another() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.browser();
    let link = system.mailed_link(WILF).await;
    let token = link.split("token=").nth(1).unwrap().to_owned();
    let undo = browser.post(&format!("{id}/undo-address"), &[("token", &token)]).await;
    assert!(undo.body.contains("This link is not complete"), "{}", undo.body);
    let attempt = browser.open(&format!("{id}/signin?attempt={token}")).await;
    assert!(attempt.body.contains("id=\"signin\""), "{}", attempt.url);
    let form = browser.open(&format!("{id}/carry-on?form={token}")).await;
    assert!(!form.body.contains("id=\"carry\""), "{}", form.body);
    let mut samina = system.admin(SAMINA).await;
    let page = samina.open(&format!("{id}/me/recovery-codes")).await;
    let page = samina.fill(&page, "make", &[]).await;
    let recovery = page.body.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let lost = samina.open(&format!("{id}/signin/lost")).await;
    let wrong = samina.fill(&lost, "pass-form", &[("pass", &recovery)]).await;
    assert!(wrong.body.contains("That code is not right"), "{}", wrong.body);
    let right = samina.fill(&lost, "recovery-form", &[("recovery", &recovery)]).await;
    assert!(right.body.contains("Security keys"), "what was tried elsewhere still works here: {}", right.body);
    let page = browser.open(&link).await;
    let page = browser.fill(&page, "open", &[]).await;
    assert!(page.body.contains("id=\"create\""), "and so does the link: {}", page.body);
}

#[tokio::test]
async fn m_09_where_a_trust_goes_without_mailed_codes_a_first_key_asks_for_one_all_the_same() {
    let system = System::start().await;
    let (store, id) = (&system.demo.assembled.context.store, system.origin("id"));
    let trust = system.site("larkmoor").await.trust.unwrap();
    let mut trust = store.trust(trust).await.unwrap().unwrap();
    trust.settings.new_browser_code = 0;
    store.save_trust(&trust, idp_store::Effects::none()).await.unwrap();
    let form = [("login", KIT), ("password", lanyard::demo::PASSWORD)];
    for round in ["a new browser", "the same browser once more"] {
        let (mut browser, page) = at_own_page(&system).await;
        let page = browser.fill(&page, "signin", &form).await;
        assert!(page.body.contains("Signed in as Kit"), "{round}: {}", page.body);
        for path in ["keys/add", "address"] {
            let page = browser.open(&format!("{id}/me/{path}")).await;
            assert!(
                page.body.contains("id=\"signin\""),
                "{round}, {path}: a password alone adds nothing: {}",
                page.body
            );
        }
    }
    // A browser that was only let in is not known as his when the trust asks for codes again.
    let (mut early, page) = at_own_page(&system).await;
    let own = [&form[..], &[]].concat();
    early.fill(&page, "signin", &own).await;
    trust.settings.new_browser_code = 1;
    store.save_trust(&trust, idp_store::Effects::none()).await.unwrap();
    let page = early.open(&format!("{id}/signin?next=/me&again=1")).await;
    let page = early.fill(&page, "signin", &form).await;
    assert!(page.body.contains("id=\"confirm\""), "{}", page.body);
    trust.settings.new_browser_code = 0;
    store.save_trust(&trust, idp_store::Effects::none()).await.unwrap();
    let (mut browser, page) = at_own_page(&system).await;
    browser.fill(&page, "signin", &form).await;
    let page = browser.open(&format!("{id}/me/keys/add")).await;
    let page = browser.fill(&page, "signin", &form).await;
    assert!(page.body.contains("id=\"confirm\""), "{}", page.body);
    let code = system.mailed_code(KIT).await;
    let page = browser.fill(&page, "confirm", &[("code", &code)]).await;
    assert!(page.url.ends_with("/me/keys/add"), "{} {}", page.url, page.body);
    let page = browser.open(&format!("{id}/me/keys/soft")).await;
    assert!(page.body.contains("id=\"secret\"") || page.body.contains("class=\"qr\""), "{}", page.body);
}
