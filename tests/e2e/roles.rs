//! Roles in a trust: given and taken by owners, told to all of them.

use tests::System;
use tests::system::{ADAEZE, CALLUM};

const MARGUERITE: &str = "m.osei-lind@tamberwell.example";

#[tokio::test]
async fn an_owner_gives_and_takes_roles_and_everybody_who_owns_the_trust_is_told() {
    let system = System::start().await;
    let id = system.origin("id");
    let trust = system.site("larkmoor").await.trust.unwrap();
    let page = format!("{id}/admin/trusts/{trust}");
    let mut callum = system.admin(CALLUM).await;
    let form = callum.open(&page).await;
    let give = |role, email, first, last| {
        [("what", "give"), ("role", role), ("email", email), ("first_name", first), ("last_name", last)]
    };
    let faulty = callum.fill(&form, "roles-form", &give("app_developer", "new@maker.example", "", "")).await;
    assert!(faulty.status == 422 && faulty.body.contains("they are not known here yet"), "{}", faulty.body);
    assert!(faulty.body.contains("new@maker.example") && faulty.body.contains("name=\"password_min\" value=\"12\""));
    let own = callum.fill(&form, "roles-form", &give("auditor", CALLUM, "", "")).await;
    assert!(own.body.contains("it changes your own access"), "{}", own.body);
    callum.fill(&form, "roles-form", &give("app_developer", "new@maker.example", "Ines", "Vale")).await;
    system.settle().await;
    let link = system.mailed_link("new@maker.example").await;
    let mut ines = system.browser();
    let opened = ines.open(&link).await;
    let opened = ines.fill(&opened, "open", &[]).await;
    ines.fill(&opened, "create", &[("password", "lantern gravel puffin")]).await;
    let apps = ines.open(&format!("{id}/developers/apps")).await;
    assert!(apps.body.contains("Register an app"), "{}", apps.body);
    let told = system.demo.mailbox.all();
    let subject = "A role in Tamberwell Learning Trust has changed";
    for owner in [MARGUERITE, CALLUM] {
        assert!(told.iter().any(|(to, what, _)| to == owner && what == subject), "{owner}");
    }
    let taken = [("what", "take"), ("role", "app_developer"), ("login", "new@maker.example")];
    callum.post(&format!("{page}/roles"), &taken).await;
    assert_eq!(ines.open(&format!("{id}/developers/apps")).await.status, 404, "at once");
    for owner in [MARGUERITE, CALLUM] {
        callum.post(&format!("{page}/roles"), &[("what", "take"), ("role", "owner"), ("login", owner)]).await;
    }
    let left = system.demo.assembled.context.store.seats_in(trust, idp_domain::trust::TrustRole::Owner).await.unwrap();
    assert_eq!(left.len(), 1, "a trust keeps an owner");
}

#[tokio::test]
async fn nobody_but_an_owner_gives_a_role() {
    let system = System::start().await;
    let trust = system.site("larkmoor").await.trust.unwrap();
    let url = format!("{}/admin/trusts/{trust}/roles", system.origin("id"));
    let fields = [("what", "give"), ("role", "owner"), ("email", ADAEZE)];
    let mut joss = system.admin(tests::system::JOSS).await;
    assert_eq!(joss.post(&url, &fields).await.status, 404);
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    assert_eq!(adaeze.post(&url, &fields).await.status, 404);
    let person = system.person(ADAEZE).await;
    assert!(system.demo.assembled.context.store.seats_of(person.id).await.unwrap().is_empty());
}
