//! New links to set a password, at an admin's wish: on paper for people without a mailbox, else by mail.

use idp_domain::{Clock, MembershipId, SystemRandom};
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
    page.body.split("id=\"link\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
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
    system.settle().await;
    let mails = system.demo.mailbox.all();
    for told in [tests::system::SAMINA, CALLUM] {
        assert!(
            mails.iter().any(|(to, about, _)| to == told && about == "A link to set a password was printed"),
            "{told}"
        );
    }
    system.clock.advance(3601);
    let page = browser.open(&link_in(&page)).await;
    assert!(page.status == 410 && page.body.contains("They can print a new link"), "{}", page.body);
    let (carys, store) = (system.person(CARYS).await.id, &system.demo.assembled.context.store);
    let log = store.audit_of(&[carys], idp_domain::Timestamp(0), &["link.printed"], (9, 0)).await.unwrap();
    assert_eq!(log.len(), 3);
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
    let left = idp_domain::membership::MembershipStatus::Ended;
    let elsewhere = store.membership_at(person.id, there.id).await.unwrap().unwrap();
    let elsewhere = idp_domain::membership::Membership { status: left, ..elsewhere };
    store.save_membership(&elsewhere, Effects::none()).await.unwrap();
    assert!(printed(&system, JOSS).await.body.contains("id=\"link\""), "where they have left nobody is asked");
}

#[tokio::test]
async fn a_link_on_paper_does_not_stand_in_for_what_two_people_gave() {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let (person, site) = (system.person(CARYS).await, system.site("larkmoor").await);
    let mut place = store.membership_at(person.id, site.id).await.unwrap().unwrap();
    let grant = place.grants[0].clone();
    let id = idp_domain::GrantId::new(&*system.clock, &SystemRandom);
    place.grants.push(idp_domain::membership::Grant { id, group: "dsl".to_owned(), pending: false, ..grant });
    store.save_membership(&place, Effects::none()).await.unwrap();
    let page = printed(&system, JOSS).await;
    assert!(page.status == 403 && page.body.contains("two people gave them"), "{}", page.body);
    place.grants[1].pending = true;
    store.save_membership(&place, Effects::none()).await.unwrap();
    assert!(
        printed(&system, JOSS).await.body.contains("id=\"link\""),
        "what waits for a second person counts for nothing"
    );
}

#[tokio::test]
async fn a_day_pass_becomes_no_account() {
    let system = System::start().await;
    let assembled = &system.demo.assembled;
    // Nine in the morning of the next day, whenever the tests run.
    let now = system.clock.now();
    let morning = idp_domain::london::end_of(idp_domain::london::date(now)).plus(9 * 3600);
    system.clock.advance(morning.since(now));
    let joss = assembled.directory.asker(&system.person(JOSS).await, true).await.unwrap();
    let wish = idp_directory::day_passes::DayPassWish {
        site: idp_domain::Slug::parse("larkmoor").ok(),
        first_name: "Ottilie".to_owned(),
        last_name: "Marsh".to_owned(),
        agency: "Cover Ltd".to_owned(),
        contact: "07700 900456".to_owned(),
        class: String::new(),
    };
    let made = assembled.directory.make_day_pass(&joss, &wish).await.unwrap();
    let refused = assembled.directory.new_link(&joss, made.person.id).await;
    assert!(matches!(refused, Err(idp_directory::DirectoryError::Refused(_))), "{refused:?}");
    let mut browser = system.admin(JOSS).await;
    let page = browser.open(&format!("{}/admin/people/{}", system.origin("id"), made.person.id)).await;
    assert!(!page.body.contains("Help with signing in"), "{}", page.body);
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
    let count = || system.demo.mailbox.all().iter().filter(|(to, ..)| to == WILF).count();
    let before = count();
    let token = first.split("token=").nth(1).unwrap().to_owned();
    let again = format!("{}/link/again", system.origin("id"));
    browser.post(&again, &[("token", &token)]).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    system.settle().await;
    assert_eq!(count(), before, "a link that was replaced sends nothing");
}
