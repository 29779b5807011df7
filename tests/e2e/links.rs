//! New links to set a password, at an admin's wish: on paper for people without a mailbox, else by mail.

use idp_domain::{MembershipId, SystemRandom};
use idp_store::Effects;
use tests::System;
use tests::system::{CALLUM, JOSS, WILF};

/// Lunchtime staff at Larkmoor, without an email address.
const CARYS: &str = "cholloway-idris";

async fn printed(system: &System, admin: &str) -> tests::Page {
    let mut browser = system.admin(admin).await;
    let person = system.person(CARYS).await;
    let page = browser.open(&format!("{}/admin/people/{}", system.origin("id"), person.id)).await;
    browser.fill(&page, "link", &[]).await
}

fn link_in(page: &tests::Page) -> String {
    page.body.split("id=\"link\">").nth(1).expect("a link").split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_has_no_mailbox_is_given_a_new_link_on_paper() {
    let system = System::start().await;
    let page = printed(&system, JOSS).await;
    assert!(page.body.contains("You sign in as <strong>cholloway-idris"), "{}", page.body);
    let first = link_in(&page);
    let second = link_in(&printed(&system, CALLUM).await);
    let mut browser = system.browser();
    let page = browser.open(&first).await;
    assert!(page.status == 410 && page.body.contains("They can print a new link"), "{}", page.body);
    assert!(!page.body.contains("Send a new link"), "no mailbox gets one: {}", page.body);
    let page = browser.open(&second).await;
    let page = browser.fill(&page, "open", &[]).await;
    let page = browser.fill(&page, "create", &[("password", "lantern gravel puffin")]).await;
    assert!(page.body.contains("Add your first key"), "{}", page.body);
    // A password by now: another link is a short one, and it works after a hundred wrong passwords too.
    let page = printed(&system, JOSS).await;
    assert!(page.body.contains("for 60 minutes"), "{}", page.body);
    system.clock.advance(3601);
    let page = browser.open(&link_in(&page)).await;
    assert!(page.status == 410 && page.body.contains("They can print a new link"), "{}", page.body);
    let log = system.demo.assembled.context.store.audit_of(
        system.person(CARYS).await.id,
        idp_domain::Timestamp(0),
        &["link.printed"],
        (9, 0),
    );
    assert_eq!(log.await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_link_on_paper_is_made_only_where_every_school_of_the_person_is_the_admins() {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let (person, here, there) =
        (system.person(CARYS).await, system.site("larkmoor").await, system.site("briarholt").await);
    let place = store.membership_at(person.id, here.id).await.unwrap().unwrap();
    let id = MembershipId::new(&*system.clock, &SystemRandom);
    let elsewhere = idp_domain::membership::Membership { id, site: there.id, grants: vec![], ..place };
    store.save_membership(&elsewhere, Effects::none()).await.unwrap();
    let page = printed(&system, JOSS).await;
    assert!(page.status == 403 && page.body.contains("They also work where you manage nobody"), "{}", page.body);
}

#[tokio::test]
async fn whoever_has_a_mailbox_is_sent_one() {
    let system = System::start().await;
    let mut browser = system.admin(JOSS).await;
    let first = system.mailed_link(WILF).await;
    let wilf = system.person(WILF).await;
    let page = browser.open(&format!("{}/admin/people/{}", system.origin("id"), wilf.id)).await;
    let page = browser.fill(&page, "link", &[]).await;
    assert!(page.body.contains("Link sent to Wilf Attenbrow") && !page.body.contains("token="), "{}", page.body);
    system.settle().await;
    let second = system.mailed_link(WILF).await;
    assert_ne!(first, second);
    let page = browser.open(&first).await;
    assert!(page.body.contains("We sent you a newer link"), "{}", page.body);
    let again = browser.open(&first).await;
    assert!(!again.body.contains("id=\"again\""), "a link that was replaced sends nothing: {}", again.body);
}
