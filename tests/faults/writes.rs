//! F-01, to the letter: an operation is killed at its first write to the database, at its second, and so on until it
//! outlives them all. Each time it has happened whole or not at all afterwards, and can be done again.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lanyard::demo::PASSWORD;
use sqlx::Connection;
use tests::system::{JOSS, SAMINA, code_at};
use tests::{Browser, Page};

use super::accounts::forget_counters;
use super::codes::{at_the_question, half_a_minute};
use super::{NEW, Victim, arrived, mails, sign_in};

/// No operation of ours writes more often than this.
const MANY: i32 = 400;

/// The library that counts writes, built into the folder.
pub fn build(folder: &Path) {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/faults/kill_at.c");
    let library = folder.join("kill_at.so");
    let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
    assert!(built.is_ok_and(|status| status.success()), "kill_at.c is built by the compiler that links Rust");
    std::fs::write(folder.join("countdown"), [0; 16]).unwrap();
}

/// Counts messages to servers at these ports as writes, too.
pub fn count_messages(folder: &Path, ports: [i32; 2]) {
    let ports = ports.map(i32::to_ne_bytes).concat();
    std::fs::write(folder.join("countdown"), [vec![0; 8], ports].concat()).unwrap();
}

/// In place of a number of writes: every write fails, because the disk is full.
pub const DISK_FULL: i32 = -1;

/// From now on the process dies at its n-th write; at none when it is 0.
pub fn arm(folder: &Path, writes: i32) {
    // In place: the process has this very file in its memory.
    let mut file = std::fs::OpenOptions::new().write(true).open(folder.join("countdown")).unwrap();
    file.write_all(&writes.to_ne_bytes()).unwrap();
}

/// Stops the count. Whether the process died of it: on a busy machine its end may take a while.
pub async fn disarm(folder: &Path, victim: &mut Victim) -> bool {
    arm(folder, 0);
    while !victim.is_dead() {
        let state = std::fs::read(folder.join("countdown")).unwrap();
        if state.iter().skip(4).take(4).all(|byte| *byte == 0) {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // For the process that comes next.
    let mut file = std::fs::OpenOptions::new().write(true).open(folder.join("countdown")).unwrap();
    file.write_all(&[0; 8]).unwrap();
    true
}

pub struct Round {
    pub victim: Victim,
    /// The answer, if one came.
    page: Option<Page>,
    /// Whether the process died on the way.
    pub died: bool,
    /// Whether there is a mail more, sent or going to be. One that was sent when the process died may be sent again.
    pub news: bool,
}

impl Round {
    pub fn acknowledged(&self) -> bool {
        self.page.as_ref().is_some_and(|page| page.status == 303 || page.status == 200)
    }
}

/// Sends a form to a process that dies at its n-th write. Where it outlives them, the mail that follows is waited for.
pub async fn killed_at(
    (folder, who): (&Path, &str),
    mut victim: Victim,
    writes: i32,
    (mut browser, path, fields): (Browser, &str, &[(&str, &str)]),
) -> Round {
    while waiting(folder, true).await > 0 {
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    // And is marked as sent.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = told(folder, who).await;
    let mailed = mails(folder, who).len();
    arm(folder, writes);
    let page = browser.try_post(&format!("{}{path}", victim.id()), fields).await;
    for _ in 0..60 {
        if victim.is_dead() || mails(folder, who).len() > mailed {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let died = disarm(folder, &mut victim).await;
    let news = told(folder, who).await > before;
    if died {
        victim = victim.kill(folder).await;
    }
    Round { victim, page, died, news }
}

/// Mails to somebody: sent, or waiting. One that was under way when the process died waits for two minutes.
pub async fn told(folder: &Path, who: &str) -> usize {
    mails(folder, who).len() + waiting(folder, false).await
}

/// The database of the process.
pub async fn database_of(folder: &Path) -> sqlx::AnyConnection {
    sqlx::any::install_default_drivers();
    let url = std::fs::read_to_string(folder.join("database"))
        .unwrap_or_else(|_| format!("sqlite:{}", folder.join("data/lanyard.db").display()));
    sqlx::AnyConnection::connect(&url).await.unwrap()
}

/// Mails that wait: those of this moment, or all.
async fn waiting(folder: &Path, due: bool) -> usize {
    let mut database = database_of(folder).await;
    let until = if due { idp_domain::Clock::now(&idp_domain::SystemClock).0 } else { i64::MAX };
    let sql = "SELECT COUNT(*) FROM outbox WHERE topic = 'mail' AND delivered_at IS NULL AND due_at <= $1";
    let waiting: i64 = sqlx::query_scalar(sql).bind(until).fetch_one(&mut database).await.unwrap();
    usize::try_from(waiting).unwrap()
}

/// Repeats an operation, killed at its first write, its second and so on, until it outlives them all.
pub async fn at_each_write(what: &str, mut victim: Victim, mut round: impl AsyncFnMut(Victim, i32) -> (Victim, bool)) {
    for writes in 1..MANY {
        let died;
        (victim, died) = round(victim, writes).await;
        if !died {
            eprintln!("{what}: killed at each of {} writes", writes - 1);
            assert!(writes > 3, "{what} writes more often than that");
            return;
        }
    }
    panic!("{what} does not end");
}

pub fn printed(page: &Page) -> Vec<String> {
    page.body.split("<code>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

/// Joss, who proves his soft key again and again, and may change keys then.
pub struct Owner {
    folder: PathBuf,
    /// His recovery codes.
    pub codes: Vec<String>,
}

impl Owner {
    pub async fn with_codes(folder: &Path, victim: &Victim) -> Self {
        let (mut browser, _) = sign_in(victim, JOSS, PASSWORD).await;
        let page = browser.open(&format!("{}/signin?next=/me/recovery-codes&key=1", victim.id())).await;
        let page = browser.fill(&page, "key", &[("code", &super::code(victim, JOSS).await)]).await;
        Self { folder: folder.to_owned(), codes: printed(&browser.fill(&page, "make", &[]).await) }
    }

    pub async fn back(&mut self, victim: &Victim) -> Browser {
        half_a_minute(&self.folder).await;
        forget_counters(&self.folder).await;
        let (mut browser, attempt) = at_the_question(victim).await;
        let code = super::code(victim, JOSS).await;
        let fields = [("attempt", attempt.as_str()), ("code", code.as_str())];
        let page = browser.post(&format!("{}/signin/key", victim.id()), &fields).await;
        assert!(page.url.ends_with("/me/keys"), "{} {}", page.url, page.body);
        if self.codes.len() < 3 {
            self.codes = printed(&browser.post(&format!("{}/me/recovery-codes", victim.id()), &[]).await);
        }
        browser
    }
}

/// The cards on the page of keys: all, and those with all of their codes.
async fn cards(victim: &Victim, browser: &mut Browser) -> (usize, usize) {
    let page = browser.open(&format!("{}/me/keys", victim.id())).await;
    let count = |words: &str| page.body.matches(words).count();
    (count("Printed code card,"), count("Printed code card, 10 codes left"))
}

/// The identifier of the key of this name.
pub async fn key_named(victim: &Victim, browser: &mut Browser, name: &str) -> Option<String> {
    let page = browser.open(&format!("{}/me/keys", victim.id())).await;
    let own = page.body.split(&format!("<section class=\"card\" aria-label=\"{name}\">")).nth(1)?;
    Some(own.split("name=\"key\" value=\"").nth(1)?.split('"').next()?.to_owned())
}

pub async fn remove(victim: &Victim, browser: &mut Browser, id: &str) {
    browser.post(&format!("{}/me/keys", victim.id()), &[("key", id), ("act", "remove")]).await;
}

#[tokio::test]
async fn f_01_a_password_is_changed_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let (mut now, mut next) = (PASSWORD.to_owned(), NEW.to_owned());
    at_each_write("a change of password", Victim::start(folder).await, async |victim, writes| {
        let (browser, page) = sign_in(&victim, SAMINA, &now).await;
        assert!(arrived(&page), "{}", page.body);
        let fields = [("old", now.as_str()), ("password", next.as_str())];
        let round = killed_at((folder, SAMINA), victim, writes, (browser, "/me/password", &fields)).await;
        let (_, with_new) = sign_in(&round.victim, SAMINA, &next).await;
        let (_, with_old) = sign_in(&round.victim, SAMINA, &now).await;
        assert_ne!(arrived(&with_old), arrived(&with_new), "write {writes}: exactly one password works");
        assert!(!round.acknowledged() || arrived(&with_new), "write {writes}: what was acknowledged is lost");
        assert!(round.news || !arrived(&with_new), "write {writes}: the notice is lost");
        if arrived(&with_new) {
            std::mem::swap(&mut now, &mut next);
        }
        (round.victim, round.died)
    })
    .await;
}

#[tokio::test]
async fn f_01_a_recovery_code_is_used_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let victim = Victim::start(folder).await;
    let mut owner = Owner::with_codes(folder, &victim).await;
    at_each_write("the use of a recovery code", victim, async |victim, writes| {
        drop(owner.back(&victim).await);
        let (browser, _) = sign_in(&victim, JOSS, PASSWORD).await;
        let code = owner.codes.pop().unwrap();
        let round = killed_at((folder, JOSS), victim, writes, (browser, "/signin/lost", &[("recovery", &code)])).await;
        let (mut again, _) = sign_in(&round.victim, JOSS, PASSWORD).await;
        let page = again.post(&format!("{}/signin/lost", round.victim.id()), &[("recovery", &code)]).await;
        let works = page.body.contains("You are back");
        assert!(!(round.acknowledged() && works), "write {writes}: it worked before and after the crash");
        assert!(round.news || works, "write {writes}: whoever came back is not told");
        (round.victim, round.died)
    })
    .await;
}

#[tokio::test]
async fn f_01_a_code_of_a_card_is_used_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let victim = Victim::start(folder).await;
    let mut owner = Owner::with_codes(folder, &victim).await;
    let mut codes: Vec<String> = Vec::new();
    at_each_write("the use of a printed code", victim, async |victim, writes| {
        if codes.is_empty() {
            let mut browser = owner.back(&victim).await;
            if let Some(id) = key_named(&victim, &mut browser, "Printed card").await {
                remove(&victim, &mut browser, &id).await;
            }
            codes = printed(&browser.post(&format!("{}/me/keys/card", victim.id()), &[("name", "Printed card")]).await);
        }
        let code = codes.pop().unwrap();
        let (mut browser, _) = sign_in(&victim, JOSS, PASSWORD).await;
        let page = browser.open(&format!("{}/signin?next=/me/keys&key=1", victim.id())).await;
        let attempt = page.url.split("attempt=").nth(1).unwrap().to_owned();
        let fields = [("attempt", attempt.as_str()), ("card", code.as_str())];
        let round = killed_at((folder, JOSS), victim, writes, (browser, "/signin/key", &fields)).await;
        let counted = round.page.as_ref().is_some_and(|page| page.url.contains("/me/keys"));
        let (mut again, _) = sign_in(&round.victim, JOSS, PASSWORD).await;
        let page = again.open(&format!("{}/signin?next=/me/keys&key=1", round.victim.id())).await;
        // A card that is used up is not asked for.
        if page.body.contains("id=\"card-form\"") {
            let page = again.fill(&page, "card-form", &[("card", &code)]).await;
            assert!(
                !(counted && page.url.contains("/me/keys")),
                "write {writes}: it counted before and after the crash"
            );
        }
        (round.victim, round.died)
    })
    .await;
}

#[tokio::test]
async fn f_01_a_card_is_made_and_removed_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let victim = Victim::start(folder).await;
    let mut owner = Owner::with_codes(folder, &victim).await;
    at_each_write("making and removing a card", victim, async |victim, writes| {
        let mut browser = owner.back(&victim).await;
        let made =
            killed_at((folder, JOSS), victim, writes, (browser.clone(), "/me/keys/card", &[("name", "Printed card")]))
                .await;
        let victim = &made.victim;
        let (there, whole) = cards(victim, &mut browser).await;
        assert!(there == whole && there <= 1, "write {writes}: {whole} of {there} cards have all of their codes");
        assert!(!made.acknowledged() || there == 1, "write {writes}: what was acknowledged is lost");
        if there == 0 {
            browser.post(&format!("{}/me/keys/card", victim.id()), &[("name", "Printed card")]).await;
        }
        assert!(made.news || there == 0, "write {writes}: word of a new key is lost");
        let id = key_named(victim, &mut browser, "Printed card").await.unwrap();
        let fields = [("key", id.as_str()), ("act", "remove")];
        let gone = killed_at((folder, JOSS), made.victim, writes, (browser.clone(), "/me/keys", &fields)).await;
        let (left, whole) = cards(&gone.victim, &mut browser).await;
        assert_eq!(left, whole, "write {writes}: half a card is left");
        assert!(!gone.acknowledged() || left == 0, "write {writes}: what was acknowledged is lost");
        assert!(gone.news || left > 0, "write {writes}: the owner is not told");
        if left > 0 {
            remove(&gone.victim, &mut browser, &id).await;
        }
        (gone.victim, made.died || gone.died)
    })
    .await;
}

#[tokio::test]
async fn f_01_a_soft_key_is_added_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let victim = Victim::start(folder).await;
    let mut owner = Owner::with_codes(folder, &victim).await;
    at_each_write("adding a soft key", victim, async |victim, writes| {
        let mut browser = owner.back(&victim).await;
        let page = browser.open(&format!("{}/me/keys/soft", victim.id())).await;
        let part = |from: &str, to: char| page.body.split(from).nth(1).unwrap().split(to).next().unwrap().to_owned();
        let (token, secret) = (part("name=\"token\" value=\"", '"'), part("id=\"secret\">", '<').replace(' ', ""));
        let code = code_at(&secret, idp_domain::Clock::now(&idp_domain::SystemClock).0);
        let name = format!("Phone at {writes}");
        let fields = [("token", token.as_str()), ("name", name.as_str()), ("code", code.as_str())];
        let round = killed_at((folder, JOSS), victim, writes, (browser.clone(), "/me/keys/soft", &fields)).await;
        let (mut browser, victim) = (owner.back(&round.victim).await, &round.victim);
        let there = key_named(victim, &mut browser, &name).await;
        assert!(!round.acknowledged() || there.is_some(), "write {writes}: what was acknowledged is lost");
        assert!(round.news || there.is_none(), "write {writes}: word of a new key is lost");
        if let Some(id) = there {
            browser.post(&format!("{}/me/keys/soft", victim.id()), &fields).await;
            assert!(key_named(victim, &mut browser, &format!("{name} 2")).await.is_none(), "the form counts once");
            remove(victim, &mut browser, &id).await;
        }
        (round.victim, round.died)
    })
    .await;
}
