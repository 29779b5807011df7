//! F-01 for the code of a soft key: whatever moment the process dies in, no code counts twice, and one that did not count
//! still does. And for a mail: what was promised is sent, or waits to be.

use std::path::Path;

use tests::Browser;
use tests::system::JOSS;

use super::accounts::{attempt_of, forget_counters};
use super::writes::{at_each_write, build, database_of, killed_at};
use super::{PASSWORD, Victim, sign_in};

/// From here on every code is a new one, as half a minute later.
pub async fn half_a_minute(folder: &Path) {
    sqlx::query("UPDATE keys SET last_step = 0").execute(&mut database_of(folder).await).await.unwrap();
}

/// Whether a code has counted since then.
async fn counted(folder: &Path) -> bool {
    let sql = "SELECT COUNT(*) FROM keys WHERE last_step > 0";
    let used: i64 = sqlx::query_scalar(sql).fetch_one(&mut database_of(folder).await).await.unwrap();
    used > 0
}

fn this_half_minute() -> i64 {
    idp_domain::Clock::now(&idp_domain::SystemClock).0 / 30
}

/// Up to the question for the key: the browser, and what names the attempt.
pub async fn at_the_question(victim: &Victim) -> (Browser, String) {
    let (mut browser, _) = sign_in(victim, JOSS, PASSWORD).await;
    let page = browser.open(&format!("{}/signin?next=/me/keys&key=1", victim.id())).await;
    assert!(page.body.contains("id=\"key\""), "{}", page.body);
    (browser, attempt_of(&page))
}

#[tokio::test]
async fn f_01_a_soft_keys_code_is_used_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    at_each_write("the use of a soft key's code", Victim::start(folder).await, async |victim, writes| {
        half_a_minute(folder).await;
        forget_counters(folder).await;
        let (browser, attempt) = at_the_question(&victim).await;
        let (code, shown) = (super::code(&victim, JOSS).await, this_half_minute());
        let fields = [("attempt", attempt.as_str()), ("code", code.as_str())];
        let round = killed_at((folder, JOSS), victim, writes, (browser, "/signin/key", &fields)).await;
        let used = counted(folder).await;
        assert!(used || !round.acknowledged(), "write {writes}: it was accepted and forgotten");
        forget_counters(folder).await;
        // Somebody who looked over a shoulder, in the same half minute.
        let (mut other, attempt) = at_the_question(&round.victim).await;
        let page = other
            .post(
                &format!("{}/signin/key", round.victim.id()),
                &[("attempt", attempt.as_str()), ("code", code.as_str())],
            )
            .await;
        let accepted = page.url.ends_with("/me/keys");
        // The half minute and the one after may have ended meanwhile; then it counts no more, used or not.
        let late = this_half_minute() > shown + 1;
        assert!(!(used && accepted), "write {writes}: it counted twice");
        assert!(used || accepted || late, "write {writes}: it counts no more, though nobody used it");
        (round.victim, round.died)
    })
    .await;
}

#[tokio::test]
async fn f_01_a_mail_is_lost_at_no_write_on_its_way() {
    const SUPPORT: &str = "support@tamberwell.example";
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    at_each_write("a mail on its way", Victim::start(folder).await, async |victim, writes| {
        forget_counters(folder).await;
        let browser = victim.browser();
        let fields = [("from", "nora@b.example"), ("text", "The page stays white"), ("site", "")];
        let round = killed_at((folder, SUPPORT), victim, writes, (browser, "/support", &fields)).await;
        assert!(round.news || !round.acknowledged(), "write {writes}: what was promised is neither sent nor waits");
        (round.victim, round.died)
    })
    .await;
}
