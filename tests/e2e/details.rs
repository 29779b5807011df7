//! Details that decide whether a page can be believed: a lost key that is reported, what a key opens, when access ends, and
//! where help is.

use idp_domain::Clock;
use idp_domain::membership::Membership;
use idp_store::Effects;
use tests::System;
use tests::system::{ADAEZE, JOSS, SAMINA};

/// Works at a school that asks for a key at sign-in.
const KEYED: &str = "fennick";

#[tokio::test]
async fn a_lost_key_is_reported_with_the_password_alone_and_nothing_more_is_won() {
    let system = System::start().await;
    let id = system.origin("id");
    let store = &system.demo.assembled.context.store;
    let person = system.person(ADAEZE).await.id;
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let page = browser.open(&format!("{id}/signin/lost")).await;
    let key = store.keys_of(person).await.unwrap().remove(0);
    assert!(page.body.contains("Report a lost key") && page.body.contains(&key.id.to_string()), "{}", page.body);
    system.clock.advance(301);
    let fields = [("key", key.id.to_string())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let stale = browser.fill(&page, "report-form", &fields).await;
    assert!(stale.body.contains("id=\"signin\""), "the password is asked for again: {}", stale.body);
    assert!(store.keys_of(person).await.unwrap()[..].iter().all(idp_domain::key::Key::works));
    let page = system.type_password(&mut browser, &stale, ADAEZE).await;
    let page = browser.fill(&page, "report-form", &fields).await;
    assert!(page.body.contains("The key is suspended. Nobody can use it."), "{}", page.body);
    assert!(!page.body.contains("Report a lost key"), "{}", page.body);
    assert!(!store.keys_of(person).await.unwrap().iter().any(idp_domain::key::Key::works));
    system.settle().await;
    let mails = system.demo.mailbox.all();
    assert!(mails.iter().any(|(to, about, _)| to == ADAEZE && about.contains("suspended")), "she is told");
    // Whoever has the password alone has won nothing by it.
    let page = browser.open(&format!("{id}/me/keys/soft")).await;
    assert!(!page.body.contains("id=\"secret\""), "{}", page.body);
    let resume = [("key", fields[0].1), ("act", "resume")];
    browser.post(&format!("{id}/me/keys"), &resume).await;
    assert!(!store.keys_of(person).await.unwrap().iter().any(idp_domain::key::Key::works));
    let mut stranger = system.browser();
    let form = stranger.open(&format!("{id}/signin?next=/me")).await;
    let pair = [("login", ADAEZE), ("password", lanyard::demo::PASSWORD)];
    let page = stranger.fill(&form, "signin", &pair).await;
    assert!(page.body.contains("id=\"confirm\""), "a new browser is confirmed by mail: {}", page.body);
    // Nor is anybody else's key touched.
    let other = store.keys_of(system.person(JOSS).await.id).await.unwrap().remove(0);
    browser.post(&format!("{id}/signin/lost/report"), &[("key", &other.id.to_string())]).await;
    assert!(store.keys_of(other.person).await.unwrap().iter().any(|key| key.id == other.id && key.works()));
}

#[tokio::test]
async fn a_key_at_sign_in_promises_no_elevated_access() {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let place = system.site(KEYED).await;
    let everybody = store.memberships_at(place.id).await.unwrap();
    let mut with_soft_key = None;
    for membership in everybody {
        let keys = store.keys_of(membership.person).await.unwrap();
        if keys.iter().any(|key| key.kind == idp_domain::key::KeyKind::Soft && key.works()) {
            with_soft_key = store.person(membership.person).await.unwrap();
        }
    }
    let login = with_soft_key.unwrap().login();
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/", system.origin(KEYED))).await;
    let page = system.type_password(&mut browser, &page, &login).await;
    assert!(page.body.contains("id=\"key\"") && page.body.contains("asks for a key at sign-in"), "{}", page.body);
    assert!(page.body.contains(">Continue</button>") && !page.body.contains("Authenticate"), "{}", page.body);
    let mut samina = system.signed_in(SAMINA, "larkmoor").await;
    let ask = samina.open(&format!("{}/.lanyard/elevate?return=/records", system.origin("larkmoor"))).await;
    let page = samina.fill(&ask, "elevate", &[]).await;
    assert!(
        page.body.contains("for up to 60 minutes") && page.body.contains(">Authenticate</button>"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn the_list_and_the_switcher_say_when_access_ends_and_what_is_missing() {
    let system = System::start().await;
    let id = system.origin("id");
    let store = &system.demo.assembled.context.store;
    let person = system.person(ADAEZE).await.id;
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let larkmoor = system.site("larkmoor").await;
    let place = store.membership_at(person, larkmoor.id).await.unwrap().unwrap();
    let midnight = idp_domain::london::end_of(idp_domain::london::date(system.clock.now().plus(86_400)));
    for (ends_at, time) in [(midnight, false), (midnight.plus(-27_000), true)] {
        let ends = Membership { ends_at: Some(ends_at), ..place.clone() };
        store.save_membership(&ends, Effects::none()).await.unwrap();
        let page = browser.open(&format!("{id}/")).await;
        assert!(page.body.contains("Until "), "{}", page.body);
        assert_eq!(page.body.contains(" at 4:30pm"), time, "{}", page.body);
    }
    for key in store.keys_of(person).await.unwrap() {
        store.suspend_key(person, key.id, Some(system.clock.now()), Effects::none()).await.unwrap();
    }
    let page = browser.open(&format!("{id}/switcher")).await;
    assert!(page.body.contains("<strong>Add a key by "), "said before anybody leaves: {}", page.body);
}

#[tokio::test]
async fn every_page_of_a_sites_own_leads_to_help() {
    let system = System::start().await;
    let site = system.origin("larkmoor");
    system.set_upstream("larkmoor", "http://127.0.0.1:9").await;
    let mut samina = system.signed_in(SAMINA, "copperwick").await;
    let down = samina.open(&format!("{site}/")).await;
    assert!(down.status == 502 && down.body.contains("href=\"/.lanyard/\">Contact support"), "{}", down.body);
    let help = samina.open(&format!("{site}/.lanyard/")).await;
    assert!(help.body.contains("office@larkmoor.example"), "{}", help.body);
    let nowhere = samina.open(&format!("{}/", system.origin("no-such-school"))).await;
    assert!(nowhere.body.contains("There is no site at this address"), "{}", nowhere.body);
    assert!(!nowhere.body.contains("/.lanyard/"), "which would lead nowhere: {}", nowhere.body);
}

#[tokio::test]
async fn one_site_is_left_alone_and_the_others_and_the_browser_stay() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    browser.open(&format!("{}/", system.origin("copperwick"))).await;
    let mut other = system.signed_in(SAMINA, "larkmoor").await;
    let sid = system.demo.assembled.context.store.sessions_of(system.person(SAMINA).await.id).await.unwrap();
    let own = sid.iter().find(|session| session.key_proof.is_none()).unwrap();
    let page = browser.open(&format!("{id}/me/browsers")).await;
    assert!(page.body.contains("This browser"));
    let whoami = async |browser: &mut tests::Browser, site: &str| {
        let url = format!("{}/.lanyard/whoami", system.origin(site));
        browser.send(http::Method::GET, &url, None, &[]).await.status
    };
    let which = [own.sid.clone(), sid.iter().find(|session| session.sid != own.sid).unwrap().sid.clone()];
    // Whichever of the two sessions is this browser's: the one that has Copperwick open.
    let mine = which.iter().find(|sid| page.body.contains(&format!("end-{sid}-copperwick"))).unwrap();
    browser.fill(&page, &format!("end-{mine}-larkmoor"), &[]).await;
    system.settle().await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(whoami(&mut browser, "larkmoor").await, 401);
    assert_eq!((whoami(&mut browser, "copperwick").await, whoami(&mut other, "larkmoor").await), (200, 200));
    let page = browser.open(&format!("{id}/me/browsers")).await;
    assert!(!page.body.contains(&format!("end-{mine}-larkmoor")), "{}", page.body);
    let back = browser.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(back.body.contains("Good morning"), "the browser itself is still signed in: {}", back.url);
    // Nobody ends what is another person's.
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    adaeze.post(&format!("{id}/me/browsers"), &[("sid", mine), ("site", "larkmoor")]).await;
    system.settle().await;
    assert_eq!(whoami(&mut browser, "larkmoor").await, 200);
}

#[tokio::test]
async fn a_grant_says_by_whom_and_when_and_another_account_goes_on_at_the_same_school() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut joss = system.admin(JOSS).await;
    let person = system.person(ADAEZE).await.id;
    system.clock.advance(40 * 24 * 3600);
    let mut joss = {
        joss.cookies.clear();
        system.admin(JOSS).await
    };
    let page = joss.open(&format!("{id}/admin/people/{person}")).await;
    let place = page.body.split("action=\"/admin/memberships/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("group", "recorder"), ("scope", "none"), ("status", "active")];
    joss.post(&format!("{id}/admin/memberships/{place}"), &fields).await;
    let today = idp_domain::london::show_date(system.clock.now());
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let page = adaeze.open(&format!("{id}/me/access")).await;
    assert!(page.body.contains(&format!("Given by Joss Winterbourne on {today}.")), "{}", page.body);
    let page = adaeze.open(&format!("{}/", system.origin("fennick"))).await;
    assert!(page.body.contains("Use a different account"), "{}", page.body);
    let page = adaeze.open(&format!("{id}/signout?site=fennick")).await;
    let page = adaeze.fill(&page, "signout", &[]).await;
    assert!(page.body.contains("id=\"signin\"") && page.body.contains("Fennick House"), "{} {}", page.url, page.body);
    let page = adaeze.post(&format!("{id}/signout"), &[("site", "//evil.example")]).await;
    assert!(page.url.starts_with(&id), "{}", page.url);
}

#[tokio::test]
async fn help_sheets_carry_the_schools_name_and_three_ways_to_add_a_key_ask_for_what_they_say() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.browser();
    let list = browser.open(&format!("{id}/help?site=larkmoor")).await;
    for slug in ["first-sign-in", "authenticator", "security-keys", "without-a-phone", "lost-key"] {
        assert!(list.body.contains(&format!("/help/{slug}?site=larkmoor")), "{}", list.body);
        let page = browser.open(&format!("{id}/help/{slug}?site=larkmoor")).await;
        assert!(page.status == 200 && page.body.contains("Larkmoor Primary School"), "{slug}: {}", page.body);
    }
    assert_eq!(browser.open(&format!("{id}/help/nothing")).await.status, 404);
    assert_eq!(browser.open(&format!("{id}/help/lost-key?site=nowhere")).await.status, 200);
    let mut samina = system.browser();
    let page = samina.open(&format!("{id}/signin?next=/me/keys/add&key=1")).await;
    let page = system.type_password(&mut samina, &page, SAMINA).await;
    let page = samina.fill(&page, "key", &[("code", &system.code(SAMINA).await)]).await;
    assert!(page.body.contains("id=\"security-key\"") && page.body.contains("id=\"soft\""), "{}", page.body);
    for (query, hint, heading) in
        [("", "client-device", "Add a passkey"), ("?on=key", "security-key", "Add a security key")]
    {
        let page = samina.open(&format!("{id}/me/keys/passkey{query}")).await;
        assert!(page.body.contains(hint) && page.body.contains(heading), "{}", page.body);
    }
}

#[tokio::test]
async fn a_form_that_was_left_open_is_not_sent_by_who_sits_there_next() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let form = browser.open(&format!("{id}/me/name")).await;
    let page = browser.open(&format!("{id}/signout")).await;
    browser.fill(&page, "signout", &[]).await;
    let page = browser.open(&format!("{id}/signin?next=/me")).await;
    system.type_password(&mut browser, &page, SAMINA).await;
    let fields = [("first_name", "Adaeze"), ("last_name", "Fairbrass-Vale")];
    let page = browser.fill(&form, "/me/name", &fields).await;
    assert!(page.status == 409 && page.body.contains("This page was someone else’s"), "{} {}", page.status, page.body);
    assert_eq!(system.person(SAMINA).await.full_name(), "Samina Dalgleish");
    // Its owner comes back, and sends it.
    let page = browser.open(&format!("{id}/signout")).await;
    browser.fill(&page, "signout", &[]).await;
    let page = browser.open(&format!("{id}/signin?next=/me")).await;
    system.type_password(&mut browser, &page, ADAEZE).await;
    browser.fill(&form, "/me/name", &fields).await;
    assert_eq!(system.person(ADAEZE).await.full_name(), "Adaeze Fairbrass-Vale");
}
