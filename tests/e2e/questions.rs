//! Questions: which school somebody means, and whether a page was of use.

use tests::System;
use tests::system::JOSS;

const KIT: &str = "k.sallowfield@high.tamberwell.example";

fn told(system: &System, to: &str, subject: &str) -> String {
    let mails = system.demo.mailbox.all();
    let found = mails.iter().rev().find(|(address, about, _)| address == to && about.contains(subject));
    found.map(|(.., text)| text.clone()).unwrap()
}

#[tokio::test]
async fn a_school_is_asked_by_its_name_where_it_is_not_known_and_nobody_learns_which_there_are() {
    let system = System::start().await;
    let page = system.browser().open(&format!("{}/first-time?site=nowhere", system.origin("id"))).await;
    let mut answers = Vec::new();
    for (number, school) in ["larkmoor primary", "quillbrook", "Nowhere Primary School"].iter().enumerate() {
        let mut browser = system.browser();
        let sent = browser.fill(&page, "first-time", &[("email", &format!("nora{number}@b.example"))]).await;
        let page = browser.fill(&sent, "check", &[("name", "Nora"), ("school", "")]).await;
        assert!(page.status == 422 && page.body.contains("Enter the name of your school"), "{}", page.body);
        answers.push(browser.fill(&sent, "check", &[("name", "Nora"), ("school", school)]).await.body);
    }
    assert!(answers[0].contains("If we know that school"), "{}", answers[0]);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "the same answer to every name");
    system.settle().await;
    assert!(told(&system, JOSS, "needs a check").contains("nora0@b.example"));
    let fergus = "f.okerrane@quillbrook.tamberwell.example";
    assert!(told(&system, fergus, "needs a check").contains("nora1@b.example"));
    let others = system.demo.mailbox.all().iter().any(|(.., text)| text.contains("nora2@b.example"));
    assert!(!others, "a school that is not there asks nobody");
}

#[tokio::test]
async fn one_question_is_asked_about_keys_and_who_answers_is_not_kept() {
    let system = System::start().await;
    let (id, store) = (system.origin("id"), system.demo.assembled.context.store.clone());
    let mut joss = system.admin(JOSS).await;
    let page = joss.open(&format!("{id}/signin/lost")).await;
    for answer in ["yes", "no", "no"] {
        let thanks = joss.fill(&page, "feedback", &[("helpful", answer)]).await;
        assert!(thanks.body.contains("Thank you") && thanks.body.contains("href=\"/signin/lost\""), "{}", thanks.body);
    }
    let counted = async || store.feedback(idp_domain::Timestamp(0)).await.unwrap();
    assert_eq!(counted().await, [("key-failed".to_owned(), true, 1), ("key-failed".to_owned(), false, 2)]);
    for _ in 0..9 {
        joss.fill(&page, "feedback", &[("helpful", "yes")]).await;
    }
    assert_eq!(counted().await.iter().map(|(.., count)| count).sum::<i64>(), 5, "one browser is not many people");
    for (about, helpful) in [("something", "yes"), ("key-failed", "maybe")] {
        let refused = joss.post(&format!("{id}/feedback"), &[("about", about), ("helpful", helpful)]).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
    }
    let mut kit = system.browser();
    let page = kit.open(&format!("{id}/signin?next=/me/keys/soft")).await;
    let page = system.type_password(&mut kit, &page, KIT).await;
    assert!(page.body.contains("id=\"secret\"") && !page.body.contains("id=\"feedback\""), "{}", page.body);
    let added = kit.open(&format!("{id}/me/keys?added=1")).await;
    assert!(added.body.contains("Was it easy to add this key?"), "{}", added.body);
}
