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
        store.remove_key(person, key.id, Effects::none()).await.unwrap();
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
