//! When a key is needed: the strictest of the trust's floor, the school's rule and the group's.

use std::collections::BTreeMap;

use idp_domain::group::RECORDER;
use idp_domain::key_policy::{KeyPolicy, KeyRule};
use idp_domain::membership::{Grant, Membership};
use idp_domain::site::{Site, SiteSettings};
use idp_domain::trust::Trust;
use idp_store::Effects;
use tests::authenticator::{Authenticator, Lie, asked};
use tests::system::{ADAEZE, CALLUM, JOSS, SAMINA};
use tests::{Browser, Page, System};

async fn set_rules(system: &System, change: impl FnOnce(&mut SiteSettings)) {
    let site = system.site("larkmoor").await;
    let mut settings = site.settings.clone();
    change(&mut settings);
    system.demo.assembled.context.store.save_site(&Site { settings, ..site }, Effects::none()).await.unwrap();
    assert!(system.demo.gateway.refresh_registry().await);
}

fn for_group(group: &str, word: &str) -> BTreeMap<String, KeyPolicy> {
    BTreeMap::from([(group.to_owned(), KeyPolicy::parse(word).unwrap())])
}

#[tokio::test]
async fn a_groups_rule_asks_its_members_for_a_key_and_nobody_else() {
    let system = System::start().await;
    set_rules(&system, |settings| settings.group_keys = for_group("dsl", "to_sign_in")).await;
    system.signed_in(ADAEZE, "larkmoor").await;
    let mut samina = system.browser();
    let page = samina.open(&format!("{}/", system.origin("larkmoor"))).await;
    let page = system.type_password(&mut samina, &page, SAMINA).await;
    assert!(page.body.contains("id=\"key\""), "a DSL needs a key to sign in here: {}", page.body);
    let copperwick = samina.open(&format!("{}/", system.origin("copperwick"))).await;
    assert!(copperwick.url.contains("copperwick"), "another school has its own rule: {}", copperwick.url);
    let code = system.code(SAMINA).await;
    let page = samina.fill(&page, "key", &[("code", &code)]).await;
    assert!(page.url.starts_with(&system.origin("larkmoor")), "{} {}", page.url, page.body);
    let page = samina.open(&format!("{}/records", system.origin("larkmoor"))).await;
    assert!(page.body.contains("id=\"elevate\""), "signing in with a key does not elevate: {}", page.body);
}

#[tokio::test]
async fn a_soft_key_does_not_elevate_whose_group_asks_for_more() {
    let system = System::start().await;
    let mut joss = system.signed_in(SAMINA, "larkmoor").await;
    assert!(system.elevate(&mut joss, SAMINA, "larkmoor").await.body.contains("Oak"));
    set_rules(&system, |settings| settings.group_keys = for_group("dsl", "strong")).await;
    let page = joss.open(&format!("{}/records", system.origin("larkmoor"))).await;
    assert!(page.body.contains("id=\"elevate\""), "a stricter rule ends elevated access: {}", page.body);
    let page = joss.open(&format!("{}/.lanyard/elevate?return=/records", system.origin("larkmoor"))).await;
    let page = joss.fill(&page, "elevate", &[]).await;
    assert!(
        page.body
            .contains("This school asks for a passkey or security key here. Your authenticator app is not enough."),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn the_trusts_floor_lies_under_every_school() {
    let system = System::start().await;
    let (store, site) = (&system.demo.assembled.context.store, system.site("larkmoor").await);
    let trust = store.trust(site.trust.unwrap()).await.unwrap().unwrap();
    let mut settings = trust.settings;
    settings.key_floor = KeyPolicy { rule: KeyRule::ToSignIn, strong: false };
    store.save_trust(&Trust { settings, ..trust }, Effects::none()).await.unwrap();
    assert!(system.demo.gateway.refresh_registry().await);
    let mut adaeze = system.browser();
    let page = adaeze.open(&format!("{}/", system.origin("larkmoor"))).await;
    let page = system.type_password(&mut adaeze, &page, ADAEZE).await;
    assert!(page.body.contains("id=\"key\""), "{}", page.body);
    let sites = adaeze.open(&format!("{}/me/access", system.origin("id"))).await.body;
    assert!(sites.contains("You need a key to sign in here"), "{sites}");
}

#[tokio::test]
async fn looser_settings_of_a_trust_wait_for_a_second_person() {
    let system = System::start().await;
    let (store, id) = (&system.demo.assembled.context.store, system.origin("id"));
    let trust_id = system.site("larkmoor").await.trust.unwrap();
    let now = async || store.trust(trust_id).await.unwrap().unwrap();
    let mut callum = system.admin(CALLUM).await;
    let list = callum.open(&format!("{id}/admin/sites")).await.body;
    assert!(list.contains(&format!("/admin/trusts/{trust_id}")), "{list}");
    let page = callum.open(&format!("{id}/admin/trusts/{trust_id}")).await;
    let form = format!("/admin/trusts/{trust_id}");
    let numbers = |password: &'static str, reset: &'static str, code: &'static str| {
        [
            ("key_floor", "to_elevate"),
            ("password_min", password),
            ("invite_days", "14"),
            ("reset_minutes", reset),
            ("session_hours", "12"),
            ("idle_minutes", "30"),
            ("pass_minutes", "30"),
            ("console_minutes", "15"),
            ("wrong_codes", "10"),
            ("new_browser_code", code),
            ("signin_log_months", "13"),
            ("log_years", "7"),
            ("warning_seconds", "120"),
        ]
    };
    let bad = callum.fill(&page, &form, &numbers("16", "soon", "1")).await;
    assert!(bad.status == 422 && bad.body.contains("between 12 and 15") && bad.body.contains("between 15 and 240"));
    assert!(bad.body.contains("value=\"soon\""), "what was typed stays");
    let page = callum.fill(&page, &form, &numbers("15", "240", "0")).await;
    assert!(page.body.contains("They wait for a second person") && page.body.contains("240 instead of 60"));
    let half = now().await.settings;
    assert_eq!((half.password_min, half.reset_minutes), (15, 60), "the stricter half holds at once");
    assert_eq!(half.new_browser_code, 1);
    let kit = "k.sallowfield@high.tamberwell.example";
    let new_browser = async || {
        let mut browser = system.browser();
        let page = browser.open(&format!("{id}/signin?next=/me")).await;
        browser.fill(&page, "signin", &[("login", kit), ("password", lanyard::demo::PASSWORD)]).await.body
    };
    assert!(new_browser().await.contains("id=\"confirm\""), "the code is asked for until two people say otherwise");
    let own = callum.post(&format!("{id}{form}/decide"), &[("answer", "approve")]).await;
    assert!(own.body.contains("Someone else needs to approve this"), "{}", own.body);
    let owner = "m.osei-lind@tamberwell.example";
    let mut marguerite = system.admin(owner).await;
    let page = marguerite.open(&format!("{id}/admin/trusts/{trust_id}")).await;
    let unseen = marguerite.post(&format!("{id}{form}/decide"), &[("answer", "approve"), ("seen", "another")]).await;
    assert_ne!(unseen.status, 200, "what was not seen is not approved: {}", unseen.body);
    assert_eq!(now().await.settings.reset_minutes, 60);
    let page = marguerite.fill(&page, "decide", &[("answer", "approve")]).await;
    assert!(!page.body.contains("wait for a second person"), "{}", page.body);
    assert_eq!(now().await.settings.reset_minutes, 240);
    assert!(new_browser().await.contains("Signed in as Kit"), "and then it is not");
    let mut joss = system.admin(JOSS).await;
    let other = joss.open(&format!("{id}/admin/trusts/{trust_id}")).await;
    assert_eq!(other.status, 404, "a school's admin sees nothing of it");
}

#[tokio::test]
async fn what_a_trust_sets_holds_for_links_passwords_sign_ins_and_codes() {
    let system = System::start().await;
    let (store, id) = (&system.demo.assembled.context.store, system.origin("id"));
    let trust = store.trust(system.site("larkmoor").await.trust.unwrap()).await.unwrap().unwrap();
    let mut settings = trust.settings;
    (settings.password_min, settings.reset_minutes, settings.idle_minutes, settings.wrong_codes) = (15, 20, 10, 5);
    store.save_trust(&Trust { settings, ..trust }, Effects::none()).await.unwrap();
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    system.clock.advance(9 * 60);
    let page = adaeze.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(page.url.starts_with(&system.origin("larkmoor")), "{}", page.url);
    let page = adaeze.open(&format!("{}/.lanyard/elevate?return=/records", system.origin("larkmoor"))).await;
    let mut page = adaeze.fill(&page, "elevate", &[]).await;
    for _ in 0..5 {
        page = adaeze.fill(&page, "key", &[("code", "000000")]).await;
    }
    let page = adaeze.fill(&page, "key", &[("code", "000000")]).await;
    assert!(page.body.contains("This key is paused until"), "the sixth waits 15 minutes: {}", page.body);
    system.clock.advance(10 * 60);
    let page = adaeze.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(page.body.contains("id=\"signin\""), "ten idle minutes: {}", page.url);
    let mut forgot = system.browser();
    let page = forgot.open(&format!("{id}/first-time")).await;
    forgot.fill(&page, "first-time", &[("email", ADAEZE)]).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let link = system.mailed_link(ADAEZE).await;
    let mails = system.demo.mailbox.all();
    assert!(mails.iter().any(|(_, _, text)| text.contains("It works once, for 20 minutes")));
    let page = forgot.open(&link).await;
    let page = forgot.fill(&page, "open", &[]).await;
    assert!(page.body.contains("15 characters or more"), "{}", page.body);
    let page = forgot.fill(&page, "create", &[("password", "moss kettle ab")]).await;
    assert!(page.body.contains("Password must be 15 characters or more"), "{}", page.body);
    system.clock.advance(20 * 60);
    let page = forgot.fill(&page, "create", &[("password", "moss kettle orbit lamp")]).await;
    assert!(page.body.contains("stopped working after 20 minutes"), "{}", page.body);
}

/// Adds a passkey for Samina, and answers with what signs her in by it, whoever's browser it is.
async fn with_passkey(system: &System) -> Authenticator {
    let id = system.origin("id");
    let mut own = system.admin(SAMINA).await;
    let page = own.open(&format!("{id}/me/keys/passkey")).await;
    let (key, answer) = Authenticator::create(&asked(&page), &id, &Lie::default());
    let page = own.fill(&page, "add", &[("name", "Laptop"), ("credential", &answer)]).await;
    assert!(page.body.contains("Laptop"), "{}", page.body);
    key
}

async fn sign_in_with(system: &System, key: &mut Authenticator) -> (Browser, Page) {
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/records", system.origin("larkmoor"))).await;
    let answer = key.get(&asked(&page), &Lie::default());
    let page = browser.fill(&page, "with-passkey", &[("credential", &answer)]).await;
    (browser, page)
}

#[tokio::test]
async fn a_passkey_that_signs_in_elevates_only_where_the_school_says_so() {
    let system = System::start().await;
    let mut key = with_passkey(&system).await;
    let records = format!("{}/records", system.origin("larkmoor"));
    // As it is at first: base access, and the first press asks for no second touch.
    let (mut browser, page) = sign_in_with(&system, &mut key).await;
    assert!(page.url == records && page.body.contains("id=\"elevate\""), "{} {}", page.url, page.body);
    assert!(browser.fill(&page, "elevate", &[]).await.body.contains("Oak"), "the touch of the sign-in counts");
    // Where the school says that it elevates.
    set_rules(&system, |settings| settings.key_sign_in_elevates = true).await;
    let (_, page) = sign_in_with(&system, &mut key).await;
    assert!(page.body.contains("Oak"), "{}", page.body);
    // A password alone still does not, and neither does an old touch.
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    assert!(browser.open(&records).await.body.contains("id=\"elevate\""));
    let (mut browser, _) = sign_in_with(&system, &mut key).await;
    system.clock.advance(901);
    browser.cookies.retain(|(host, _), _| !system.origin("larkmoor").ends_with(host));
    let page = browser.open(&records).await;
    assert!(page.url == records && page.body.contains("id=\"elevate\""), "{} {}", page.url, page.body);
}

#[tokio::test]
async fn a_passkey_that_signs_in_never_elevates_whose_role_does_not() {
    let system = System::start().await;
    let mut key = with_passkey(&system).await;
    set_rules(&system, |settings| settings.key_sign_in_elevates = true).await;
    let store = &system.demo.assembled.context.store;
    let (site, person) = (system.site("larkmoor").await, system.person(SAMINA).await);
    let membership = store.membership_at(person.id, site.id).await.unwrap().unwrap();
    let grants = vec![Grant { group: RECORDER.to_owned(), ..membership.grants[0].clone() }];
    let plain = Membership { grants, ..membership };
    store.save_membership(&plain, Effects::none()).await.unwrap();
    let (mut browser, _) = sign_in_with(&system, &mut key).await;
    let page = browser.open(&format!("{}/.lanyard/whoami", system.origin("larkmoor"))).await;
    assert!(page.body.contains("\"level\":\"base\""), "{}", page.body);
}
