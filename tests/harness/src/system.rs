//! A running system: the demonstration's trust with a clock that can be moved.

use std::net::SocketAddr;
use std::sync::Arc;

use idp_domain::key::KeyKind;
use idp_domain::person::Person;
use idp_domain::site::{Site, SiteSettings};
use idp_domain::{Clock, Slug, SteppedClock, SystemRandom};
use idp_signin::factors::soft_key::{SEAL, totp};
use idp_signin::upstreams::Upstream;
use idp_store::Effects;
use lanyard::assemble::Chance;
use lanyard::demo::{Demo, DemoPlan};

use crate::browser::Browser;

/// Addresses of people whom tests speak of.
pub const SAMINA: &str = "s.dalgleish@larkmoor.tamberwell.example";
/// Class teacher of Oak.
pub const ADAEZE: &str = "a.fairbrass@larkmoor.tamberwell.example";
/// Site admin of Larkmoor.
pub const JOSS: &str = "j.winterbourne@larkmoor.tamberwell.example";
/// Trust IT admin.
pub const CALLUM: &str = "c.threadgold@tamberwell.example";
/// Makes apps for the trust.
pub const TOBIAS: &str = "t.quennell@tamberwell.example";
/// No password yet.
pub const WILF: &str = "w.attenbrow@larkmoor.tamberwell.example";

/// A running system.
pub struct System {
    /// The demonstration, which is the product with an invented trust.
    pub demo: Demo,
    /// Its clock.
    pub clock: Arc<SteppedClock>,
    folder: tempfile::TempDir,
    tls: bool,
}

impl System {
    /// Starts one on a free port, with SQLite.
    pub async fn start() -> Self {
        Self::start_with(None, None).await
    }

    /// Starts one that has no file in common with any other.
    pub async fn start_stranger() -> Self {
        let clock = Arc::new(SteppedClock::new());
        let folder = tempfile::tempdir().unwrap();
        Self::fill(plan(&folder, &clock, 0, None, None), clock, folder).await
    }

    /// Starts one with another database and Redis.
    pub async fn start_with(database: Option<String>, redis: Option<String>) -> Self {
        Self::begin(|plan| DemoPlan { database, redis, ..plan }).await
    }

    /// Starts one that serves TLS with its own development CA.
    pub async fn start_tls() -> Self {
        Self::begin(|plan| DemoPlan { tls: true, ..plan }).await
    }

    /// Starts one that takes certificates of clients at an address of its own, where this authority (PEM) vouches for some.
    pub async fn start_mutual(authority: String) -> Self {
        Self::begin(|plan| DemoPlan { clients: Some(authority), ..plan }).await
    }

    /// Starts one whose people may sign in with accounts of another.
    pub async fn start_below(upstream: Upstream) -> Self {
        Self::begin(|plan| DemoPlan { upstreams: vec![upstream], ..plan }).await
    }

    /// Starts one with the invented trust as the first test of this process found it, where the database is a file.
    async fn begin(change: impl FnOnce(DemoPlan) -> DemoPlan) -> Self {
        let clock = Arc::new(SteppedClock::new());
        let folder = tempfile::tempdir().unwrap();
        let plan = change(plan(&folder, &clock, 0, None, None));
        if plan.database.is_none() && !plan.tls {
            SEEDED.get_or_init(Seeded::make).await.put(folder.path());
        }
        Self::fill(plan, clock, folder).await
    }

    async fn fill(plan: DemoPlan, clock: Arc<SteppedClock>, folder: tempfile::TempDir) -> Self {
        let tls = plan.tls;
        let system = Self { demo: Demo::start(plan).await.unwrap(), clock, folder, tls };
        system.settle().await;
        system
    }

    /// A file in its folder.
    pub fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a second node of the same installation: the same keys, database and Redis, the same public addresses. It
    /// listens at another address of this machine, and sends no mail.
    pub async fn second_node(&self, database: &str, redis: &str) -> Demo {
        let port = self.address().port();
        let plan = plan(&self.folder, &self.clock, port, Some(database.to_owned()), Some(redis.to_owned()));
        let node = Demo::start(DemoPlan { address: SocketAddr::from(([127, 0, 0, 2], port)), ..plan }).await.unwrap();
        node.stop_mail();
        node
    }

    /// Does something to the database behind Lanyard's back.
    pub async fn behind_its_back(&self, sql: &'static str) {
        let changed = sqlx::query(sql).execute(&self.pool().await).await.unwrap();
        assert!(changed.rows_affected() > 0, "{sql}");
    }

    /// How many mails were written so far, sent or not.
    pub async fn mails_written(&self) -> i64 {
        let mails = sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE topic = 'mail'");
        mails.fetch_one(&self.pool().await).await.unwrap()
    }

    /// The database itself, which is SQLite.
    pub async fn pool(&self) -> sqlx::SqlitePool {
        sqlx::SqlitePool::connect(&format!("sqlite:{}", self.database().display())).await.unwrap()
    }

    /// Waits until all mails and events are delivered.
    pub async fn settle(&self) {
        let store = &self.demo.assembled.context.store;
        for _ in 0..200 {
            if store.waiting("mail").await.unwrap() + store.waiting("signal").await.unwrap() == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the outbox does not empty");
    }

    /// Stops it and starts it again on the same data and port.
    pub async fn restart(self) -> Self {
        let Self { demo, clock, folder, tls } = self;
        assert!(!tls, "a restart with TLS is not in any test yet");
        let port = demo.address.port();
        demo.finish().await;
        let demo = Demo::start(plan(&folder, &clock, port, None, None)).await.unwrap();
        Self { demo, clock, folder, tls }
    }

    /// The file of its embedded database.
    pub fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("lanyard.db")
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.demo.address
    }

    /// The public origin of a host.
    pub fn origin(&self, label: &str) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{label}.lanyard.localhost:{}", self.address().port())
    }

    /// A new browser, without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self.address())
    }

    /// A person.
    pub async fn person(&self, login: &str) -> Person {
        self.demo.assembled.context.store.person_by_login(login).await.unwrap().unwrap()
    }

    /// A site.
    pub async fn site(&self, slug: &str) -> Site {
        let slug = Slug::parse(slug).unwrap();
        self.demo.assembled.context.store.site_by_slug(&slug).await.unwrap().unwrap()
    }

    /// The code that a person's soft key shows now; the clock moves on first if that one was used.
    pub async fn code(&self, login: &str) -> String {
        let person = self.person(login).await;
        let context = &self.demo.assembled.context;
        let keys = context.store.keys_of(person.id).await.unwrap();
        let key = keys.iter().find(|key| key.kind == KeyKind::Soft).expect("no soft key");
        while key.last_step >= self.clock.now().0 / 30 {
            self.clock.advance(30);
        }
        let secret = context.vault.open(SEAL, &key.material).unwrap();
        totp(&secret, "test").unwrap().generate(u64::try_from(self.clock.now().0).unwrap()).to_string()
    }

    /// The link in the last mail to an address.
    pub async fn mailed_link(&self, to: &str) -> String {
        for _ in 0..100 {
            let mails = self.demo.mailbox.all();
            let found = mails.iter().rev().find(|(address, _, text)| address == to && text.contains("/link?token="));
            if let Some((_, _, text)) = found {
                let link = text.lines().find(|line| line.contains("/link?token=")).unwrap();
                // A mail of the start may name the port at which the trust was first made.
                let (_, path) = link.split_once("/link").unwrap();
                return format!("{}/link{path}", self.origin("id"));
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("no mail with a link to {to}");
    }

    /// Points a site at another server.
    pub async fn set_upstream(&self, slug: &str, upstream: &str) {
        self.set_site(slug, |settings| upstream.clone_into(&mut settings.upstream)).await;
    }

    /// Changes the settings of a site, as if its admins had.
    pub async fn set_site(&self, slug: &str, change: impl FnOnce(&mut SiteSettings)) {
        let site = self.site(slug).await;
        let mut settings = site.settings.clone();
        change(&mut settings);
        self.demo.assembled.context.store.save_site(&Site { settings, ..site }, Effects::none()).await.unwrap();
        assert!(self.demo.gateway.refresh_registry().await);
    }

    /// The security code in the last mail to an address.
    pub async fn mailed_code(&self, to: &str) -> String {
        self.settle().await;
        let mails = self.demo.mailbox.all();
        let found =
            mails.iter().rev().find(|(address, _, text)| address == to && text.contains("Your security code is"));
        let (_, subject, text) = found.unwrap_or_else(|| panic!("no code to {to}"));
        assert!(!subject.bytes().any(|byte| byte.is_ascii_digit()), "a code in a subject: {subject}");
        text.split("Your security code is ").nth(1).unwrap()[..6].to_owned()
    }

    /// Types a person's address and password into a sign-in page, and the mailed code if one is asked for.
    pub async fn type_password(&self, browser: &mut Browser, page: &crate::Page, login: &str) -> crate::Page {
        let fields = [("login", login), ("password", lanyard::demo::PASSWORD)];
        let page = browser.fill(page, "signin", &fields).await;
        if !page.body.contains("id=\"confirm\"") {
            return page;
        }
        let code = self.mailed_code(login).await;
        browser.fill(&page, "confirm", &[("code", &code)]).await
    }

    /// A browser in which somebody is signed in at a site.
    pub async fn signed_in(&self, login: &str, site: &str) -> Browser {
        let mut browser = self.browser();
        let page = browser.open(&format!("{}/", self.origin(site))).await;
        assert!(page.body.contains("id=\"signin\""), "{}", page.body);
        let page = self.type_password(&mut browser, &page, login).await;
        assert!(page.url.starts_with(&self.origin(site)), "{} {}", page.url, page.body);
        browser
    }

    /// Elevates at a site with a code; the page to which the browser comes back.
    pub async fn elevate(&self, browser: &mut Browser, login: &str, site: &str) -> crate::Page {
        let page = browser.open(&format!("{}/.lanyard/elevate?return=/records", self.origin(site))).await;
        let page = browser.fill(&page, "elevate", &[]).await;
        if !page.body.contains("id=\"key\"") {
            return page;
        }
        let code = self.code(login).await;
        browser.fill(&page, "key", &[("code", &code)]).await
    }

    /// Signs in to the console with a fresh key.
    pub async fn admin(&self, login: &str) -> Browser {
        let mut browser = self.browser();
        let page = browser.open(&format!("{}/signin?next=/&key=1", self.origin("id"))).await;
        let page = browser.fill(&page, "signin", &[("login", login), ("password", lanyard::demo::PASSWORD)]).await;
        let code = self.code(login).await;
        let page = browser.fill(&page, "key", &[("code", &code)]).await;
        assert!(page.body.contains("My sites"), "{}", page.body);
        browser
    }
}

/// The files of a trust that was made, to be put into the folder of another: making it takes longer than most tests.
struct Seeded(Vec<(std::ffi::OsString, std::fs::Permissions, Vec<u8>)>);

static SEEDED: tokio::sync::OnceCell<Seeded> = tokio::sync::OnceCell::const_new();

impl Seeded {
    async fn make() -> Self {
        let System { demo, folder, .. } = System::start_stranger().await;
        demo.finish().await;
        let entries = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        // The sessions of nobody, which the gateway may still be closing.
        let entries = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with("gateway.db"));
        let file = |entry: std::fs::DirEntry| {
            (entry.file_name(), entry.metadata().unwrap().permissions(), std::fs::read(entry.path()).unwrap())
        };
        Self(entries.map(file).collect())
    }

    fn put(&self, folder: &std::path::Path) {
        for (name, permissions, bytes) in &self.0 {
            std::fs::write(folder.join(name), bytes).unwrap();
            std::fs::set_permissions(folder.join(name), permissions.clone()).unwrap();
        }
    }
}

fn plan(
    folder: &tempfile::TempDir,
    clock: &Arc<SteppedClock>,
    port: u16,
    database: Option<String>,
    redis: Option<String>,
) -> DemoPlan {
    DemoPlan {
        address: SocketAddr::from(([127, 0, 0, 1], port)),
        data: folder.path().to_owned(),
        tls: false,
        clients: None,
        upstreams: Vec::new(),
        database,
        redis,
        chance: Chance { clock: clock.clone(), random: Arc::new(SystemRandom) },
    }
}

/// The gateway's session store, to be broken.
pub struct SessionFile(std::path::PathBuf);

/// The gateway's session store of a system.
pub fn store_of(system: &System) -> SessionFile {
    SessionFile(system.folder.path().join("gateway.db"))
}

impl SessionFile {
    /// Takes the tables away under the running gateway.
    pub async fn break_it(&self) {
        let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", self.0.display())).await.unwrap();
        sqlx::query("DROP TABLE sessions").execute(&pool).await.unwrap();
        pool.close().await;
    }
}

/// Every file that a system has written.
pub fn files_of(system: &System) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(system.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect()
}

/// A second public app with the same redirect address as the first.
pub async fn second_app(system: &System) -> String {
    let store = &system.demo.assembled.context.store;
    let first = store.client("bookworm").await.unwrap().unwrap();
    let second = idp_domain::client::Client { id: "second".to_owned(), ..first };
    store.save_client(&second, Effects::none()).await.unwrap();
    second.id
}

/// The code of a secret that a page shows, as an authenticator app makes it.
pub fn code_of(base32: &str, system: &System) -> String {
    code_at(base32, system.clock.now().0)
}

/// The code that an authenticator app with this secret shows at a moment.
pub fn code_at(base32: &str, at: i64) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bits = 0_u64;
    let mut count = 0;
    let mut bytes = Vec::new();
    for letter in base32.bytes() {
        bits = (bits << 5) | u64::try_from(alphabet.iter().position(|one| *one == letter).unwrap()).unwrap();
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    let at = u64::try_from(at).unwrap();
    idp_signin::factors::soft_key::totp(&bytes, "test").unwrap().generate(at).to_string()
}
