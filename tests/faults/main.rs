//! F-01: the process is killed while it writes. After a restart nothing is used twice, half-done or lost.
//!
//! The killed process is this test itself, started once more to run the demonstration; it dies by SIGKILL at a moment that
//! differs in each round, from before the first write to after the last.
#![expect(clippy::unwrap_used, clippy::panic, reason = "in tests a broken assumption must stop the test at once")]

mod accounts;
mod codes;
mod comebacks;
mod nodes;
mod protocol;
mod writes;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use idp_domain::{SystemClock, SystemRandom};
use lanyard::assemble::Chance;
use lanyard::demo::{Demo, DemoPlan, PASSWORD};
use tests::system::{JOSS, SAMINA};
use tests::{Browser, Page};

/// Moments of the kill, in milliseconds after the request was sent; no more than links that an address gets in an hour.
const MOMENTS: [u64; 5] = [0, 5, 12, 25, 60];
const NEW: &str = "lantern gravel puffin";

/// Not a test: what is killed. It runs in a folder with its plan, and does nothing elsewhere.
#[tokio::test]
#[ignore = "started by the tests of this file in a process of its own"]
async fn killed() {
    let Ok(address) = std::fs::read_to_string("address") else { return };
    let server = |name: &str| std::fs::read_to_string(name).ok();
    let plan = DemoPlan {
        address: address.trim().parse().unwrap(),
        data: "data".into(),
        upstreams: Vec::new(),
        tls: false,
        clients: None,
        database: server("database"),
        redis: server("redis"),
        chance: Chance { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) },
    };
    let _demo = Demo::start(plan).await.unwrap();
    std::future::pending::<()>().await;
}

struct Victim {
    child: Child,
    address: SocketAddr,
}

impl Victim {
    async fn start(folder: &Path) -> Self {
        let port = tests::servers::free_port();
        Self::start_at(folder, SocketAddr::from(([127, 0, 0, 1], port))).await
    }

    async fn start_at(folder: &Path, address: SocketAddr) -> Self {
        std::fs::write(folder.join("address"), address.to_string()).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "killed", "--ignored"]).current_dir(folder);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if folder.join("kill_at.so").exists() {
            command.env("LD_PRELOAD", folder.join("kill_at.so"));
        }
        let victim = Self { child: command.spawn().unwrap(), address };
        for _ in 0..600 {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                // The port is bound before everything is ready; the first answer is the proof.
                let mut browser = Browser::new(address);
                let page = browser.try_open(&format!("{}/health/live", victim.id())).await;
                if page.is_some_and(|page| page.status == 200) {
                    return victim;
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the killed process does not start");
    }

    fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    fn port(&self) -> u16 {
        self.address.port()
    }

    fn id(&self) -> String {
        format!("http://id.lanyard.localhost:{}", self.port())
    }

    /// Whether the process has died by itself.
    fn is_dead(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Dies at once, and comes back on the same data.
    async fn kill(mut self, folder: &Path) -> Self {
        drop(self.child.kill());
        self.child.wait().unwrap();
        Self::start_at(folder, self.address).await
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn sign_in(victim: &Victim, login: &str, password: &str) -> (Browser, Page) {
    let mut browser = victim.browser();
    let page = browser.open(&format!("{}/signin?next=/me", victim.id())).await;
    let page = browser.fill(&page, "signin", &[("login", login), ("password", password)]).await;
    (browser, page)
}

fn arrived(page: &Page) -> bool {
    page.url.ends_with("/me")
}

/// The code that the demonstration's phone shows, once it has not been used yet.
async fn code(victim: &Victim, login: &str) -> String {
    for _ in 0..80 {
        let page = victim.browser().open(&format!("http://phone.lanyard.localhost:{}/", victim.port())).await;
        let own = page.body.split(&format!("id=\"{login}\"")).nth(1).unwrap().split("</li>").next().unwrap().to_owned();
        if !own.contains("used, wait") {
            return own.split("<b>").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("no fresh code");
}

/// Mails to an address, from the file that survives.
fn mails(folder: &Path, to: &str) -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(folder.join("data/mail.jsonl")).unwrap_or_default();
    let all = text.lines().filter_map(|line| serde_json::from_str::<(String, String, String)>(line).ok());
    all.filter(|(address, ..)| address == to).collect()
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..200 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}");
}

#[tokio::test]
async fn f_01_a_password_is_set_with_its_link_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut victim = Victim::start(folder.path()).await;
    let (mut now, mut next) = (PASSWORD.to_owned(), NEW.to_owned());
    let mut done = 0;
    for moment in MOMENTS {
        let before = mails(folder.path(), SAMINA).len();
        let mut browser = victim.browser();
        browser.post(&format!("{}/first-time", victim.id()), &[("email", SAMINA)]).await;
        let linked = |(_, _, text): &(String, String, String)| text.contains("/link?token=");
        until("no link", || mails(folder.path(), SAMINA).iter().skip(before).any(linked)).await;
        let mail = mails(folder.path(), SAMINA).into_iter().skip(before).find(linked).unwrap();
        let token = mail.2.split("token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let posted = tokio::spawn({
            let (mut browser, url, token, next) =
                (victim.browser(), format!("{}/link/password", victim.id()), token.clone(), next.clone());
            async move { browser.try_post(&url, &[("token", &token), ("password", &next)]).await }
        });
        tokio::time::sleep(Duration::from_millis(moment)).await;
        victim = victim.kill(folder.path()).await;
        let answered = posted.await.unwrap().is_some_and(|page| page.status == 303 || page.status == 200);
        let look = victim.browser().open(&format!("{}/link?token={token}", victim.id())).await;
        let spent = look.body.contains("This link has been used");
        let (_, with_old) = sign_in(&victim, SAMINA, &now).await;
        let (_, with_new) = sign_in(&victim, SAMINA, &next).await;
        assert_ne!(arrived(&with_old), arrived(&with_new), "{moment} ms: exactly one password works");
        assert_eq!(spent, arrived(&with_new), "{moment} ms: the link is used exactly when the password is set");
        assert!(!answered || spent, "{moment} ms: what was acknowledged is lost");
        if spent {
            std::mem::swap(&mut now, &mut next);
            done += 1;
            let told = |(_, subject, _): &(String, String, String)| subject == "Your password was changed";
            let count = mails(folder.path(), SAMINA).iter().filter(|mail| told(mail)).count();
            if count < done {
                until("the notice is lost", || {
                    mails(folder.path(), SAMINA).iter().filter(|mail| told(mail)).count() >= done
                })
                .await;
            }
        }
    }
}

#[tokio::test]
async fn f_01_a_code_that_was_accepted_is_not_accepted_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut victim = Victim::start(folder.path()).await;
    for moment in [0, 3, 8] {
        let (mut browser, _) = sign_in(&victim, JOSS, PASSWORD).await;
        let page = browser.open(&format!("{}/signin?next=/me&key=1", victim.id())).await;
        let code = code(&victim, JOSS).await;
        let attempt = page.url.split("attempt=").nth(1).unwrap().to_owned();
        let posted = tokio::spawn({
            let (mut browser, url, code) = (browser.clone(), format!("{}/signin/key", victim.id()), code.clone());
            async move { browser.try_post(&url, &[("attempt", &attempt), ("code", &code)]).await }
        });
        tokio::time::sleep(Duration::from_millis(moment)).await;
        victim = victim.kill(folder.path()).await;
        let accepted = posted.await.unwrap().is_some_and(|page| page.status == 303 || page.url.ends_with("/me"));
        let (mut again, _) = sign_in(&victim, JOSS, PASSWORD).await;
        let page = again.open(&format!("{}/signin?next=/me&key=1", victim.id())).await;
        let page = again.fill(&page, "key", &[("code", &code)]).await;
        assert!(!(accepted && arrived(&page)), "{moment} ms: a code was accepted before and after the crash");
    }
}

#[tokio::test]
async fn f_01_a_recovery_code_and_a_key_are_whole_or_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut victim = Victim::start(folder.path()).await;
    let (mut browser, _) = sign_in(&victim, SAMINA, PASSWORD).await;
    let page = browser.open(&format!("{}/signin?next=/me/recovery-codes&key=1", victim.id())).await;
    let fresh = code(&victim, SAMINA).await;
    let page = browser.fill(&page, "key", &[("code", &fresh)]).await;
    let page = browser.fill(&page, "make", &[]).await;
    let codes: Vec<String> =
        page.body.split("<code>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 8, "{}", page.body);
    for (round, moment) in [0, 4, 9].into_iter().enumerate() {
        let recovery = codes[round].clone();
        let lost = format!("{}/signin/lost", victim.id());
        let posted = tokio::spawn({
            let (mut browser, url, recovery) = (browser.clone(), lost.clone(), recovery.clone());
            async move { browser.try_post(&url, &[("recovery", &recovery)]).await }
        });
        tokio::time::sleep(Duration::from_millis(moment)).await;
        victim = victim.kill(folder.path()).await;
        let accepted =
            posted.await.unwrap().is_some_and(|page| page.body.contains("You are back") || page.status == 303);
        (browser, _) = sign_in(&victim, SAMINA, PASSWORD).await;
        let page = browser.post(&lost, &[("recovery", &recovery)]).await;
        let again = page.body.contains("You are back");
        assert!(!(accepted && again), "{moment} ms: a recovery code worked before and after the crash");
        // Whoever has come back may make a card: it is there with all its codes, or not at all.
        if again {
            let posted = tokio::spawn({
                let (mut browser, url) = (browser.clone(), format!("{}/me/keys/card", victim.id()));
                async move { browser.try_post(&url, &[("name", "Printed card")]).await }
            });
            tokio::time::sleep(Duration::from_millis(moment)).await;
            victim = victim.kill(folder.path()).await;
            drop(posted.await);
            (browser, _) = sign_in(&victim, SAMINA, PASSWORD).await;
            let page = browser.open(&format!("{}/me/keys", victim.id())).await;
            let cards = page.body.matches("Printed code card,").count();
            assert_eq!(cards, page.body.matches("Printed code card, 10 codes left").count(), "{}", page.body);
        }
    }
}

#[tokio::test]
async fn f_01_a_key_is_removed_with_its_codes_and_its_owner_is_told_or_nothing_happened() {
    let folder = tempfile::tempdir().unwrap();
    let mut victim = Victim::start(folder.path()).await;
    let told = |subject: &str| mails(folder.path(), JOSS).iter().filter(|mail| mail.1.contains(subject)).count();
    let mut removed = 0;
    for (made, moment) in [0, 3, 7, 15].into_iter().enumerate() {
        let (mut browser, _) = sign_in(&victim, JOSS, PASSWORD).await;
        let page = browser.open(&format!("{}/signin?next=/me/keys&key=1", victim.id())).await;
        let fresh = code(&victim, JOSS).await;
        browser.fill(&page, "key", &[("code", &fresh)]).await;
        browser.post(&format!("{}/me/keys/card", victim.id()), &[("name", "Printed card")]).await;
        until("word of a new key is lost", || told("A key was added") > made).await;
        let page = browser.open(&format!("{}/me/keys", victim.id())).await;
        let card = page.body.split("Printed code card,").nth(1).unwrap().split("value=\"").nth(1).unwrap();
        let card = card.split('"').next().unwrap().to_owned();
        let posted = tokio::spawn({
            let (mut browser, url) = (browser.clone(), format!("{}/me/keys", victim.id()));
            async move { browser.try_post(&url, &[("key", &card), ("act", "remove")]).await }
        });
        tokio::time::sleep(Duration::from_millis(moment)).await;
        victim = victim.kill(folder.path()).await;
        let acknowledged = posted.await.unwrap().is_some_and(|page| page.status == 303);
        let (mut browser, _) = sign_in(&victim, JOSS, PASSWORD).await;
        let page = browser.open(&format!("{}/me/keys", victim.id())).await;
        let whole = page.body.matches("Printed code card, 10 codes left").count();
        assert_eq!(page.body.matches("Printed code card,").count(), whole, "{moment} ms: half a card is left");
        let cards = made + 1 - removed;
        assert!(whole == cards || whole + 1 == cards, "{moment} ms: {whole} of {cards}");
        assert!(!acknowledged || whole + 1 == cards, "{moment} ms: what was acknowledged is lost");
        removed += cards - whole;
        until("the owner is not told", || told("A key was removed") >= removed).await;
        assert_eq!(told("A key was removed"), removed, "{moment} ms: told of what did not happen, or twice");
    }
}
