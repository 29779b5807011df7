//! Opening a database by its URL, and keeping it tidy.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use idp_domain::{Clock, Random, Vault};
use idp_store::Result;
use sqlx::any::install_default_drivers;
use sqlx::migrate::Migrator;

use crate::known::Known;
use crate::lane::{Change, Lane};
use crate::row::problem;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Both backends behind one type.
pub struct SqlStore {
    /// SQLite: the one connection that writes. PostgreSQL: the same connections as `read`.
    pub(crate) write: Lane,
    pub(crate) read: Lane,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) known: Known,
    sqlite: bool,
}

/// The database cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// The URL is neither `sqlite:<path>` nor `postgres://…`.
    Url,
    /// The backend said no.
    Backend(String),
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url => f.write_str("the database URL must begin with sqlite: or postgres://"),
            Self::Backend(reason) => write!(f, "the database cannot be opened: {reason}"),
        }
    }
}

impl std::error::Error for OpenError {}

/// Most sign-in attempts that are kept: a busy Monday of a large trust is a tenth of that.
const MOST_ATTEMPTS: i64 = 200_000;

/// What each connection to SQLite begins with.
const PRAGMAS: &[&str] = &[
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA cache_size = -2000",
];

impl SqlStore {
    /// Opens the database and brings its tables up to date. `sqlite:<path>` makes the file when it is missing.
    pub async fn open(
        url: &str,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        vault: Arc<dyn Vault>,
    ) -> std::result::Result<Self, OpenError> {
        install_default_drivers();
        let backend = |error: &dyn std::fmt::Display| OpenError::Backend(without_credentials(&error.to_string(), url));
        let (write, read, sqlite) = if let Some(path) = url.strip_prefix("sqlite:") {
            restrict(Path::new(path.trim_start_matches("//")));
            let url = format!("sqlite:{path}?mode=rwc");
            let write = Lane::open(&url, PRAGMAS, (1, Duration::from_secs(10))).await.map_err(|e| backend(&e))?;
            let read = Lane::open(&url, PRAGMAS, (4, Duration::from_secs(10))).await.map_err(|e| backend(&e))?;
            (write, read, true)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let lane = Lane::open(url, &[], (10, Duration::from_secs(5))).await.map_err(|e| backend(&e))?;
            (lane.clone(), lane, false)
        } else {
            return Err(OpenError::Url);
        };
        let migrations = if sqlite { &SQLITE } else { &POSTGRES };
        let mut connection = write.get().await.map_err(|e| backend(&e))?;
        migrations.run(&mut *connection).await.map_err(|e| backend(&e))?;
        drop(connection);
        Ok(Self { write, read, clock, random, vault, known: Known::default(), sqlite })
    }

    /// Begins a transaction that takes the right to write at once, so that it cannot fail half-way on SQLite.
    pub(crate) async fn begin(&self) -> Result<Change> {
        self.write.begin(if self.sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" }).await
    }

    /// Whether the backend answers, for `/health/ready`.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.read).await.map_err(problem).map(|_| ())
    }

    /// Drops what has expired; called every few minutes. Answers how many rows went.
    pub async fn sweep(&self) -> Result<u64> {
        let now = self.clock.now().0;
        let mut gone = 0;
        for sql in [
            "DELETE FROM attempts WHERE expires_at <= $1",
            "DELETE FROM codes WHERE expires_at + 3600 <= $1",
            "DELETE FROM codes WHERE expires_at <= $1 AND family = 'pushed'",
            "DELETE FROM replay WHERE expires_at <= $1",
            "DELETE FROM access_tokens WHERE expires_at <= $1",
            "DELETE FROM refresh_tokens WHERE expires_at <= $1",
            "DELETE FROM sessions WHERE created_at + 86400 <= $1",
            // A row of wrong passwords counts over days (NIST SP 800-63B-4 §3.2.2); everything else is forgiven in one.
            "DELETE FROM failures WHERE last_at + 86400 <= $1 AND substr(counter, 1, 4) <> 'row:'",
            "DELETE FROM failures WHERE last_at + 31536000 <= $1",
            "DELETE FROM day_passes WHERE expires_at <= $1",
            "DELETE FROM visits WHERE visited_at + 86400 <= $1",
            "DELETE FROM app_visits WHERE visited_at + 2592000 <= $1",
            "DELETE FROM outbox WHERE delivered_at + 2592000 <= $1",
            // What an app has not asked for in a week, it will not.
            "DELETE FROM outbox WHERE created_at + 604800 <= $1 AND topic LIKE 'stream:%'",
        ] {
            gone += sqlx::query(sql).bind(now).execute(&self.write).await.map_err(problem)?.rows_affected();
        }
        Ok(gone + self.keep_newest_attempts(MOST_ATTEMPTS).await?)
    }

    /// Drops the attempts that expire first, down to so many: whoever opens the sign-in page again and again fills no disk
    /// (S-20). Answers how many went.
    pub async fn keep_newest_attempts(&self, most: i64) -> Result<u64> {
        let sql = "DELETE FROM attempts WHERE hash IN (SELECT hash FROM attempts ORDER BY expires_at DESC, hash \
                   LIMIT 1000000 OFFSET $1)";
        Ok(sqlx::query(sql).bind(most).execute(&self.write).await.map_err(problem)?.rows_affected())
    }

    /// Waits for open connections to finish and closes them.
    pub async fn close(&self) {
        self.write.close().await;
        self.read.close().await;
    }
}

/// The file holds password hashes: it is made for its owner's eyes only, before SQLite opens it.
fn restrict(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt;
    // An error here shows again, and better, when SQLite opens the file.
    drop(std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path));
}

/// A connection error may repeat the URL, which may hold a password.
fn without_credentials(message: &str, url: &str) -> String {
    message.replace(url, "<database url>")
}
