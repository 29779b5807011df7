//! A trust's mail moves to another domain: seen before, done by a second person, undone for a week.

use idp_domain::email::EmailAddress;
use idp_domain::membership::{Membership, MembershipStatus};
use tests::system::{ADAEZE, CALLUM, SAMINA, WILF};
use tests::{Browser, Page, System};

const OWNER: &str = "m.osei-lind@tamberwell.example";
const OLD: &str = "larkmoor.tamberwell.example";
const NEW: &str = "larkmoor.newtrust.example";
const SAMINA_NEW: &str = "s.dalgleish@larkmoor.newtrust.example";

async fn page_of(system: &System) -> String {
    let trust = system.site("larkmoor").await.trust.unwrap();
    format!("{}/admin/trusts/{trust}/domain", system.origin("id"))
}

async fn asked(system: &System, by: &str) -> (Browser, Page) {
    let address = page_of(system).await;
    let mut browser = system.admin(by).await;
    let page = browser.open(&format!("{address}?old={OLD}&new={NEW}")).await;
    let page = browser.fill(&page, "ask", &[("what", "ask")]).await;
    (browser, page)
}

async fn moved(system: &System) -> Browser {
    let (_, page) = asked(system, CALLUM).await;
    assert!(page.body.contains("waits for a second person"), "{}", page.body);
    let mut owner = system.admin(OWNER).await;
    let page = owner.open(&page_of(system).await).await;
    let page = owner.fill(&page, "decide", &[("what", "approve")]).await;
    assert!(page.body.contains("You can undo this until"), "{}", page.body);
    owner
}

async fn exists(system: &System, login: &str) -> bool {
    system.demo.assembled.context.store.person_by_login(login).await.unwrap().is_some()
}

#[tokio::test]
async fn a_domain_moves_once_two_people_want_it_and_both_addresses_sign_in() {
    let system = System::start().await;
    // Somebody has the address that Adaeze would get.
    let store = &system.demo.assembled.context.store;
    let fergus = system.person("f.okerrane@quillbrook.tamberwell.example").await;
    let taken = EmailAddress::parse(&format!("a.fairbrass@{NEW}")).unwrap();
    let change = idp_store::addresses::AddressChange {
        person: fergus.id,
        old: fergus.email.clone().unwrap(),
        new: taken,
        undo: idp_domain::Secret::new(&idp_domain::SystemRandom).hash(),
        changed_at: system.demo.assembled.context.now(),
        undone_at: None,
    };
    store.change_address(&change, idp_store::Effects::none()).await.unwrap();

    let (mut callum, page) = asked(&system, CALLUM).await;
    for words in ["waits for a second person", SAMINA_NEW, "Somebody else has the new address", "Adaeze"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("value=\"approve\""), "nobody does what they asked for: {}", page.body);
    let seen = page.body.split("name=\"move\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = callum.post(&page_of(&system).await, &[("move", &seen), ("what", "approve")]).await;
    assert!(page.status == 403 || page.body.contains("Someone else needs to"), "{} {}", page.status, page.body);
    assert!(!exists(&system, SAMINA_NEW).await, "asking moves nobody");

    let mut owner = system.admin(OWNER).await;
    let page = owner.open(&page_of(&system).await).await;
    owner.fill(&page, "decide", &[("what", "approve")]).await;
    let samina = system.person(SAMINA).await;
    assert_eq!(samina.login(), SAMINA_NEW);
    assert_eq!(system.person(SAMINA_NEW).await.id, samina.id, "both sign in");
    assert_eq!(system.person(ADAEZE).await.login(), ADAEZE, "who cannot have the new address keeps the old one");
    let elsewhere = system.person("t.obuya@copperwick.tamberwell.example").await;
    assert_eq!(elsewhere.login(), "t.obuya@copperwick.tamberwell.example", "other domains stay");
    assert_eq!(system.site("larkmoor").await.settings.mail_domain, NEW);
    system.settle().await;
    let mails = system.demo.mailbox.all();
    let told = mails.iter().find(|(to, subject, _)| to == SAMINA && subject == "Your email address is changing");
    assert!(
        told.is_some_and(|(.., text)| text.contains(SAMINA_NEW) && text.contains("/undo-address?token=")),
        "{told:?}"
    );
    system.clock.advance(90 * 24 * 3600);
    assert!(!exists(&system, SAMINA).await && exists(&system, SAMINA_NEW).await, "after 90 days only the new one");
}

#[tokio::test]
async fn a_move_is_undone_for_all_or_by_each_and_not_after_a_week() {
    let system = System::start().await;
    let mut owner = moved(&system).await;
    system.settle().await;
    // One person undoes it for herself.
    let mails = system.demo.mailbox.all();
    let (.., text) = mails.iter().rev().find(|(to, ..)| to == ADAEZE).unwrap();
    let link = text.lines().find(|line| line.contains("/undo-address?token=")).unwrap().to_owned();
    let mut adaeze = system.browser();
    let page = adaeze.open(&link).await;
    adaeze.fill(&page, "undo", &[]).await;
    assert_eq!(system.person(ADAEZE).await.login(), ADAEZE);
    assert_eq!(system.person(SAMINA_NEW).await.login(), SAMINA_NEW);
    // Then all is undone.
    let page = owner.open(&page_of(&system).await).await;
    let undo = page.clone();
    let page = owner.fill(&page, "undo", &[("what", "undo")]).await;
    assert!(!page.body.contains("id=\"undo\""), "{}", page.body);
    assert_eq!(system.person(SAMINA).await.login(), SAMINA);
    assert!(!exists(&system, SAMINA_NEW).await);
    assert_eq!(system.site("larkmoor").await.settings.mail_domain, OLD);
    assert_eq!(owner.fill(&undo, "undo", &[("what", "undo")]).await.status, 404, "once");

    let mut owner = moved(&system).await;
    let undo = owner.open(&page_of(&system).await).await;
    system.clock.advance(7 * 24 * 3600);
    let mut owner = system.admin(OWNER).await;
    assert_eq!(owner.fill(&undo, "undo", &[("what", "undo")]).await.status, 404, "not after a week");
    assert_eq!(system.person(WILF).await.login(), "w.attenbrow@larkmoor.newtrust.example");
}

#[tokio::test]
async fn whoever_also_works_elsewhere_stays_and_whoever_left_is_reached_by_no_old_mailbox() {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let briarholt = system.site("briarholt").await.id;
    let joss = system.person(tests::system::JOSS).await.id;
    let place = store.memberships_of(joss).await.unwrap().remove(0);
    let id = idp_domain::MembershipId::new(&idp_domain::SystemClock, &idp_domain::SystemRandom);
    let other = Membership { id, site: briarholt, account: "joss".into(), grants: vec![], ..place };
    store.save_membership(&other, idp_store::Effects::none()).await.unwrap();
    // Adaeze has left Larkmoor, and has a place at Briarholt now.
    let adaeze = system.person(ADAEZE).await.id;
    let left = store.memberships_of(adaeze).await.unwrap().remove(0);
    let id = idp_domain::MembershipId::new(&idp_domain::SystemClock, &idp_domain::SystemRandom);
    let new = Membership { id, site: briarholt, account: "adaeze".into(), grants: vec![], ..left.clone() };
    for place in [Membership { status: MembershipStatus::Ended, ..left }, new] {
        store.save_membership(&place, idp_store::Effects::none()).await.unwrap();
    }
    let (_, page) = asked(&system, CALLUM).await;
    assert!(page.body.contains("They also work elsewhere"), "{}", page.body);
    let mut owner = system.admin(OWNER).await;
    let page = owner.open(&page_of(&system).await).await;
    owner.fill(&page, "decide", &[("what", "approve")]).await;
    assert_eq!(system.person(SAMINA).await.login(), SAMINA_NEW);
    for stays in [tests::system::JOSS, ADAEZE] {
        assert_eq!(system.person(stays).await.login(), stays);
    }
    system.settle().await;
    let before = system.demo.mailbox.all().len();
    let signin = &system.demo.assembled.signin;
    signin.ask_link(&EmailAddress::parse(ADAEZE).unwrap()).await.unwrap();
    system.settle().await;
    let mails = system.demo.mailbox.all();
    let sent = mails[before..].iter().any(|(to, ..)| to == ADAEZE);
    assert!(!sent, "the school’s mail moved, and the old mailbox may be a stranger’s");
}

#[tokio::test]
async fn a_move_is_approved_as_it_was_seen_and_dropped_whatever_it_is() {
    let system = System::start().await;
    let (mut callum, _) = asked(&system, CALLUM).await;
    let mut owner = system.admin(OWNER).await;
    let seen = owner.open(&page_of(&system).await).await;
    // Somebody leaves while the owner looks at the list.
    let store = &system.demo.assembled.context.store;
    let wilf = system.person(WILF).await.id;
    let place = store.memberships_of(wilf).await.unwrap().remove(0);
    let over = Membership { status: MembershipStatus::Ended, ..place };
    store.save_membership(&over, idp_store::Effects::none()).await.unwrap();
    let page = owner.fill(&seen, "decide", &[("what", "approve")]).await;
    assert!(page.body.contains("Look at the list again"), "{}", page.body);
    assert!(!exists(&system, SAMINA_NEW).await);
    // The school's domain is another one by now: the wish can be done no more, and can still be dropped.
    let site = system.site("larkmoor").await;
    let settings = idp_domain::site::SiteSettings { mail_domain: "x.example".into(), ..site.settings.clone() };
    let site = idp_domain::site::Site { settings, ..site };
    store.save_site(&site, idp_store::Effects::none()).await.unwrap();
    let page = callum.open(&page_of(&system).await).await;
    let page = callum.fill(&page, "decide", &[("what", "refuse")]).await;
    assert!(!page.body.contains("id=\"decide\""), "{}", page.body);
}

#[tokio::test]
async fn a_domain_that_is_not_the_trusts_or_somebody_elses_is_refused() {
    let system = System::start().await;
    let address = page_of(&system).await;
    let mut callum = system.admin(CALLUM).await;
    for (old, new, words) in [
        ("elsewhere.example", NEW, "Choose a domain of the trust"),
        ("briarholt.example", NEW, "Choose a domain of the trust"),
        (OLD, "", "Enter the new domain"),
        (OLD, OLD, "Enter the new domain"),
        (OLD, "not a domain", "Enter the new domain"),
        (OLD, "briarholt.example", "another trust’s or school’s"),
    ] {
        let page = callum.open(&format!("{address}?old={old}&new={new}").replace(' ', "%20")).await;
        assert!(page.status == 422 && page.body.contains(words), "{old} {new}: {} {}", page.status, page.body);
        let page = callum.post(&address, &[("what", "ask"), ("old", old), ("new", new)]).await;
        assert!(page.status == 422 && page.body.contains(words), "{old} {new}: {}", page.body);
    }
    let mut joss = system.admin(tests::system::JOSS).await;
    assert_eq!(joss.open(&address).await.status, 404, "a school's admin does not move a trust");
    assert_eq!(joss.post(&address, &[("what", "ask"), ("old", OLD), ("new", NEW)]).await.status, 404);
    // The wish is taken back.
    let (mut callum, page) = asked(&system, CALLUM).await;
    let page = callum.fill(&page, "decide", &[("what", "refuse")]).await;
    assert!(!page.body.contains("id=\"decide\""), "{}", page.body);
}

#[tokio::test]
async fn whoever_can_still_undo_a_change_of_their_own_is_not_moved() {
    let system = System::start().await;
    let adaeze = system.person(ADAEZE).await;
    let change = idp_store::addresses::AddressChange {
        person: adaeze.id,
        old: adaeze.email.clone().unwrap(),
        new: EmailAddress::parse(&format!("adaeze@{OLD}")).unwrap(),
        undo: idp_domain::Secret::new(&idp_domain::SystemRandom).hash(),
        changed_at: system.demo.assembled.context.now(),
        undone_at: None,
    };
    system.demo.assembled.context.store.change_address(&change, idp_store::Effects::none()).await.unwrap();
    let (_, page) = asked(&system, CALLUM).await;
    assert!(page.body.contains("They changed their address less than 7 days ago"), "{}", page.body);
    let mut owner = system.admin(OWNER).await;
    let page = owner.open(&page_of(&system).await).await;
    owner.fill(&page, "decide", &[("what", "approve")]).await;
    assert!(exists(&system, SAMINA_NEW).await, "the others move");
    assert!(!exists(&system, &format!("adaeze@{NEW}")).await, "a link that undoes the change must go on working");
}
