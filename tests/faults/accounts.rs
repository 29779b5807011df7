//! F-01 and L-04 for what changes about a person: a mailed code, an address, a passkey; and a disk that is full.

use std::path::Path;

use tests::authenticator::{Authenticator, Lie, asked};
use tests::system::JOSS;
use tests::{Browser, Page};

use super::writes::{DISK_FULL, Owner, arm, at_each_write, build, database_of, key_named, killed_at, remove};
use super::{PASSWORD, Victim, arrived, mails, sign_in, until};

/// Somebody without a key.
const KIT: &str = "k.sallowfield@high.tamberwell.example";

/// An hour passes for the counters of mails.
pub async fn forget_counters(folder: &Path) {
    sqlx::query("DELETE FROM failures").execute(&mut database_of(folder).await).await.unwrap();
}

/// The codes that were mailed to an address, the newest last.
fn codes(folder: &Path, to: &str) -> Vec<String> {
    let code =
        |(.., text): &(String, String, String)| Some(text.split_once("ecurity code is ")?.1.get(..6)?.to_owned());
    mails(folder, to).iter().filter_map(code).collect()
}

/// The next code that is mailed to an address, after so many before.
async fn mailed_code(folder: &Path, to: &str, before: usize) -> String {
    until("no code", || codes(folder, to).len() > before).await;
    codes(folder, to).pop().unwrap()
}

pub fn attempt_of(page: &Page) -> String {
    page.body.split("name=\"attempt\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn f_01_a_mailed_code_is_used_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    at_each_write("the use of a mailed code", Victim::start(folder).await, async |victim, writes| {
        forget_counters(folder).await;
        let before = codes(folder, KIT).len();
        let (browser, page) = sign_in(&victim, KIT, PASSWORD).await;
        let (attempt, code) = (attempt_of(&page), mailed_code(folder, KIT, before).await);
        let fields = [("attempt", attempt.as_str()), ("code", code.as_str())];
        let round = killed_at((folder, KIT), victim, writes, (browser.clone(), "/signin/browser", &fields)).await;
        let victim = &round.victim;
        // The same form once more, from a browser that has not seen the answer.
        let page = { browser }.post(&format!("{}/signin/browser", victim.id()), &fields).await;
        assert!(!(round.acknowledged() && arrived(&page)), "write {writes}: it worked before and after the crash");
        let page = victim.browser().post(&format!("{}/signin/browser", victim.id()), &fields).await;
        assert!(!arrived(&page), "write {writes}: another browser came in with it");
        // Whatever happened, the same person comes in the same way.
        forget_counters(folder).await;
        let before = codes(folder, KIT).len();
        let (mut again, page) = sign_in(victim, KIT, PASSWORD).await;
        let page = again.fill(&page, "confirm", &[("code", &mailed_code(folder, KIT, before).await)]).await;
        assert!(arrived(&page), "write {writes}: {}", page.body);
        (round.victim, round.died)
    })
    .await;
}

/// A browser in which Kit is signed in. A week has passed since his address changed.
async fn kit(victim: &Victim, folder: &Path, own: &str) -> Browser {
    forget_counters(folder).await;
    let week = "UPDATE logins SET alias_until = alias_until - 604801 WHERE alias_until IS NOT NULL";
    sqlx::query(week).execute(&mut database_of(folder).await).await.unwrap();
    let before = codes(folder, own).len();
    let (mut browser, page) = sign_in(victim, own, PASSWORD).await;
    let page = browser.fill(&page, "confirm", &[("code", &mailed_code(folder, own, before).await)]).await;
    assert!(arrived(&page), "{}", page.body);
    browser
}

#[tokio::test]
async fn f_01_an_address_is_changed_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let mut own = KIT.to_owned();
    at_each_write("a change of address", Victim::start(folder).await, async |victim, writes| {
        let mut browser = kit(&victim, folder, &own).await;
        let new = format!("kit.at.{writes}@high.tamberwell.example");
        let form = browser.open(&format!("{}/me/address", victim.id())).await;
        let before = codes(folder, &new).len();
        let page = browser.fill(&form, "address", &[("email", &new)]).await;
        let token = page.body.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let code = mailed_code(folder, &new, before).await;
        let fields = [("token", token.as_str()), ("code", code.as_str())];
        let notices = || mails(folder, &own).iter().filter(|(_, about, _)| about.contains("is changing")).count();
        let before_it = notices();
        let round = killed_at((folder, &own), victim, writes, (browser.clone(), "/me/address/code", &fields)).await;
        let page = browser.open(&format!("{}/me", round.victim.id())).await;
        let changed = page.body.contains(&new);
        assert_ne!(changed, page.body.contains(&own), "write {writes}: one address of the two: {}", page.body);
        assert!(!round.acknowledged() || changed, "write {writes}: what was acknowledged is lost");
        assert!(round.news || notices() > before_it || !changed, "write {writes}: the old address is not told");
        if changed {
            own = new;
        }
        (round.victim, round.died)
    })
    .await;
}

#[tokio::test]
async fn f_01_a_passkey_is_added_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let victim = Victim::start(folder).await;
    let mut owner = Owner::with_codes(folder, &victim).await;
    at_each_write("adding a passkey", victim, async |victim, writes| {
        let mut browser = owner.back(&victim).await;
        let page = browser.open(&format!("{}/me/keys/passkey", victim.id())).await;
        let (_, answer) = Authenticator::create(&asked(&page), &victim.id(), &Lie::default());
        let token = page.body.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let name = format!("Laptop at {writes}");
        let fields = [("token", token.as_str()), ("name", name.as_str()), ("credential", answer.as_str())];
        let round = killed_at((folder, JOSS), victim, writes, (browser, "/me/keys/passkey", &fields)).await;
        let (mut browser, victim) = (owner.back(&round.victim).await, &round.victim);
        let there = key_named(victim, &mut browser, &name).await;
        assert!(!round.acknowledged() || there.is_some(), "write {writes}: what was acknowledged is lost");
        assert!(round.news || there.is_none(), "write {writes}: word of a new key is lost");
        if let Some(id) = there {
            browser.post(&format!("{}/me/keys/passkey", victim.id()), &fields).await;
            assert!(key_named(victim, &mut browser, &format!("{name} 2")).await.is_none(), "the answer counts once");
            remove(victim, &mut browser, &id).await;
        }
        (round.victim, round.died)
    })
    .await;
}

/// What the log holds of an event.
async fn logged(folder: &Path, event: &str) -> i64 {
    let sql = "SELECT COUNT(*) FROM audit WHERE event = $1";
    sqlx::query_scalar(sql).bind(event).fetch_one(&mut database_of(folder).await).await.unwrap()
}

#[tokio::test]
async fn l_04_with_a_full_disk_nothing_is_done_that_the_log_does_not_hold() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let victim = Victim::start(folder).await;
    let mut owner = Owner::with_codes(folder, &victim).await;
    let mut browser = owner.back(&victim).await;
    let id = victim.id();
    let (cards, sessions) = (logged(folder, "key.added").await, logged(folder, "session.started").await);
    arm(folder, DISK_FULL);
    let page = browser.post(&format!("{id}/me/keys/card"), &[("name", "Printed card")]).await;
    assert!(page.status == 503 && page.body.contains("Lanyard is not available"), "{} {}", page.status, page.body);
    assert!(page.body.contains("If a child is at risk now"), "{}", page.body);
    assert!(!page.body.to_lowercase().contains("sqlite"), "{}", page.body);
    let (mut other, page) = {
        let mut other = victim.browser();
        let form = other.open(&format!("{id}/signin?next=/me")).await;
        assert!(form.status == 503 || form.body.contains("id=\"signin\""), "{}", form.body);
        (other, form)
    };
    if page.body.contains("id=\"signin\"") {
        let page = other.fill(&page, "signin", &[("login", KIT), ("password", PASSWORD)]).await;
        assert_eq!(page.status, 503, "{}", page.body);
    }
    let page = browser.open(&format!("{id}/me/keys")).await;
    assert!(page.status == 200 && !page.body.contains("Printed card"), "what needs no write is shown: {}", page.body);
    assert_eq!(browser.open(&format!("{id}/health/live")).await.status, 200);
    arm(folder, 0);
    assert_eq!(
        (logged(folder, "key.added").await, logged(folder, "session.started").await),
        (cards, sessions),
        "nothing was done"
    );
    let page = browser.post(&format!("{id}/me/keys/card"), &[("name", "Printed card")]).await;
    assert!(page.body.contains("Your code card"), "as soon as there is room again: {}", page.body);
    assert_eq!(logged(folder, "key.added").await, cards + 1);
    assert!(arrived(&sign_in(&victim, JOSS, PASSWORD).await.1));
}
