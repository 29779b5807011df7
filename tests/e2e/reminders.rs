//! Reminders: of invitations that nobody has used, and of access that ends.

use idp_domain::Clock;
use tests::System;
use tests::system::{ADAEZE, SAMINA, WILF};

const DAY: i64 = 24 * 3600;

fn subjects(system: &System, to: &str) -> Vec<String> {
    system.demo.mailbox.all().into_iter().filter(|(address, ..)| address == to).map(|(_, subject, _)| subject).collect()
}

fn count(system: &System, to: &str, subject: &str) -> usize {
    subjects(system, to).iter().filter(|one| one.contains(subject)).count()
}

#[tokio::test]
async fn an_invitation_is_brought_to_mind_after_seven_and_twelve_days_and_ends_as_it_would_have() {
    let system = System::start().await;
    let directory = &system.demo.assembled.directory;
    let first = system.mailed_link(WILF).await;
    let mut reminded = Vec::new();
    for day in 1..=20 {
        system.clock.advance(DAY);
        directory.remind().await.unwrap();
        directory.remind().await.unwrap();
        system.settle().await;
        if count(&system, WILF, "Reminder") > reminded.len() {
            reminded.push(day);
        }
    }
    assert_eq!(reminded, [7, 12]);
    let mut browser = system.browser();
    assert!(browser.open(&first).await.body.contains("We sent you a newer link"));
    let last = system.mailed_link(WILF).await;
    let page = browser.open(&last).await;
    assert!(page.body.contains("stopped working"), "a reminder makes no invitation longer: {}", page.body);
}

#[tokio::test]
async fn a_reminder_holds_a_link_that_works_and_nobody_who_has_signed_in_gets_one() {
    let system = System::start().await;
    system.clock.advance(7 * DAY);
    system.demo.assembled.directory.remind().await.unwrap();
    system.settle().await;
    let link = system.mailed_link(WILF).await;
    let mut browser = system.browser();
    let page = browser.open(&link).await;
    let page = browser.fill(&page, "open", &[]).await;
    let page = browser.fill(&page, "create", &[("password", "lantern gravel puffin")]).await;
    assert!(page.body.contains("Add your first key"), "{}", page.body);
    system.clock.advance(5 * DAY);
    system.demo.assembled.directory.remind().await.unwrap();
    system.settle().await;
    assert_eq!(count(&system, WILF, "Reminder"), 1);
    assert_eq!(count(&system, ADAEZE, "Reminder"), 0);
}

#[tokio::test]
async fn access_that_ends_in_three_days_is_told_once_and_again_when_the_end_has_moved() {
    let system = System::start().await;
    let (store, directory) = (&system.demo.assembled.context.store, &system.demo.assembled.directory);
    let (person, site) = (system.person(ADAEZE).await, system.site("larkmoor").await);
    let mut place = store.membership_at(person.id, site.id).await.unwrap().unwrap();
    let end = system.clock.now().plus(10 * DAY);
    place.ends_at = Some(end);
    store.save_membership(&place, idp_store::Effects::none()).await.unwrap();
    for (days, told) in [(6, 0), (1, 1), (1, 1)] {
        system.clock.advance(days * DAY);
        directory.remind().await.unwrap();
        directory.remind().await.unwrap();
        system.settle().await;
        assert_eq!(count(&system, ADAEZE, "Your access ends on"), told, "{:?}", subjects(&system, ADAEZE));
    }
    let friday = idp_domain::london::weekday_before(end);
    assert_eq!(count(&system, ADAEZE, &format!("Your access ends on {friday}")), 1);
    place.ends_at = Some(end.plus(DAY));
    store.save_membership(&place, idp_store::Effects::none()).await.unwrap();
    directory.remind().await.unwrap();
    system.settle().await;
    assert_eq!(count(&system, ADAEZE, "Your access ends on"), 2);
}

#[tokio::test]
async fn whoever_reaches_the_end_of_their_access_is_told_once_and_nobody_who_was_removed_quietly() {
    let system = System::start().await;
    let (store, directory) = (&system.demo.assembled.context.store, &system.demo.assembled.directory);
    let site = system.site("larkmoor").await;
    let end = system.clock.now().plus(DAY);
    for login in [ADAEZE, SAMINA] {
        let person = system.person(login).await;
        let mut place = store.membership_at(person.id, site.id).await.unwrap().unwrap();
        place.ends_at = Some(end);
        store.save_membership(&place, idp_store::Effects::none()).await.unwrap();
    }
    let samina = system.person(SAMINA).await;
    let suspended = idp_domain::person::PersonStatus::Suspended;
    store.set_status(samina.id, suspended, idp_store::Effects::none()).await.unwrap();
    for told in [0, 1, 1] {
        directory.remind().await.unwrap();
        system.settle().await;
        assert_eq!(count(&system, ADAEZE, "Your access has ended"), told, "{:?}", subjects(&system, ADAEZE));
        system.clock.advance(DAY);
    }
    assert_eq!(count(&system, SAMINA, "Your access has ended"), 0);
}
