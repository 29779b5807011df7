//! The embedded store: one SQLite file beside the gateway.

use std::path::Path;

use async_trait::async_trait;
use sqlx::any::{AnyPoolOptions, AnyRow, install_default_drivers};
use sqlx::{AnyPool, Executor, Row};

use super::store::{SessionStore, StoreAway, Stored};

/// SQLite.
pub struct Embedded {
    pool: AnyPool,
}

const TABLES: &str = "CREATE TABLE IF NOT EXISTS sessions (hash TEXT PRIMARY KEY, sub TEXT NOT NULL, sid TEXT NOT NULL, \
     site TEXT NOT NULL, body TEXT NOT NULL, expires_at BIGINT NOT NULL); \
     CREATE INDEX IF NOT EXISTS sessions_by_sub ON sessions (sub); \
     CREATE TABLE IF NOT EXISTS bags (name TEXT PRIMARY KEY, body BLOB NOT NULL, expires_at BIGINT NOT NULL);";

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn away(error: sqlx::Error) -> StoreAway {
    StoreAway(error.to_string())
}

impl Embedded {
    /// Opens or makes the file, for its owner's eyes only.
    pub async fn open(path: &Path) -> Result<Self, StoreAway> {
        use std::os::unix::fs::OpenOptionsExt;
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| StoreAway(format!("{}: {error}", path.display())))?;
        install_default_drivers();
        let pool = AnyPoolOptions::new()
            .max_connections(2)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    connection
                        .execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000; PRAGMA cache_size = -1000;")
                        .await
                        .map(|_| ())
                })
            })
            .connect(&format!("sqlite:{}?mode=rwc", path.display()))
            .await
            .map_err(away)?;
        pool.execute(TABLES).await.map_err(away)?;
        Ok(Self { pool })
    }

    /// Closes the file; used by tests that take the store away.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn stored(row: &AnyRow) -> Result<Stored, sqlx::Error> {
    Ok(Stored {
        hash: row.try_get("hash")?,
        sub: row.try_get("sub")?,
        sid: row.try_get("sid")?,
        site: row.try_get("site")?,
        body: row.try_get("body")?,
        expires_at: row.try_get("expires_at")?,
    })
}

#[async_trait]
impl SessionStore for Embedded {
    async fn put(&self, session: &Stored) -> Result<(), StoreAway> {
        sqlx::query(
            "INSERT INTO sessions (hash, sub, sid, site, body, expires_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (hash) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at",
        )
        .bind(&session.hash)
        .bind(&session.sub)
        .bind(&session.sid)
        .bind(&session.site)
        .bind(&session.body)
        .bind(session.expires_at)
        .execute(&self.pool)
        .await
        .map_err(away)
        .map(|_| ())
    }

    async fn update(&self, session: &Stored) -> Result<(), StoreAway> {
        sqlx::query("UPDATE sessions SET body = $2 WHERE hash = $1")
            .bind(&session.hash)
            .bind(&session.body)
            .execute(&self.pool)
            .await
            .map_err(away)
            .map(|_| ())
    }

    async fn get(&self, hash: &str) -> Result<Option<Stored>, StoreAway> {
        let row = sqlx::query("SELECT * FROM sessions WHERE hash = $1")
            .bind(hash)
            .fetch_optional(&self.pool)
            .await
            .map_err(away)?;
        row.as_ref().map(stored).transpose().map_err(away)
    }

    async fn get_all(&self, hashes: &[String]) -> Result<Vec<Option<Stored>>, StoreAway> {
        let mut found = Vec::with_capacity(hashes.len());
        for hash in hashes {
            found.push(self.get(hash).await?);
        }
        Ok(found)
    }

    async fn all_of(&self, sub: &str) -> Result<Vec<Stored>, StoreAway> {
        let rows = sqlx::query("SELECT * FROM sessions WHERE sub = $1").bind(sub).fetch_all(&self.pool).await;
        rows.map_err(away)?.iter().map(stored).collect::<Result<_, _>>().map_err(away)
    }

    async fn remove(&self, hash: &str) -> Result<(), StoreAway> {
        sqlx::query("DELETE FROM sessions WHERE hash = $1")
            .bind(hash)
            .execute(&self.pool)
            .await
            .map_err(away)
            .map(|_| ())
    }

    async fn remove_of(&self, sub: &str, sid: Option<&str>, site: Option<&str>) -> Result<(), StoreAway> {
        sqlx::query("DELETE FROM sessions WHERE sub = $1 AND ($2 = '' OR sid = $2) AND ($3 = '' OR site = $3)")
            .bind(sub)
            .bind(sid.unwrap_or_default())
            .bind(site.unwrap_or_default())
            .execute(&self.pool)
            .await
            .map_err(away)
            .map(|_| ())
    }

    async fn put_bag(&self, name: &str, body: &[u8], expires_at: i64) -> Result<(), StoreAway> {
        sqlx::query(
            "INSERT INTO bags (name, body, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET body = excluded.body, expires_at = excluded.expires_at",
        )
        .bind(name)
        .bind(body.to_vec())
        .bind(expires_at)
        .execute(&self.pool)
        .await
        .map_err(away)
        .map(|_| ())
    }

    async fn first_bag(&self, name: &str, expires_at: i64) -> Result<bool, StoreAway> {
        let sql = "INSERT INTO bags (name, body, expires_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING RETURNING name";
        let kept = sqlx::query(sql).bind(name).bind(Vec::new()).bind(expires_at).fetch_all(&self.pool).await;
        Ok(!kept.map_err(away)?.is_empty())
    }

    async fn look_bag(&self, name: &str, now: i64) -> Result<Option<Vec<u8>>, StoreAway> {
        let row = sqlx::query("SELECT body FROM bags WHERE name = $1 AND expires_at > $2")
            .bind(name)
            .bind(now)
            .fetch_optional(&self.pool)
            .await
            .map_err(away)?;
        row.map(|row| row.try_get("body")).transpose().map_err(away)
    }

    async fn take_bag(&self, name: &str, now: i64) -> Result<Option<Vec<u8>>, StoreAway> {
        let rows = sqlx::query("DELETE FROM bags WHERE name = $1 AND expires_at > $2 RETURNING body")
            .bind(name)
            .bind(now)
            .fetch_all(&self.pool)
            .await
            .map_err(away)?;
        rows.first().map(|row| row.try_get("body")).transpose().map_err(away)
    }

    async fn sweep(&self, now: i64) -> Result<(), StoreAway> {
        for sql in ["DELETE FROM sessions WHERE expires_at <= $1", "DELETE FROM bags WHERE expires_at <= $1"] {
            sqlx::query(sql).bind(now).execute(&self.pool).await.map_err(away)?;
        }
        Ok(())
    }
}
