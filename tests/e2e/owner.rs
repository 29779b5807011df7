//! The last owner of a trust loses everything, and comes back with two of three sealed codes.

use idp_directory::DirectoryError;
use tests::System;
use tests::system::{CALLUM, JOSS};

const OWNER: &str = "m.osei-lind@tamberwell.example";

fn codes(page: &str) -> Vec<String> {
    page.split("<code>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).take(3).collect()
}

#[tokio::test]
async fn two_of_three_codes_bring_an_owner_back_and_everybody_hears_of_it() {
    let system = System::start().await;
    let (directory, id) = (&system.demo.assembled.directory, system.origin("id"));
    let trust = system.site("larkmoor").await.trust.unwrap();
    let mut owner = system.admin(OWNER).await;
    let page = owner.open(&format!("{id}/admin/trusts/{trust}")).await;
    assert!(page.body.contains("There is no kit yet"), "{}", page.body);
    let older = codes(&owner.fill(&page, "kit", &[]).await.body);
    let page = owner.open(&format!("{id}/admin/trusts/{trust}")).await;
    assert!(page.body.contains("The kit was made on"), "{}", page.body);
    let made = codes(&owner.fill(&page, "kit", &[]).await.body);
    assert_eq!(made.len(), 3);
    let page = owner.open(&format!("{id}/admin/trusts/{trust}")).await;
    assert!(!page.body.contains(&made[0]), "codes are shown once");

    for pair in [[&made[0], &made[0]], [&made[0], &older[1]], [&older[0], &older[1]]] {
        let refused = directory.open_owner_kit(OWNER, pair.map(String::as_str)).await;
        assert!(matches!(refused, Err(DirectoryError::Refused(_))), "{refused:?}");
    }
    let stranger = directory.open_owner_kit(JOSS, [&made[0], &made[1]]).await;
    assert!(matches!(stranger, Err(DirectoryError::Refused(_))), "only for owners: {stranger:?}");
    assert!(owner.open(&format!("{id}/admin/people")).await.body.contains("Samina"), "nothing has changed so far");

    let typed = made[2].to_lowercase().replace(' ', "-");
    let opened = directory.open_owner_kit(OWNER, [&made[0], &typed]).await.unwrap();
    let page = owner.open(&format!("{id}/admin/people")).await;
    assert!(page.body.contains("id=\"signin\""), "every browser is signed out: {}", page.url);
    let again = directory.open_owner_kit(OWNER, [&made[0], &made[1]]).await;
    assert!(again.is_err(), "a kit works once: {again:?}");
    system.settle().await;
    let mails = system.demo.mailbox.all();
    for told in [OWNER, CALLUM, JOSS] {
        let heard = mails.iter().any(|(to, subject, _)| to == told && subject.contains("recovery kit"));
        assert!(heard, "{told} is told");
    }

    let mut back = system.browser();
    let page = back.open(&opened.link).await;
    let page = back.fill(&page, "open", &[]).await;
    back.fill(&page, "create", &[("password", "kettle orbit moss lamp")]).await;
    let page = back.open(&format!("{id}/signin/lost")).await;
    let page = back.fill(&page, "lost", &[("pass", &opened.pass)]).await;
    assert!(page.body.contains("Security keys") && page.body.contains("Suspended"), "{}", page.body);
    let page = back.open(&format!("{id}/me/keys/soft")).await;
    assert!(page.body.contains("id=\"secret\""), "a new key can be added: {}", page.body);
}

#[tokio::test]
async fn only_an_owner_makes_the_kit_and_only_with_a_key() {
    let system = System::start().await;
    let (store, id) = (&system.demo.assembled.context.store, system.origin("id"));
    let trust = system.site("larkmoor").await.trust.unwrap();
    let mut joss = system.admin(JOSS).await;
    assert_eq!(joss.post(&format!("{id}/admin/trusts/{trust}/kit"), &[]).await.status, 404);
    let mut plain = system.browser();
    let page = plain.open(&format!("{id}/signin?next=/")).await;
    system.type_password(&mut plain, &page, OWNER).await;
    let page = plain.post(&format!("{id}/admin/trusts/{trust}/kit"), &[]).await;
    assert!(page.body.contains("id=\"key\""), "{}", page.body);
    assert_eq!(store.owner_codes_made(trust).await.unwrap(), None);
}
