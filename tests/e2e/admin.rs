//! The console: search, invite, end, remove access now, settings, audit.

use std::time::{Duration, Instant};

use http::Method;
use tests::System;
use tests::system::{ADAEZE, CALLUM, JOSS, SAMINA};

#[tokio::test]
async fn people_can_be_searched_and_filtered() {
    let system = System::start().await;
    let mut browser = system.admin(CALLUM).await;
    let id = system.origin("id");
    let all = browser.open(&format!("{id}/admin/people")).await.body;
    assert!(all.contains("Samina Dalgleish") && all.contains("Bethan Ruddock-Shah"));
    assert!(!all.contains("Cedric Umeh"), "Briarholt has no trust");
    let some = browser.open(&format!("{id}/admin/people?text=dalg")).await.body;
    assert!(some.contains("Samina Dalgleish") && !some.contains("Bethan"));
    let some = browser.open(&format!("{id}/admin/people?site=fennick&group=teacher")).await.body;
    assert!(some.contains("Margot Swaby") && !some.contains("Samina"));
    let none = browser.open(&format!("{id}/admin/people?text=%25")).await.body;
    assert!(none.contains("Nobody matches"), "a percent sign is a letter like any other");
}

#[tokio::test]
async fn inviting_needs_a_key_and_says_what_is_wrong() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut plain = system.signed_in(JOSS, "larkmoor").await;
    let page = plain.open(&format!("{id}/admin/people/invite")).await;
    let fields =
        [("site", "larkmoor"), ("first_name", "Ira"), ("last_name", "Vale"), ("email", "ira@larkmoor.example")];
    let page = plain.fill(&page, "/admin/people/invite", &fields).await;
    assert!(page.body.contains("id=\"key\""), "looking needs no key, inviting does: {}", page.body);
    let code = system.code(JOSS).await;
    let page = plain.fill(&page, "key", &[("code", &code)]).await;
    assert!(page.body.contains("Carry on") && page.body.contains("Ira"), "what was typed is kept: {}", page.body);
    assert!(system.demo.assembled.context.store.person_by_login("ira@larkmoor.example").await.unwrap().is_none());
    let page = plain.fill(&page, "carry", &[]).await;
    assert!(page.body.contains("Ira Vale"), "{}", page.body);
    let mut browser = system.admin(JOSS).await;
    let form = browser.open(&format!("{id}/admin/people/invite")).await;
    assert!(!form.body.contains("Quillbrook"), "only the admin's own site is offered");
    let fields = [
        ("site", "larkmoor"),
        ("first_name", "Nell"),
        ("last_name", ""),
        ("email", "nell"),
        ("group", "supply"),
        ("classes", "Oka"),
        ("starts", "2026-09-07"),
        ("ends", "2026-09-01"),
    ];
    let page = browser.fill(&form, "/admin/people/invite", &fields).await;
    assert_eq!(page.status, 422);
    for words in [
        "Enter a last name",
        "Enter an email address in the correct format, like name@example.com",
        "End date must be the same as or after the start date",
        "“oka” is not a class at Larkmoor",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(page.body.contains("value=\"Nell\""), "what was typed stays");
    let fields = [
        ("site", "larkmoor"),
        ("first_name", "Nell"),
        ("last_name", "Harrow"),
        ("email", "n.harrow@larkmoor.example"),
        ("group", "teacher"),
        ("classes", "Elm"),
    ];
    let page = browser.fill(&form, "/admin/people/invite", &fields).await;
    assert!(page.body.contains("Nell Harrow"), "{}", page.body);
    let link = system.mailed_link("n.harrow@larkmoor.example").await;
    assert!(link.starts_with(&id));
}

#[tokio::test]
async fn remove_access_now_ends_sessions_and_open_streams_within_a_second() {
    let system = System::start().await;
    let mut samina = system.signed_in(SAMINA, "larkmoor").await;
    samina.open(&format!("{}/", system.origin("quillbrook"))).await;
    let stream = tests::raw::open_stream(&system, &samina, "larkmoor", "/alerts").await;
    let mut callum = system.admin(CALLUM).await;
    let person = system.person(SAMINA).await.id;
    let page = callum.open(&format!("{}/admin/people/{person}", system.origin("id"))).await;
    let begun = Instant::now();
    let page = callum.fill(&page, "remove", &[("mode", "quiet")]).await;
    assert!(page.body.contains("Access removed everywhere"), "{}", page.body);
    let ended = tests::raw::until_closed(stream).await;
    assert!(ended && begun.elapsed() < Duration::from_secs(3), "the open stream lived on");
    for slug in ["larkmoor", "quillbrook"] {
        let page = samina.open(&format!("{}/", system.origin(slug))).await;
        assert!(page.body.contains("id=\"signin\""), "{slug}: {}", page.body);
    }
    let page = samina.open(&format!("{}/", system.origin("larkmoor"))).await;
    let page = samina.fill(&page, "signin", &[("login", SAMINA), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.body.contains("You cannot sign in at the moment. Contact your trust office."), "{}", page.body);
    let told = system.demo.mailbox.all().iter().any(|(to, subject, _)| to == SAMINA && subject.contains("ended"));
    assert!(!told, "quiet means no mail");
}

#[tokio::test]
async fn a_change_of_class_reaches_the_site_within_a_second() {
    let system = System::start().await;
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    system.elevate(&mut adaeze, ADAEZE, "larkmoor").await;
    let mut joss = system.admin(JOSS).await;
    let person = system.person(ADAEZE).await;
    let site = system.site("larkmoor").await;
    let place = system.demo.assembled.context.store.membership_at(person.id, site.id).await.unwrap().unwrap();
    let url = format!("{}/admin/memberships/{}", system.origin("id"), place.id);
    let fields = [
        ("group", "teacher"),
        ("scope", "listed"),
        ("class", "elm"),
        ("status", "active"),
        ("starts", ""),
        ("ends", ""),
    ];
    let page = joss.post(&url, &fields).await;
    assert!(page.body.contains("Adaeze Fairbrass"), "{}", page.body);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let page = adaeze.open(&format!("{}/records", system.origin("larkmoor"))).await;
    assert!(page.body.contains("id=\"elevate\""), "signed in again silently, at base access: {}", page.body);
    let page = system.elevate(&mut adaeze, ADAEZE, "larkmoor").await;
    assert!(page.body.contains("Elm") && !page.body.contains("Oak"), "{}", page.body);
    let audit = joss.open(&format!("{}/admin/audit", system.origin("id"))).await.body;
    assert!(audit.contains("Joss Winterbourne changed Adaeze Fairbrass"), "{audit}");
}

#[tokio::test]
async fn site_settings_are_checked_and_reach_the_gateway() {
    let system = System::start().await;
    let mut callum = system.admin(CALLUM).await;
    let url = format!("{}/admin/sites/larkmoor", system.origin("id"));
    let good = [
        ("short_name", "Larkmoor"),
        ("colour", "#123456"),
        ("key_rule", "to_elevate"),
        ("elevation_idle", "10"),
        ("elevation_absolute", "60"),
        ("carry_over", "15"),
        ("bar", "1"),
    ];
    let mut bad = good;
    bad[1] = ("colour", "#ffee00");
    bad[3] = ("elevation_idle", "600");
    let page = callum.post(&url, &bad).await;
    assert!(
        page.status == 422 && page.body.contains("Choose a darker colour") && page.body.contains("between 5 and 30"),
        "{}",
        page.body
    );
    assert_eq!(callum.post(&url, &good).await.status, 200);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut samina = system.signed_in(SAMINA, "larkmoor").await;
    let me = samina.send(Method::GET, &format!("{}/.lanyard/whoami", system.origin("larkmoor")), None, &[]).await;
    assert!(me.body.contains("#123456"), "{}", me.body);
}

#[tokio::test]
async fn removing_access_keeps_its_choice_while_a_key_is_used() {
    let system = System::start().await;
    let id = system.origin("id");
    let person = system.person(ADAEZE).await;
    let mut callum = system.browser();
    let page = callum.open(&format!("{id}/signin?next=/admin/people/{}", person.id)).await;
    let page = system.type_password(&mut callum, &page, CALLUM).await;
    let before = system.demo.mailbox.all().len();
    let page = callum.fill(&page, "remove", &[("mode", "quiet")]).await;
    let code = system.code(CALLUM).await;
    let page = callum.fill(&page, "key", &[("code", &code)]).await;
    assert!(page.body.contains("quietly: no email is sent"), "what will happen is said: {}", page.body);
    assert_eq!(system.person(ADAEZE).await.status, idp_domain::person::PersonStatus::Active, "nothing yet");
    let mut stranger = system.browser();
    let other = stranger.open(&page.url).await;
    assert!(!other.body.contains("quietly"), "another browser is not shown the form: {}", other.body);
    let page = callum.fill(&page, "carry", &[]).await;
    assert!(page.body.contains("Access removed"), "{}", page.body);
    system.settle().await;
    let told: Vec<_> = system.demo.mailbox.all().into_iter().skip(before).filter(|(to, ..)| to == ADAEZE).collect();
    assert!(told.is_empty(), "quietly: {told:?}");
}

#[tokio::test]
async fn lifting_a_restriction_and_reviving_a_lead_take_two() {
    let system = System::start().await;
    let (store, id) = (&system.demo.assembled.context.store, system.origin("id"));
    let site = system.site("larkmoor").await;
    let henrietta = system.person("h.okonjo@larkmoor.tamberwell.example").await;
    let place = async || store.membership_at(henrietta.id, site.id).await.unwrap().unwrap();
    let mut callum = system.admin(CALLUM).await;
    let before = place().await;
    assert!(before.grants.iter().all(|grant| !grant.pending));
    let form = format!("{id}/admin/memberships/{}", before.id);
    let groups = [("group", "slt"), ("group", "deputy-dsl"), ("scope", "all"), ("status", "ended")];
    callum.post(&form, &groups).await;
    let groups = [("group", "slt"), ("group", "deputy-dsl"), ("scope", "all"), ("status", "active")];
    callum.post(&form, &groups).await;
    let after = place().await;
    assert!(after.grants.iter().filter(|grant| grant.group != "recorder").all(|grant| grant.pending), "{after:?}");
    assert!(after.active_grants().any(|grant| grant.group == "recorder"), "and recording goes on: {after:?}");
    let adaeze = system.person(ADAEZE).await;
    let place = async || store.membership_at(adaeze.id, site.id).await.unwrap().unwrap();
    let form = format!("{id}/admin/memberships/{}", place().await.id);
    callum.post(&form, &[("group", "teacher"), ("scope", "all"), ("status", "active")]).await;
    let grants = place().await.grants;
    let waits = grants.iter().any(|grant| grant.pending && grant.scope == idp_domain::scope::Scope::All);
    let keeps = grants.iter().any(|grant| !grant.pending && grant.scope.classes() == ["oak"]);
    assert!(waits && keeps, "what she has stays while the rest waits: {grants:?}");
}

#[tokio::test]
async fn a_fault_on_the_persons_page_keeps_what_was_typed() {
    let system = System::start().await;
    let mut joss = system.admin(JOSS).await;
    let person = system.person(ADAEZE).await;
    let site = system.site("larkmoor").await;
    let place = system.demo.assembled.context.store.membership_at(person.id, site.id).await.unwrap().unwrap();
    let fields = [
        ("group", "teacher"),
        ("scope", "listed"),
        ("class", "elm"),
        ("starts", "2027-02-01"),
        ("ends", "2027-01-01"),
        ("status", "active"),
    ];
    let page = joss.post(&format!("{}/admin/memberships/{}", system.origin("id"), place.id), &fields).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("End date must be the same as or after the start date"), "{}", page.body);
    assert!(page.body.contains("value=\"2027-02-01\"") && page.body.contains("value=\"elm\" checked"), "{}", page.body);
}

#[tokio::test]
async fn the_audit_list_says_who_opened_and_elevated_where() {
    let system = System::start().await;
    let mut samina = system.signed_in(SAMINA, "larkmoor").await;
    system.elevate(&mut samina, SAMINA, "larkmoor").await;
    let mut joss = system.admin(JOSS).await;
    let page = joss.open(&format!("{}/admin/audit?event=site.elevated", system.origin("id"))).await;
    assert!(
        page.body.contains("Samina Dalgleish elevated at Larkmoor Primary School (Authenticator app)"),
        "{}",
        page.body
    );
    let page = joss.open(&format!("{}/admin/audit?event=site.opened", system.origin("id"))).await;
    assert!(page.body.contains("Samina Dalgleish signed in to Larkmoor"), "{}", page.body);
}

#[tokio::test]
async fn somebody_without_access_can_ask_for_it() {
    let system = System::start().await;
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let page = adaeze.open(&format!("{}/", system.origin("fennick"))).await;
    assert!(page.status == 403 || page.body.contains("id=\"key\""), "{} {}", page.status, page.body);
    let page = adaeze.open(&format!("{}/ask-access?site=copperwick", system.origin("id"))).await;
    let empty = adaeze.fill(&page, "ask", &[("reason", " ")]).await;
    assert!(empty.status == 422 && empty.body.contains("Enter a reason"), "{}", empty.body);
    adaeze.fill(&page, "ask", &[("reason", "I cover 3A on Fridays")]).await;
    system.settle().await;
    let told = system.demo.mailbox.all();
    let mail = told.iter().rev().find(|(to, ..)| to == "i.karimi@copperwick.tamberwell.example").unwrap();
    assert!(
        mail.1 == "Someone asks for access to Copperwick Junior Academy" && mail.2.contains("I cover 3A"),
        "{mail:?}"
    );
}

#[tokio::test]
async fn giving_access_back_takes_two() {
    let system = System::start().await;
    let id = system.origin("id");
    let person = system.person(ADAEZE).await;
    let url = format!("{id}/admin/people/{}", person.id);
    let mut callum = system.admin(CALLUM).await;
    let none = callum.post(&format!("{url}/restore"), &[]).await;
    assert!(none.body.contains("Their access has not been removed"), "{}", none.body);
    let page = callum.open(&url).await;
    callum.fill(&page, "remove", &[("mode", "quiet")]).await;
    let page = callum.open(&url).await;
    let page = callum.fill(&page, "restore", &[]).await;
    assert!(page.body.contains("Callum Threadgold asked on") && page.body.contains("Take it back"), "{}", page.body);
    let own = callum.post(&format!("{url}/restore"), &[("answer", "approve")]).await;
    assert!(own.body.contains("Someone else needs to approve this"), "{}", own.body);
    assert_eq!(system.person(ADAEZE).await.status, idp_domain::person::PersonStatus::Suspended);
    let mut joss = system.admin(JOSS).await;
    let other = joss.post(&format!("{url}/restore"), &[("answer", "approve")]).await;
    assert!(other.status >= 400, "a school alone does not: {}", other.body);
    let mut marguerite = system.admin("m.osei-lind@tamberwell.example").await;
    let page = marguerite.open(&url).await;
    let page = marguerite.fill(&page, "restore", &[("answer", "approve")]).await;
    assert!(!page.body.contains("Give access back"), "{}", page.body);
    system.signed_in(ADAEZE, "larkmoor").await;
}
