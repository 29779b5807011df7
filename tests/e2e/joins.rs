//! A person whom two schools know by two addresses joins the two, and nobody else can.

use idp_domain::membership::{Grant, Membership, MembershipStatus};
use idp_store::Effects;
use tests::authenticator::{Authenticator, Lie, asked};
use tests::system::{ADAEZE, SAMINA};
use tests::{Browser, Page, System};

/// Class teacher of 3a at Copperwick.
const TAMSIN: &str = "t.obuya@copperwick.tamberwell.example";
/// Class teacher of Tern at Briarholt, another trust's; records at Larkmoor, as Adaeze does.
const ROSALIND: &str = "r.achterberg@briarholt.example";
/// At Larkmoor as well, and paused.
const MIKOLAJ: &str = "m.strand@larkmoor.tamberwell.example";
/// At Larkmoor until Friday, and at Copperwick.
const LORCAN: &str = "lorcan.abiodun@agency-demo.example";
/// Has a password and no key.
const KIT: &str = "k.sallowfield@high.tamberwell.example";

/// Proves a person on the way to a page: the password, the mailed code where it is asked for, the key.
async fn proven(system: &System, browser: &mut Browser, page: &Page, login: &str) -> Page {
    let page = system.type_password(browser, page, login).await;
    if !page.body.contains("id=\"key\"") {
        return page;
    }
    let code = system.code(login).await;
    browser.fill(&page, "key", &[("code", &code)]).await
}

/// Up to the sign-in page for the other address.
async fn begun(system: &System, browser: &mut Browser, login: &str) -> Page {
    let page = browser.open(&format!("{}/me/join", system.origin("id"))).await;
    let page = proven(system, browser, &page, login).await;
    assert!(page.body.contains("Join your other sign-in"), "{}", page.body);
    browser.fill(&page, "join", &[]).await
}

/// Up to the question whether to join, or whatever comes in its place.
async fn both(system: &System, browser: &mut Browser, (into, from): (&str, &str)) -> Page {
    let page = begun(system, browser, into).await;
    assert!(page.body.contains("id=\"signin\""), "{}", page.body);
    proven(system, browser, &page, from).await
}

async fn places(system: &System, login: &str) -> Vec<(String, Vec<String>)> {
    let (store, now) = (&system.demo.assembled.context.store, system.demo.assembled.context.now());
    let mut places = Vec::new();
    for place in store.memberships_of(system.person(login).await.id).await.unwrap() {
        if place.state(now) == idp_domain::membership::State::Live {
            let site = store.site(place.site).await.unwrap().unwrap();
            let mut classes: Vec<String> =
                place.grants.iter().flat_map(|grant| grant.scope.classes().clone()).collect();
            classes.sort();
            places.push((site.slug.to_string(), classes));
        }
    }
    places.sort();
    places
}

fn place(slug: &str, classes: &[&str]) -> (String, Vec<String>) {
    (slug.to_owned(), classes.iter().map(|class| (*class).to_owned()).collect())
}

#[tokio::test]
async fn two_sign_ins_become_one_with_the_schools_and_keys_of_both() {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let (adaeze, tamsin) = (system.person(ADAEZE).await, system.person(TAMSIN).await);
    let mut elsewhere = system.signed_in(TAMSIN, "copperwick").await;
    let mut browser = system.browser();
    let page = both(&system, &mut browser, (ADAEZE, TAMSIN)).await;
    for words in ["Join these two sign-ins?", ADAEZE, TAMSIN, "Copperwick Junior"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert_eq!(store.person_by_login(TAMSIN).await.unwrap().unwrap().id, tamsin.id, "looking joins nothing");
    let page = browser.fill(&page, "join", &[]).await;
    assert!(page.body.contains("Your sign-ins are one now"), "{}", page.body);

    assert_eq!(places(&system, ADAEZE).await, [place("copperwick", &["3a"]), place("larkmoor", &["oak"])]);
    assert_eq!(system.person(TAMSIN).await.id, adaeze.id, "the other address signs in as the same person");
    assert_eq!(store.keys_of(adaeze.id).await.unwrap().len(), 2);
    system.settle().await;
    let page = elsewhere.open(&format!("{}/records", system.origin("copperwick"))).await;
    assert!(page.body.contains("id=\"signin\""), "what was signed in before is over: {}", page.body);
    for told in [ADAEZE, TAMSIN] {
        let mails = system.demo.mailbox.all();
        assert!(mails.iter().any(|(to, subject, _)| to == told && subject == "Your sign-ins were joined"), "{told}");
    }
    let page = system
        .admin("i.karimi@copperwick.tamberwell.example")
        .await
        .open(&format!("{}/admin/audit", system.origin("id")))
        .await;
    assert!(page.body.contains("joined their sign-ins"), "the schools see it: {}", page.body);

    let mut browser = system.signed_in(TAMSIN, "copperwick").await;
    let page = browser.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(page.url.starts_with(&system.origin("larkmoor")), "{}", page.url);
    let elevated = system.elevate(&mut browser, ADAEZE, "larkmoor").await;
    assert!(elevated.body.contains("Oak") && !elevated.body.contains("3A"), "{}", elevated.body);
    system.clock.advance(90 * 24 * 3600);
    assert!(store.person_by_login(TAMSIN).await.unwrap().is_none(), "after 90 days it is nobody's");
}

#[tokio::test]
async fn at_one_school_the_groups_are_added_up_and_what_waits_stays_somebody_elses_decision() {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let waiting = |place: &Membership, by| {
        let grant = place.grants.first().cloned().unwrap();
        let id = idp_domain::GrantId::new(&idp_domain::SystemClock, &idp_domain::SystemRandom);
        let asked = Grant { id, pending: true, granted_by: Some(by), ..grant.clone() };
        Membership { grants: vec![grant, asked], ..place.clone() }
    };
    let rosalind = system.person(ROSALIND).await.id;
    let samina = system.person(SAMINA).await.id;
    let own = store.memberships_of(samina).await.unwrap().into_iter().next().unwrap();
    store.save_membership(&waiting(&own, rosalind), Effects::none()).await.unwrap();
    let mut browser = system.browser();
    let page = both(&system, &mut browser, (ADAEZE, ROSALIND)).await;
    browser.fill(&page, "join", &[]).await;
    assert_eq!(places(&system, ADAEZE).await, [place("briarholt", &["tern"]), place("larkmoor", &["oak"])]);
    let wish = store.membership(own.id).await.unwrap().unwrap();
    let adaeze = system.person(ADAEZE).await.id;
    assert!(wish.grants.iter().any(|grant| grant.pending && grant.granted_by == Some(adaeze)), "{wish:?}");
}

#[tokio::test]
async fn access_that_had_ended_comes_back_as_the_other_sign_in_has_it() {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let over = store.memberships_of(system.person(ADAEZE).await.id).await.unwrap().into_iter().next().unwrap();
    let over = Membership { status: MembershipStatus::Ended, ..over };
    store.save_membership(&over, Effects::none()).await.unwrap();
    let mut browser = system.browser();
    let page = both(&system, &mut browser, (ADAEZE, ROSALIND)).await;
    assert!(page.body.contains("Larkmoor Primary School"), "{}", page.body);
    let page = browser.fill(&page, "join", &[]).await;
    assert!(page.body.contains("are one now"), "{}", page.body);
    assert_eq!(
        places(&system, ADAEZE).await,
        [place("briarholt", &["tern"]), place("larkmoor", &[])],
        "and not what had ended"
    );
}

#[tokio::test]
async fn a_passkey_goes_with_its_owner() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.browser();
    let page = browser.open(&format!("{id}/me/keys/passkey")).await;
    let page = system.type_password(&mut browser, &page, KIT).await;
    let (mut key, answer) = Authenticator::create(&asked(&page), &id, &Lie::default());
    browser.fill(&page, "add", &[("name", "Laptop"), ("credential", &answer)]).await;
    let mut browser = system.browser();
    let page = begun(&system, &mut browser, ADAEZE).await;
    let answer = key.get(&asked(&page), &Lie::default());
    let page = browser.fill(&page, "with-passkey", &[("credential", &answer)]).await;
    let page = browser.fill(&page, "join", &[]).await;
    assert!(page.body.contains("Your sign-ins are one now"), "{}", page.body);
    let mut browser = system.browser();
    let page = browser.open(&format!("{id}/signin?next=/me")).await;
    let answer = key.get(&asked(&page), &Lie::default());
    let page = browser.fill(&page, "with-passkey", &[("credential", &answer)]).await;
    assert!(page.url.ends_with("/me") && page.body.contains("Adaeze"), "{} {}", page.url, page.body);
}

#[tokio::test]
async fn nothing_is_joined_without_both_proofs_in_one_browser_in_time() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.browser();
    let page = both(&system, &mut browser, (ADAEZE, TAMSIN)).await;
    let token = page.body.split("name=\"join\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // The password alone, of somebody who has a key.
    browser.post(&format!("{id}/signout"), &[]).await;
    let page = browser.open(&format!("{id}/signin?next=/")).await;
    system.type_password(&mut browser, &page, TAMSIN).await;
    let page = browser.open(&format!("{id}/me/join/other?join={token}")).await;
    assert!(page.body.contains("id=\"key\""), "{}", page.body);
    let page = browser.post(&format!("{id}/me/join/other"), &[("join", &token)]).await;
    assert!(page.body.contains("id=\"key\""), "nor past the question: {}", page.body);
    // Both proofs, the second in another browser.
    let mut other = system.browser();
    let page = other.open(&format!("{id}/me/join/other?join={token}")).await;
    let page = proven(&system, &mut other, &page, TAMSIN).await;
    assert!(page.body.contains("That took too long"), "{}", page.body);
    let page = other.post(&format!("{id}/me/join/other"), &[("join", &token)]).await;
    assert!(page.body.contains("That took too long"), "{}", page.body);
    // The same person twice.
    let page = both(&system, &mut system.browser(), (ADAEZE, ADAEZE)).await;
    assert!(page.body.contains("with the same address again"), "{}", page.body);
    // Too late.
    let mut late = system.browser();
    let page = begun(&system, &mut late, ADAEZE).await;
    system.clock.advance(15 * 60);
    let page = proven(&system, &mut late, &page, TAMSIN).await;
    assert!(page.body.contains("took too long") || page.body.contains("has expired"), "{}", page.body);
    // The first one changed their password meanwhile.
    let mut changed = system.browser();
    let page = both(&system, &mut changed, (ADAEZE, TAMSIN)).await;
    let store = &system.demo.assembled.context.store;
    let adaeze = system.person(ADAEZE).await;
    store.sign_out_everywhere(adaeze.id, Effects::none()).await.unwrap();
    let page = changed.fill(&page, "join", &[]).await;
    assert!(page.body.contains("changed a moment ago"), "{}", page.body);
    assert_ne!(system.person(TAMSIN).await.id, adaeze.id, "none of it joined anything");
}

#[tokio::test]
async fn a_change_of_address_that_can_be_undone_is_not_hidden_by_a_join() {
    let system = System::start().await;
    let (store, tamsin) = (&system.demo.assembled.context.store, system.person(TAMSIN).await);
    let change = idp_store::addresses::AddressChange {
        person: tamsin.id,
        old: tamsin.email.clone().unwrap(),
        new: idp_domain::email::EmailAddress::parse("thief@elsewhere.example").unwrap(),
        undo: idp_domain::Secret::new(&idp_domain::SystemRandom).hash(),
        changed_at: system.demo.assembled.context.now(),
        undone_at: None,
    };
    store.change_address(&change, Effects::none()).await.unwrap();
    let page = both(&system, &mut system.browser(), (ADAEZE, TAMSIN)).await;
    assert!(page.body.contains("changed less than 7 days ago"), "{}", page.body);
}

#[tokio::test]
async fn what_cannot_be_added_up_without_giving_more_is_left_to_an_admin() {
    let system = System::start().await;
    // One ends on a day, one is paused; the other does neither.
    for from in [LORCAN, MIKOLAJ] {
        let page = both(&system, &mut system.browser(), (ADAEZE, from)).await;
        assert!(page.body.contains("access with both addresses at Larkmoor Primary School"), "{}", page.body);
        assert_ne!(system.person(ADAEZE).await.id, system.person(from).await.id);
    }
}
