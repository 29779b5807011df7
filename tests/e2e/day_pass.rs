//! Day passes: made at reception, used on any computer, over at six in the evening.

use idp_domain::{Clock, london};
use tests::System;
use tests::system::JOSS;

/// Nine in the morning of the next day, whenever the tests run.
fn tomorrow_morning(system: &System) {
    let now = system.clock.now();
    let morning = london::end_of(london::date(now)).plus(9 * 3600);
    system.clock.advance(morning.since(now));
}

const FIELDS: [(&str, &str); 6] = [
    ("site", "larkmoor"),
    ("first_name", "Ottilie"),
    ("last_name", "Marchbank"),
    ("agency", "Cover Agency"),
    ("contact", "01632 960123"),
    ("class", "Elm"),
];

#[tokio::test]
async fn a_day_pass_opens_one_site_until_six_and_no_longer() {
    let system = System::start().await;
    let id = system.origin("id");
    tomorrow_morning(&system);
    let mut joss = system.admin(JOSS).await;
    let form = joss.open(&format!("{id}/admin/day-pass")).await;
    let faulty = joss.fill(&form, "day-pass", &[("site", "larkmoor"), ("class", "Nowhere")]).await;
    assert!(faulty.status == 422 && faulty.body.contains("“Nowhere” is not a class at Larkmoor"), "{}", faulty.body);
    assert!(
        faulty.body.contains("Enter a first name") && faulty.body.contains("Enter who sends them"),
        "{}",
        faulty.body
    );
    let made = joss.fill(&form, "day-pass", &FIELDS).await;
    assert!(made.body.contains("Ottilie Marchbank, until") && made.body.contains("<svg"), "{}", made.body);
    let code = made.body.split("id=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    // The school has heard of it: word of a change ends what is under way there.
    system.settle().await;

    let mut supply = system.browser();
    let page = supply.open(&format!("{id}/pass")).await;
    let wrong = supply.fill(&page, "pass", &[("code", "AAAA BBBB CCCC")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("That day pass does not work"), "{}", wrong.body);
    let opened = supply.fill(&page, "pass", &[("code", &code.to_lowercase())]).await;
    assert!(opened.url.starts_with(&system.origin("larkmoor")) && opened.body.contains("Ottilie"), "{}", opened.body);
    let records = supply.open(&format!("{}/records", system.origin("larkmoor"))).await;
    assert_ne!(records.status, 200, "a pass opens no records: {}", records.body);
    let other = supply.open(&format!("{}/", system.origin("copperwick"))).await;
    assert_eq!(other.status, 403, "and no other school: {}", other.body);
    let key = supply.open(&format!("{id}/me/keys/soft")).await;
    assert!(!key.body.contains("Save this device"), "a key would outlive the day: {}", key.body);

    // Another computer after lunch, with the same card.
    let mut room = system.browser();
    let page = room.open(&format!("{id}/pass")).await;
    assert!(room.fill(&page, "pass", &[("code", &code)]).await.body.contains("Ottilie"));
    let six = london::evening_of(system.clock.now());
    system.clock.advance(six.since(system.clock.now()) - 60);
    assert!(room.fill(&page, "pass", &[("code", &code)]).await.body.contains("Ottilie"), "a minute before six");
    system.clock.advance(60);
    let over = room.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(!over.body.contains("Ottilie") && over.url.contains("/signin"), "{} {}", over.url, over.body);
    let late = room.fill(&page, "pass", &[("code", &code)]).await;
    assert!(late.body.contains("That day pass does not work"), "{}", late.body);
}

#[tokio::test]
async fn a_day_pass_is_never_extended_and_can_be_ended() {
    let system = System::start().await;
    let id = system.origin("id");
    tomorrow_morning(&system);
    let mut joss = system.admin(JOSS).await;
    let form = joss.open(&format!("{id}/admin/day-pass")).await;
    let made = joss.fill(&form, "day-pass", &FIELDS).await;
    let code = made.body.split("id=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let person = made.body.split("href=\"/admin/people/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = joss.open(&format!("{id}/admin/people/{person}")).await;
    let place = page.body.split("action=\"/admin/memberships/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let longer = [("group", "recorder"), ("scope", "none"), ("ends", "2099-01-01"), ("status", "active")];
    let refused = joss.post(&format!("{id}/admin/memberships/{place}"), &longer).await;
    assert!(refused.body.contains("A day pass cannot be changed"), "{}", refused.body);
    let mut supply = system.browser();
    let page = supply.open(&format!("{id}/pass")).await;
    assert!(supply.fill(&page, "pass", &[("code", &code)]).await.body.contains("Ottilie"));
    let ended =
        joss.post(&format!("{id}/admin/memberships/{place}"), &[("group", "recorder"), ("status", "ended")]).await;
    assert!(ended.status < 400, "{}", ended.body);
    system.settle().await;
    let over = supply.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(!over.body.contains("Good") || !over.body.contains("Ottilie"), "{}", over.body);
    let again = supply.fill(&page, "pass", &[("code", &code)]).await;
    assert!(again.body.contains("This day pass has been ended"), "{}", again.body);
}

#[tokio::test]
async fn a_day_pass_is_not_made_where_it_would_open_nothing() {
    let system = System::start().await;
    let id = system.origin("id");
    tomorrow_morning(&system);
    let mut callum = system.admin(tests::system::CALLUM).await;
    let form = callum.open(&format!("{id}/admin/day-pass")).await;
    let mut fields = FIELDS;
    fields[0] = ("site", "fennick");
    fields[5] = ("class", "");
    let refused = callum.fill(&form, "day-pass", &fields).await;
    assert!(refused.body.contains("Everybody needs a key here"), "{}", refused.body);
    let six = london::evening_of(system.clock.now());
    system.clock.advance(six.since(system.clock.now()) - 60);
    let mut callum = system.admin(tests::system::CALLUM).await;
    let form = callum.open(&format!("{id}/admin/day-pass")).await;
    let refused = callum.fill(&form, "day-pass", &FIELDS).await;
    assert!(refused.body.contains("Day passes end at 6:00pm"), "{}", refused.body);
}
