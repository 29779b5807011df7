//! P: one school's admin and another's; rights that stay where they are.

use tests::System;
use tests::oauth::claims;
use tests::system::{ADAEZE, CALLUM, JOSS, SAMINA};

#[tokio::test]
async fn p_01_an_admin_of_one_school_neither_sees_nor_changes_another() {
    let system = System::start().await;
    let mut joss = system.admin(JOSS).await;
    let id = system.origin("id");
    let foreign = system.person("m.swaby@fennick.tamberwell.example").await;
    let site = system.site("fennick").await;
    let store = &system.demo.assembled.context.store;
    let place = store.membership_at(foreign.id, site.id).await.unwrap().unwrap();
    let before = place.clone();
    let list = joss.open(&format!("{id}/admin/people?text=swaby")).await;
    assert!(list.body.contains("Nobody matches"));
    let list = joss.open(&format!("{id}/admin/people?site=fennick")).await;
    assert!(!list.body.contains("Margot"), "a filter opens nothing");
    assert_eq!(joss.open(&format!("{id}/admin/people/{}", foreign.id)).await.status, 404);
    assert_eq!(joss.open(&format!("{id}/admin/sites/fennick")).await.status, 404);
    let fields = [("group", "site-admin"), ("scope", "all"), ("status", "active"), ("starts", ""), ("ends", "")];
    assert_eq!(joss.post(&format!("{id}/admin/memberships/{}", place.id), &fields).await.status, 404);
    assert_eq!(joss.post(&format!("{id}/admin/people/{}/remove", foreign.id), &[("mode", "quiet")]).await.status, 404);
    assert_eq!(joss.post(&format!("{id}/admin/sites/fennick"), &[("short_name", "x")]).await.status, 404);
    let invite = [
        ("site", "fennick"),
        ("first_name", "A"),
        ("last_name", "B"),
        ("email", "a.b@c.example"),
        ("group", "recorder"),
    ];
    let page = joss.post(&format!("{id}/admin/people/invite"), &invite).await;
    assert!(page.status == 422 && page.body.contains("Choose a site"), "{}", page.body);
    assert_eq!(store.membership_at(foreign.id, site.id).await.unwrap().unwrap(), before);
    let samina = system.person(SAMINA).await;
    let page = joss.open(&format!("{id}/admin/people/{}", samina.id)).await;
    assert!(!page.body.contains("Quillbrook") && page.body.contains("Also works elsewhere"), "{}", page.body);
    let page = joss.post(&format!("{id}/admin/people/{}/remove", samina.id), &[("mode", "quiet")]).await;
    assert_eq!(page.status, 403, "a school's admin ends access at that school only");
}

#[tokio::test]
async fn p_01_people_without_a_seat_have_no_console() {
    let system = System::start().await;
    let mut adaeze = system.admin(ADAEZE).await;
    for path in ["people", "sites", "audit", "approvals", "import", "people/invite"] {
        let page = adaeze.open(&format!("{}/admin/{path}", system.origin("id"))).await;
        assert_eq!(page.status, 404, "{path}");
    }
}

#[tokio::test]
async fn p_02_a_token_for_one_site_tells_of_that_site_only() {
    let system = System::start().await;
    let mut lorcan = system.signed_in("lorcan.abiodun@agency-demo.example", "copperwick").await;
    let who = |page: tests::Page| serde_json::from_str::<serde_json::Value>(&page.body).unwrap();
    let copperwick = who(lorcan.open(&format!("{}/.lanyard/whoami", system.origin("copperwick"))).await);
    assert_eq!(copperwick["groups"], serde_json::json!(["recorder"]));
    assert_eq!(copperwick["may_elevate"], false);
    let text = copperwick.to_string().to_lowercase();
    assert!(!text.contains("larkmoor") && !text.contains("supply"), "{text}");
    assert!(claims("a.e30.c").as_object().unwrap().is_empty());
}

#[tokio::test]
async fn p_04_nobody_approves_what_they_granted_or_would_get() {
    let system = System::start().await;
    let directory = &system.demo.assembled.directory;
    let joss = directory.asker(&system.person(JOSS).await, true).await.unwrap();
    let person = system.person(ADAEZE).await;
    let site = system.site("larkmoor").await;
    let store = &system.demo.assembled.context.store;
    let place = store.membership_at(person.id, site.id).await.unwrap().unwrap();
    let change = idp_directory::memberships::Change {
        wanted: idp_directory::grants::Wanted {
            groups: vec!["teacher".into(), "dsl".into()],
            scope: idp_domain::scope::Scope::All,
        },
        starts_at: None,
        ends_at: None,
        status: place.status,
    };
    // An admin of the trust may both give and approve: only that they gave it keeps them from approving it.
    let callum = directory.asker(&system.person(CALLUM).await, true).await.unwrap();
    directory.change(&callum, place.id, &change).await.unwrap();
    let waiting = directory.waiting(&callum).await.unwrap();
    let dsl = waiting.iter().find(|one| one.grant.group == "dsl").expect("it waits");
    let fault = directory.decide(&callum, dsl.grant.id, true).await.unwrap_err();
    assert!(matches!(fault, idp_directory::DirectoryError::Refused(_)), "the granter approves: {fault:?}");
    let own = store.membership_at(joss.person, site.id).await.unwrap().unwrap();
    assert!(directory.change(&joss, own.id, &change).await.is_err(), "an admin gives herself a group");
    let henrietta = directory.asker(&system.person("h.okonjo@larkmoor.tamberwell.example").await, true).await.unwrap();
    directory.decide(&henrietta, dsl.grant.id, true).await.unwrap();
}

#[tokio::test]
async fn p_07_elevation_ends_with_its_key_person_and_role() {
    let system = System::start().await;
    let mut samina = system.signed_in(SAMINA, "larkmoor").await;
    system.elevate(&mut samina, SAMINA, "larkmoor").await;
    let records = format!("{}/records", system.origin("larkmoor"));
    assert!(samina.open(&records).await.body.contains("<table>"));
    let page = samina.open(&format!("{}/me/keys", system.origin("id"))).await;
    let page = samina.fill(&page, "/me/keys", &[("act", "remove")]).await;
    assert!(page.body.contains("This is your only key"), "the last key stays (W-13): {}", page.body);
    samina.fill(&page, "/me/keys", &[("act", "suspend")]).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let page = samina.open(&records).await;
    assert!(page.body.contains("id=\"elevate\""), "a suspended key elevates nothing: {}", page.body);
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    system.elevate(&mut adaeze, ADAEZE, "larkmoor").await;
    let page = adaeze.open(&format!("{}/signout", system.origin("id"))).await;
    adaeze.fill(&page, "signout", &[]).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let page = adaeze.open(&records).await;
    let page = adaeze.fill(&page, "signin", &[("login", JOSS), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(!page.body.contains("<table>"), "the next person at this computer is not elevated: {}", page.body);
}

#[tokio::test]
async fn p_14_access_ends_at_the_end_of_its_last_day() {
    let system = System::start().await;
    let lorcan = "lorcan.abiodun@agency-demo.example";
    let person = system.person(lorcan).await;
    let site = system.site("copperwick").await;
    let place = system.demo.assembled.context.store.membership_at(person.id, site.id).await.unwrap().unwrap();
    let end = place.ends_at.unwrap();
    let now = system.demo.assembled.context.now();
    system.clock.advance(end.since(now) - 20);
    let mut browser = system.signed_in(lorcan, "copperwick").await;
    assert_eq!(browser.open(&format!("{}/", system.origin("copperwick"))).await.status, 200);
    system.clock.advance(20);
    let page = browser.open(&format!("{}/", system.origin("copperwick"))).await;
    assert!(page.status == 403 && page.body.contains("Your access ended"), "{} {}", page.status, page.body);
}
