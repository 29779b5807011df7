//! L-03: whoever can write to the database cannot change what was logged without a trace: the server signs no other log
//! than the one it signed before, and a check with what was noted down finds one that was begun anew with the key.

use idp_directory::log_proof::{HEAD_TYP, Sealing, Verdict, verify};
use serde_json::Value;
use tests::System;
use tests::system::{SAMINA, WILF};

/// A system in which a little has happened, sealed.
async fn lived_in() -> System {
    let system = System::start().await;
    for login in [SAMINA, WILF] {
        let mut browser = system.browser();
        let page = browser.open(&format!("{}/signin", system.origin("id"))).await;
        system.type_password(&mut browser, &page, login).await;
    }
    seal(&system).await;
    system
}

async fn seal(system: &System) {
    assert_ne!(sealing(system).await, Sealing::Broken);
}

async fn sealing(system: &System) -> Sealing {
    let assembled = &system.demo.assembled;
    assembled.log.seal(&assembled.directory).await.unwrap()
}

async fn handed_out(system: &System) -> String {
    let assembled = &system.demo.assembled;
    let jwk = serde_json::from_str(&assembled.log.key().jwk()).unwrap();
    let mut out = Vec::new();
    assembled.directory.hand_out_log(jwk, &mut out).await.unwrap().unwrap();
    String::from_utf8(out).unwrap()
}

/// Checked as `lanyard audit verify` does it, by somebody who trusts a key of this name.
fn checked(log: &str, kid: &str, seen: Option<(i64, &str)>) -> Verdict {
    let check = |signed: &str, key: &Value| {
        let (own, point) = certs::signing::point_of_jwk(key.get("x")?.as_str()?, key.get("y")?.as_str()?)?;
        (own == kid).then(|| certs::signing::verify_es256(signed, &point, kid, HEAD_TYP))?
    };
    verify(log.as_bytes(), check, seen).unwrap()
}

fn kid(system: &System) -> String {
    system.demo.assembled.log.key().kid().to_owned()
}

#[track_caller]
fn faulty(verdict: &Verdict, words: &str) {
    assert!(verdict.faults.iter().any(|fault| fault.contains(words)), "{words}: {:?}", verdict.faults);
}

#[tokio::test]
async fn l_03_a_whole_log_is_found_whole_by_somebody_with_the_file_alone() {
    let system = lived_in().await;
    let (log, kid) = (handed_out(&system).await, kid(&system));
    let verdict = checked(&log, &kid, None);
    assert!(verdict.faults.is_empty(), "{:?}", verdict.faults);
    let (link, _) = verdict.signed.unwrap();
    assert_eq!((link.seq, verdict.forgotten), (verdict.entries, 0));
    assert!(log.contains("signed in") && verdict.entries > 2);
    faulty(&checked(&log, "another-key", None), "not of the key");
    system.demo.finish().await;
}

#[tokio::test]
async fn l_03_what_is_changed_taken_out_or_put_in_shows() {
    for (sql, words) in [
        ("UPDATE audit SET sentence = 'Nothing happened' WHERE seq = 2", "Entry 2 of"),
        ("UPDATE audit SET actor_id = NULL, subject_id = NULL WHERE seq = (SELECT MAX(seq) FROM audit)", "was changed"),
        ("DELETE FROM audit WHERE seq = 2", "missing, and too young"),
        ("DELETE FROM audit_chain WHERE seq = 2", "does not follow"),
        ("UPDATE audit_chain SET at = at - 86400 WHERE seq = 2", "does not follow"),
        ("UPDATE audit SET seq = 900000 WHERE seq = 2", "missing, and too young"),
        ("UPDATE audit_heads SET signed = substr(signed, 1, length(signed) - 4) || 'AAAA'", "not of the key"),
    ] {
        let system = lived_in().await;
        system.behind_its_back(sql).await;
        let verdict = checked(&handed_out(&system).await, &kid(&system), None);
        faulty(&verdict, words);
        system.demo.finish().await;
    }
}

#[tokio::test]
async fn l_03_a_log_that_is_begun_anew_or_cut_off_is_not_the_one_that_was_noted_down() {
    let system = lived_in().await;
    let (log, kid) = (handed_out(&system).await, kid(&system));
    let (link, _) = checked(&log, &kid, None).signed.unwrap();
    let noted = (link.seq, link.link.as_str());
    assert!(checked(&log, &kid, Some(noted)).faults.is_empty());
    // Everything is chained once more.
    for sql in [
        "UPDATE audit SET sentence = 'Nothing happened' WHERE seq = 1",
        "DELETE FROM audit_heads",
        "DELETE FROM audit_chain",
        "UPDATE audit SET seq = NULL",
    ] {
        system.behind_its_back(sql).await;
    }
    assert_eq!(sealing(&system).await, Sealing::Broken, "the server signs no other log than its own");
    // By somebody who has the server's own files as well.
    std::fs::remove_file(system.database().with_file_name("log.head")).unwrap();
    seal(&system).await;
    let anew = handed_out(&system).await;
    assert!(checked(&anew, &kid, None).faults.is_empty(), "it fits by itself");
    faulty(&checked(&anew, &kid, Some(noted)), "another one than");
    for sql in ["DELETE FROM audit_chain WHERE seq > 1", "DELETE FROM audit_heads"] {
        system.behind_its_back(sql).await;
    }
    faulty(&checked(&handed_out(&system).await, &kid, Some(noted)), "the log ends at 1");
    system.demo.finish().await;
}

#[tokio::test]
async fn l_03_a_file_that_was_tampered_with_shows_it() {
    let system = lived_in().await;
    let (log, kid) = (handed_out(&system).await, kid(&system));
    let lines: Vec<&str> = log.lines().collect();
    let but = |left_out: usize| {
        let kept = lines.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, line)| *line);
        kept.collect::<Vec<_>>().join("\n")
    };
    faulty(&checked(&but(0), &kid, None), "outside its start");
    faulty(&checked(&but(1), &kid, None), "does not follow");
    faulty(&checked(&but(lines.len() - 1), &kid, None), "cut off");
    faulty(&checked(&but(lines.len() - 3), &kid, None), "The file says");
    faulty(&checked(&format!("{log}{log}"), &kid, None), "outside its start");
    faulty(&checked(&log.replacen("\"line\":\"entry\"", "\"line\":\"entri\"", 1), &kid, None), "cannot be read");
    faulty(&checked(&log.replacen("\"version\":1", "\"version\":2", 1), &kid, None), "newer version");
    faulty(&checked("", &kid, None), "cut off");
    // Its own key in place of ours, under our name.
    let stranger = System::start_stranger().await;
    seal(&stranger).await;
    let theirs = handed_out(&stranger).await;
    faulty(&checked(&theirs, &kid, None), "not of the key");
    stranger.demo.finish().await;
    system.demo.finish().await;
}

#[tokio::test]
async fn l_03_what_grew_old_leaves_its_link_and_a_clock_set_back_is_told() {
    let system = lived_in().await;
    let (before, kid) = (checked(&handed_out(&system).await, &kid(&system), None).entries, kid(&system));
    system.clock.advance(400 * 24 * 3600);
    system.demo.assembled.directory.forget_old().await.unwrap();
    let verdict = checked(&handed_out(&system).await, &kid, None);
    assert!(verdict.faults.is_empty(), "{:?}", verdict.faults);
    assert!(verdict.forgotten > 0 && verdict.entries >= before, "{verdict:?}");
    for _ in 0..2 {
        let mut browser = system.browser();
        let page = browser.open(&format!("{}/signin", system.origin("id"))).await;
        system.type_password(&mut browser, &page, SAMINA).await;
        seal(&system).await;
        system.clock.advance(-3600);
    }
    let verdict = checked(&handed_out(&system).await, &kid, None);
    assert!(verdict.faults.is_empty(), "{:?}", verdict.faults);
    assert!(verdict.odd.iter().any(|words| words.contains("clock was set back")), "{verdict:?}");
    system.demo.finish().await;
}
