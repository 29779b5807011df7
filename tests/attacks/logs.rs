//! L: what is written down. Lines stay lines whatever somebody types, and no secret is in them.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::Method;
use tests::System;
use tests::system::{ADAEZE, SAMINA, WILF};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// What this process has logged, every crate of ours at its most talkative.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    /// The one log of this process.
    fn kept() -> &'static Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            let crates = ["lanyard", "gateway", "idp_web", "idp_signin", "idp_oauth", "idp_directory", "idp_mail"];
            let filter = crates.map(|name| format!("{name}=trace")).join(",");
            let logs =
                tracing_subscriber::fmt().json().with_writer(log.clone()).with_env_filter(EnvFilter::new(filter));
            logs.init();
            log
        })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

#[tokio::test]
async fn l_01_whatever_is_typed_a_line_of_the_log_stays_one_line() {
    let log = Log::kept();
    let system = System::start().await;
    let evil = "x\r\n{\"level\":\"ERROR\",\"forged\":true}\u{1b}[2J\u{0}";
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/signin", system.origin("id"))).await;
    browser.fill(&page, "signin", &[("login", evil), ("password", evil)]).await;
    let encoded: String = url::form_urlencoded::byte_serialize(evil.as_bytes()).collect();
    for path in ["/authorize?client_id=", "/link?token=", "/signin?attempt=", "/first-time?x="] {
        browser.open(&format!("{}{path}{encoded}", system.origin("id"))).await;
    }
    let headers = [("user-agent", "x\tforged"), ("accept", "text/html"), ("sec-fetch-mode", "navigate")];
    browser.send(Method::GET, &format!("{}/x?{encoded}", system.origin("larkmoor")), None, &headers).await;
    system.set_upstream("larkmoor", "http://127.0.0.1:1").await;
    let mut samina = system.browser();
    let page = samina.open(&format!("{}/", system.origin("larkmoor"))).await;
    let away = system.type_password(&mut samina, &page, SAMINA).await;
    assert_eq!(away.status, 502, "something is logged here");
    let text = log.text();
    assert!(text.contains("upstream"), "{text}");
    for line in text.lines() {
        let read = serde_json::from_str::<serde_json::Value>(line);
        assert!(read.is_ok_and(|line| line.get("forged").is_none()), "{line}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

#[tokio::test]
async fn l_02_no_secret_is_in_a_log_an_error_or_the_database_in_plain() {
    let log = Log::kept();
    let system = System::start().await;
    let id = system.origin("id");
    let marked = "LNYDSECRET lantern gravel puffin";
    let mut secrets = vec![marked.to_owned()];
    // A first password by a mailed link, a wrong one, a key, a code of an app and its tokens.
    let link = system.mailed_link(WILF).await;
    secrets.push(link.split("token=").nth(1).unwrap().to_owned());
    let mut wilf = system.browser();
    let page = wilf.open(&link).await;
    let page = wilf.fill(&page, "open", &[]).await;
    wilf.fill(&page, "create", &[("password", marked)]).await;
    let mut stranger = system.browser();
    let page = stranger.open(&format!("{id}/signin")).await;
    let wrong = stranger.fill(&page, "signin", &[("login", ADAEZE), ("password", marked)]).await;
    assert!(!wrong.body.contains(marked), "{}", wrong.body);
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let code = system.code(ADAEZE).await;
    system.elevate(&mut adaeze, ADAEZE, "larkmoor").await;
    secrets.push(code);
    let code = tests::oauth::code(&system, &mut adaeze, &tests::oauth::request(&system)).await;
    let (_, tokens) = tests::oauth::redeem(&system, &code, tests::oauth::VERIFIER).await;
    secrets.push(code);
    for name in ["access_token", "refresh_token", "id_token"] {
        secrets.extend(tokens[name].as_str().map(str::to_owned));
    }
    secrets.extend(adaeze.cookies.values().chain(wilf.cookies.values()).filter(|value| value.len() > 20).cloned());
    let nonsense = stranger.open(&format!("{id}/link?token={}", secrets[1])).await;
    assert!(!nonsense.body.contains(marked), "{}", nonsense.body);
    system.settle().await;
    let text = log.text();
    // All but the demonstration's mailbox, which is there to be read.
    let kept = tests::system::files_of(&system).into_iter().filter(|path| !path.ends_with("mail.jsonl"));
    let database = kept.flat_map(|path| std::fs::read(path).unwrap());
    let database = String::from_utf8_lossy(&database.collect::<Vec<u8>>()).into_owned();
    for secret in &secrets {
        // Six digits occur by chance in a file of hashes.
        let short = secret.len() < 8;
        assert!(!text.contains(secret.as_str()), "in the log: {secret}");
        assert!(short || !database.contains(secret.as_str()), "in the database: {secret}");
    }
}
