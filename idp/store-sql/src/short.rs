//! What lives for minutes, when no Redis is given: attempts, codes and counters.

use std::collections::HashMap;

use async_trait::async_trait;
use idp_domain::{SecretHash, Timestamp};
use idp_store::Result;
use idp_store::attempts::{Attempts, StoredAttempt};
use idp_store::codes::{Codes, Redeemed};
use idp_store::throttle::{Count, Throttle};

use crate::pool::SqlStore;
use crate::row::{Columns, problem};

#[async_trait]
impl Attempts for SqlStore {
    async fn add_attempt(&self, attempt: &StoredAttempt) -> Result<()> {
        sqlx::query("INSERT INTO attempts (hash, version, body, expires_at) VALUES ($1, 0, $2, $3)")
            .bind(&attempt.hash.0)
            .bind(&attempt.body)
            .bind(attempt.expires_at.0)
            .execute(&self.write)
            .await
            .map_err(problem)
            .map(|_| ())
    }

    async fn attempt(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<StoredAttempt>> {
        let row = sqlx::query("SELECT * FROM attempts WHERE hash = $1 AND expires_at > $2")
            .bind(&hash.0)
            .bind(now.0)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.map(|row| {
            Ok(StoredAttempt {
                hash: SecretHash(row.text("hash")?),
                version: row.int("version")?,
                body: row.text("body")?,
                expires_at: row.time("expires_at")?,
            })
        })
        .transpose()
    }

    async fn save_attempt(&self, attempt: &StoredAttempt) -> Result<bool> {
        let row = sqlx::query(
            "UPDATE attempts SET body = $3, version = version + 1 WHERE hash = $1 AND version = $2 RETURNING version",
        )
        .bind(&attempt.hash.0)
        .bind(attempt.version)
        .bind(&attempt.body)
        .fetch_optional(&self.write)
        .await
        .map_err(problem)?;
        Ok(row.is_some())
    }

    async fn take_attempt(&self, hash: &SecretHash) -> Result<bool> {
        let row = sqlx::query("DELETE FROM attempts WHERE hash = $1 RETURNING hash")
            .bind(&hash.0)
            .fetch_optional(&self.write)
            .await
            .map_err(problem)?;
        Ok(row.is_some())
    }
}

#[async_trait]
impl Codes for SqlStore {
    async fn add_code(&self, hash: &SecretHash, body: &str, family: &str, expires_at: Timestamp) -> Result<()> {
        sqlx::query("INSERT INTO codes (hash, body, family, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(&hash.0)
            .bind(body)
            .bind(family)
            .bind(expires_at.0)
            .execute(&self.write)
            .await
            .map_err(problem)
            .map(|_| ())
    }

    async fn look_code(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<String>> {
        let row = sqlx::query("SELECT body FROM codes WHERE hash = $1 AND used_at IS NULL AND expires_at > $2")
            .bind(&hash.0)
            .bind(now.0)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.map(|row| row.text("body")).transpose()
    }

    async fn redeem_code(&self, hash: &SecretHash, now: Timestamp) -> Result<Redeemed> {
        let fresh = sqlx::query(
            "UPDATE codes SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING body",
        )
        .bind(&hash.0)
        .bind(now.0)
        .fetch_optional(&self.write)
        .await
        .map_err(problem)?;
        if let Some(row) = fresh {
            return Ok(Redeemed::Fresh(row.text("body")?));
        }
        let used = sqlx::query("SELECT family FROM codes WHERE hash = $1 AND used_at IS NOT NULL")
            .bind(&hash.0)
            .fetch_optional(&self.write)
            .await
            .map_err(problem)?;
        used.map_or(Ok(Redeemed::Unknown), |row| Ok(Redeemed::Replayed { family: row.text("family")? }))
    }
}

#[async_trait]
impl Throttle for SqlStore {
    async fn count_failure(&self, counter: &str, now: Timestamp, window: i64) -> Result<Count> {
        let row = sqlx::query(
            "INSERT INTO failures (counter, failures, last_at) VALUES ($1, 1, $2) ON CONFLICT (counter) DO UPDATE SET \
             failures = CASE WHEN failures.last_at + $3 <= $2 THEN 1 ELSE failures.failures + 1 END, last_at = $2 \
             RETURNING failures, last_at",
        )
        .bind(counter)
        .bind(now.0)
        .bind(window)
        .fetch_one(&self.write)
        .await
        .map_err(problem)?;
        Ok(Count { failures: row.int("failures")?, last_at: row.time("last_at")? })
    }

    async fn failures_of(&self, counters: &[&str]) -> Result<Vec<Count>> {
        let names: Vec<String> = counters.iter().map(|name| (*name).to_owned()).collect();
        let rows =
            self.rows_in("SELECT counter, failures, last_at FROM failures WHERE counter IN ({})", &names).await?;
        let mut found = HashMap::new();
        for row in &rows {
            found.insert(row.text("counter")?, Count { failures: row.int("failures")?, last_at: row.time("last_at")? });
        }
        Ok(names.iter().map(|name| found.get(name).copied().unwrap_or_default()).collect())
    }

    async fn clear_failures(&self, counter: &str) -> Result<()> {
        sqlx::query("DELETE FROM failures WHERE counter = $1")
            .bind(counter)
            .execute(&self.write)
            .await
            .map_err(problem)
            .map(|_| ())
    }
}
