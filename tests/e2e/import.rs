//! The dirty spreadsheet gives exactly what the product page says, and the second time nothing.

use idp_directory::import::{Applied, RowState};
use lanyard::assemble::Assembled;
use tests::System;
use tests::system::CALLUM;

const FILE: &[u8] = include_bytes!("../../deploy/lanyard/demo/staff-list.csv");

async fn callum(assembled: &Assembled) -> idp_directory::asker::Asker {
    let person = assembled.context.store.person_by_login(CALLUM).await.unwrap().unwrap();
    assembled.directory.asker(&person, true).await.unwrap()
}

#[tokio::test]
async fn the_dirty_file_before_any_answer() {
    let system = System::start().await;
    let assembled = &system.demo.assembled;
    // Somebody who has applied nothing before: no answers are remembered.
    let person = system.person("m.osei-lind@tamberwell.example").await;
    let asker = assembled.directory.asker(&person, true).await.unwrap();
    let id = assembled.directory.upload(&asker, "staff-list.csv", FILE.to_vec()).await.unwrap();
    let plan = assembled.directory.import_plan(&asker, id).await.unwrap();
    let questions: Vec<&str> = plan.questions.iter().map(|question| question.text.as_str()).collect();
    assert_eq!(plan.people_ready(), 9);
    assert_eq!(plan.ready().count(), 10);
    assert_eq!(plan.higher(), 4);
    assert_eq!(plan.count(|state| *state == RowState::Held), 1);
    assert_eq!(plan.count(|state| matches!(state, RowState::Refused(_))), 3);
    assert_eq!(plan.count(|state| *state == RowState::Merged), 1);
    assert_eq!(questions.len(), 7, "{questions:#?}");
    assert_eq!(plan.ignored.len(), 3, "{:?}", plan.ignored);
    let faults: String = plan.rows.iter().map(|row| format!("{:?}", row.state)).collect();
    for words in ["there is no month 13. Use day/month/year.", "End date is before the start date", "shared mailbox"] {
        assert!(faults.contains(words), "{words}: {faults}");
    }
    let notes: String = plan.rows.iter().flat_map(|row| row.notes.clone()).collect();
    assert!(notes.contains("“Oka” is not a class at Larkmoor. Did you mean “Oak”?"), "{notes}");
    let carys = plan.rows.iter().find(|row| row.first_name == "Carys").unwrap();
    assert_eq!((carys.email.as_ref(), carys.last_name.as_str()), (None, "Holloway–Idris"));
    let samina = plan.rows.iter().find(|row| row.first_name == "Samina").unwrap();
    assert_eq!(samina.last_name, "Dalgleish");
}

#[tokio::test]
async fn applying_the_same_file_again_changes_nothing() {
    let system = System::start().await;
    let assembled = &system.demo.assembled;
    let asker = callum(assembled).await;
    // The demonstration imported it with dates of this month; the first time the file's own dates come in.
    let first = upload_and_apply(assembled, &asker).await;
    assert_eq!((first.people, first.memberships), (0, 0), "everybody is there already: {first:?}");
    let second = upload_and_apply(assembled, &asker).await;
    assert_eq!(second, Applied { unchanged: second.unchanged, ..Applied::default() });
    assert!(second.unchanged >= 10);
}

async fn upload_and_apply(assembled: &Assembled, asker: &idp_directory::asker::Asker) -> Applied {
    let id = assembled.directory.upload(asker, "staff-list.csv", FILE.to_vec()).await.unwrap();
    let plan = assembled.directory.import_plan(asker, id).await.unwrap();
    assert!(plan.questions.is_empty(), "answers are remembered: {:?}", plan.questions);
    assembled.directory.apply_import(asker, id).await.unwrap()
}

#[tokio::test]
async fn an_admin_of_one_school_imports_only_there() {
    let system = System::start().await;
    let assembled = &system.demo.assembled;
    let person = system.person(tests::system::JOSS).await;
    let asker = assembled.directory.asker(&person, true).await.unwrap();
    let file = b"School,First name,Surname,Email,Role\nquillbrook,Eve,Il,e.il@larkmoor.tamberwell.example,Teacher\n";
    let id = assembled.directory.upload(&asker, "x.csv", file.to_vec()).await.unwrap();
    let plan = assembled.directory.import_plan(&asker, id).await.unwrap();
    let offered: Vec<&str> = plan.questions[0].options.iter().map(|(slug, _)| slug.as_str()).collect();
    assert_eq!(offered, ["larkmoor"], "another school is not even offered");
    let applied = assembled.directory.apply_import(&asker, id).await.unwrap();
    assert_eq!(applied.memberships, 0);
}
