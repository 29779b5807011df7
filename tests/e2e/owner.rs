//! The last owner of a trust loses everything, and comes back with two of three sealed codes.

use idp_directory::DirectoryError;
use idp_directory::rescue::Progress;
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
    let page = back.fill(&page, "pass-form", &[("pass", &opened.pass)]).await;
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

const CEDRIC: &str = "c.umeh@briarholt.example";

#[tokio::test]
async fn the_only_admin_of_a_lone_school_comes_back_by_two_supporters_and_a_day() {
    let system = System::start().await;
    let (directory, id) = (&system.demo.assembled.directory, system.origin("id"));
    let slug = idp_domain::Slug::parse("briarholt").unwrap();
    let [ada, bo] =
        [directory.add_supporter("Ada Vale").await.unwrap(), directory.add_supporter("Bo Reed").await.unwrap()];
    assert!(directory.rescue(&slug, CEDRIC).await.unwrap().is_none());
    for (login, codes) in [
        (CEDRIC, [&ada, &ada]),
        (CEDRIC, [&ada, &"A".repeat(20)]),
        (CALLUM, [&ada, &bo]),
        ("r.achterberg@briarholt.example", [&ada, &bo]),
    ] {
        let refused = directory.begin_rescue(&slug, login, codes.map(String::as_str)).await;
        assert!(matches!(refused, Err(DirectoryError::Refused(_))), "{login}: {refused:?}");
    }
    let in_a_trust = idp_domain::Slug::parse("larkmoor").unwrap();
    let refused = directory.begin_rescue(&in_a_trust, JOSS, [&ada, &bo]).await;
    assert!(matches!(&refused, Err(DirectoryError::Refused(words)) if words.contains("trust")), "{refused:?}");
    let typed = bo.to_lowercase();
    directory.begin_rescue(&slug, CEDRIC, [&ada, &typed]).await.unwrap();
    assert!(directory.begin_rescue(&slug, CEDRIC, [&ada, &bo]).await.is_err(), "once at a time");
    system.settle().await;
    let told =
        system.demo.mailbox.all().into_iter().find(|(to, subject, _)| to == CEDRIC && subject.contains("coming back"));
    let link = told.unwrap().2.lines().find(|line| line.contains("/rescue?token=")).unwrap().to_owned();
    // The clock goes on by itself meanwhile.
    system.clock.advance(24 * 3600 - 60);
    assert!(matches!(directory.rescue(&slug, CEDRIC).await.unwrap(), Some(Progress::Waits(_))));
    system.clock.advance(60);
    let Some(Progress::Made(pass)) = directory.rescue(&slug, CEDRIC).await.unwrap() else { panic!("a day has passed") };
    assert!(directory.rescue(&slug, CEDRIC).await.unwrap().is_none(), "it ends with the pass");
    let mut cedric = system.browser();
    let page = cedric.open(&link).await;
    assert!(page.status == 410 && page.body.contains("nothing left to decide"), "{}", page.body);
    let page = cedric.open(&format!("{id}/signin?next=/signin/lost")).await;
    system.type_password(&mut cedric, &page, CEDRIC).await;
    let page = cedric.open(&format!("{id}/signin/lost")).await;
    let page = cedric.fill(&page, "pass-form", &[("pass", &pass.code)]).await;
    assert!(page.body.contains("You are back"), "{}", page.body);
}

#[tokio::test]
async fn the_headteacher_cuts_the_day_short_or_stops_it_and_a_look_does_nothing() {
    let system = System::start().await;
    let directory = &system.demo.assembled.directory;
    let slug = idp_domain::Slug::parse("briarholt").unwrap();
    let [ada, bo] =
        [directory.add_supporter("Ada Vale").await.unwrap(), directory.add_supporter("Bo Reed").await.unwrap()];
    for (answer, words) in [("stop", "You have stopped it"), ("go-on", "You have let it happen")] {
        directory.begin_rescue(&slug, CEDRIC, [&ada, &bo]).await.unwrap();
        system.settle().await;
        let mails = system.demo.mailbox.all();
        let mail = mails.iter().rfind(|(to, subject, _)| to == CEDRIC && subject.contains("coming back")).unwrap();
        let link = mail.2.lines().find(|line| line.contains("/rescue?token=")).unwrap().to_owned();
        let mut head = system.browser();
        let page = head.open(&link).await;
        assert!(page.body.contains("Ada Vale and Bo Reed"), "{}", page.body);
        assert!(
            matches!(directory.rescue(&slug, CEDRIC).await.unwrap(), Some(Progress::Waits(_))),
            "looking decides nothing"
        );
        let page = head.fill(&page, "rescue", &[("answer", answer)]).await;
        assert!(page.body.contains(words), "{}", page.body);
        let now = directory.rescue(&slug, CEDRIC).await.unwrap();
        assert_eq!((now.is_none(), matches!(now, Some(Progress::Made(_)))), (answer == "stop", answer == "go-on"));
    }
}
