//! Short-lived things in Redis, when several nodes run: attempts, codes, counters.
//!
//! Each single-use step is one script or one atomic command. What must survive a lost Redis is not here (F-04).

use std::sync::LazyLock;
use std::time::Duration;

use async_trait::async_trait;
use idp_domain::{SecretHash, Timestamp};
use idp_store::attempts::{Attempts, StoredAttempt};
use idp_store::codes::{Codes, Redeemed};
use idp_store::throttle::{Count, Throttle};
use idp_store::{Result, StoreError};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Script};

/// Seconds for which a used code is remembered after it expired.
const REMEMBERED: i64 = 3600;

/// Redis.
pub struct RedisShort {
    connection: ConnectionManager,
    most_attempts: i64,
}

/// Most attempts that are kept: whoever opens pages without end fills no memory (S-20). The oldest go.
const MOST_ATTEMPTS: i64 = 200_000;

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn away(error: redis::RedisError) -> StoreError {
    // The kind only: the text may hold the server's address and credentials.
    StoreError::Unavailable(format!("redis: {:?}", error.kind()))
}

fn corrupt(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

impl RedisShort {
    /// Connects.
    pub async fn open(url: &str) -> Result<Self> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(Duration::from_millis(500)))
            .set_response_timeout(Some(Duration::from_millis(500)));
        let client = redis::Client::open(url).map_err(away)?;
        let connection = client.get_connection_manager_with_config(config).await.map_err(away)?;
        Ok(Self { connection, most_attempts: MOST_ATTEMPTS })
    }

    /// Keeps fewer attempts; used by tests.
    #[must_use]
    pub fn keeping(self, most_attempts: i64) -> Self {
        Self { most_attempts, ..self }
    }
}

/// Our own clock decides what is too old; Redis only forgets some time after.
const GRACE: i64 = 24 * 3600;

static ADD: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "redis.call('HSET', KEYS[1], 'version', '0', 'body', ARGV[1], 'expires', ARGV[2]) \
         redis.call('EXPIRE', KEYS[1], ARGV[3]) \
         redis.call('ZADD', 'attempts', redis.call('INCR', 'attempts:count'), KEYS[1]) \
         local over = redis.call('ZCARD', 'attempts') - tonumber(ARGV[4]) \
         if over > 0 then \
           local old = redis.call('ZPOPMIN', 'attempts', over) \
           for i = 1, #old, 2 do redis.call('DEL', old[i]) end end",
    )
});

static SAVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('HGET', KEYS[1], 'version') == ARGV[1] then \
           redis.call('HSET', KEYS[1], 'version', ARGV[2], 'body', ARGV[3]) return 1 end return 0",
    )
});

static REDEEM: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local c = redis.call('HMGET', KEYS[1], 'body', 'family', 'expires', 'used') \
         if not c[1] then return {'unknown', ''} end \
         if c[4] then return {'replayed', c[2]} end \
         if tonumber(c[3]) <= tonumber(ARGV[1]) then return {'unknown', ''} end \
         redis.call('HSET', KEYS[1], 'used', ARGV[1]) return {'fresh', c[1]}",
    )
});

static FAIL: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local last = redis.call('HGET', KEYS[1], 'last') \
         if last and tonumber(last) + tonumber(ARGV[2]) <= tonumber(ARGV[1]) then redis.call('DEL', KEYS[1]) end \
         redis.call('HSET', KEYS[1], 'last', ARGV[1]) redis.call('EXPIRE', KEYS[1], ARGV[3]) \
         return redis.call('HINCRBY', KEYS[1], 'failures', 1)",
    )
});

#[async_trait]
impl Attempts for RedisShort {
    async fn add_attempt(&self, attempt: &StoredAttempt) -> Result<()> {
        ADD.key(format!("attempt:{}", attempt.hash.0))
            .arg(&attempt.body)
            .arg(attempt.expires_at.0)
            .arg(GRACE)
            .arg(self.most_attempts)
            .invoke_async::<()>(&mut self.connection.clone())
            .await
            .map_err(away)
    }

    async fn attempt(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<StoredAttempt>> {
        let key = format!("attempt:{}", hash.0);
        let found: (Option<i64>, Option<String>, Option<i64>) =
            self.connection.clone().hmget(&key, &["version", "body", "expires"]).await.map_err(away)?;
        let (Some(version), Some(body), Some(expires)) = found else { return Ok(None) };
        let expires_at = Timestamp(expires);
        Ok((expires_at > now).then(|| StoredAttempt { hash: hash.clone(), version, body, expires_at }))
    }

    async fn save_attempt(&self, attempt: &StoredAttempt) -> Result<bool> {
        let saved: i64 = SAVE
            .key(format!("attempt:{}", attempt.hash.0))
            .arg(attempt.version)
            .arg(attempt.version + 1)
            .arg(&attempt.body)
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(away)?;
        Ok(saved == 1)
    }

    async fn take_attempt(&self, hash: &SecretHash) -> Result<bool> {
        let key = format!("attempt:{}", hash.0);
        let mut pipe = redis::pipe();
        pipe.atomic().del(&key).zrem("attempts", &key).ignore();
        let (gone,): (i64,) = pipe.query_async(&mut self.connection.clone()).await.map_err(away)?;
        Ok(gone == 1)
    }
}

#[async_trait]
impl Codes for RedisShort {
    async fn add_code(&self, hash: &SecretHash, body: &str, family: &str, expires_at: Timestamp) -> Result<()> {
        let key = format!("code:{}", hash.0);
        let mut pipe = redis::pipe();
        pipe.atomic()
            .hset_multiple(&key, &[("body", body), ("family", family), ("expires", &expires_at.to_string())])
            .ignore()
            .expire(&key, GRACE + REMEMBERED)
            .ignore();
        pipe.query_async::<()>(&mut self.connection.clone()).await.map_err(away)
    }

    async fn look_code(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<String>> {
        let found: (Option<String>, Option<i64>, Option<i64>) = self
            .connection
            .clone()
            .hmget(format!("code:{}", hash.0), &["body", "expires", "used"])
            .await
            .map_err(away)?;
        let (body, expires, used) = found;
        Ok(body.filter(|_| used.is_none() && expires.is_some_and(|expires| expires > now.0)))
    }

    async fn redeem_code(&self, hash: &SecretHash, now: Timestamp) -> Result<Redeemed> {
        let (word, text): (String, String) = REDEEM
            .key(format!("code:{}", hash.0))
            .arg(now.0)
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(away)?;
        match word.as_str() {
            "fresh" => Ok(Redeemed::Fresh(text)),
            "replayed" => Ok(Redeemed::Replayed { family: text }),
            "unknown" => Ok(Redeemed::Unknown),
            other => Err(corrupt(other)),
        }
    }
}

#[async_trait]
impl Throttle for RedisShort {
    async fn count_failure(&self, counter: &str, now: Timestamp, window: i64) -> Result<Count> {
        let failures: i64 = FAIL
            .key(format!("failures:{counter}"))
            .arg(now.0)
            .arg(window)
            .arg(window.max(1) + GRACE)
            .invoke_async(&mut self.connection.clone())
            .await
            .map_err(away)?;
        Ok(Count { failures, last_at: now })
    }

    async fn failures_of(&self, counters: &[&str]) -> Result<Vec<Count>> {
        let mut asked = redis::pipe();
        for counter in counters {
            asked.hmget(format!("failures:{counter}"), &["failures", "last"]);
        }
        let found: Vec<(Option<i64>, Option<i64>)> =
            asked.query_async(&mut self.connection.clone()).await.map_err(away)?;
        let count = |(failures, last): (Option<i64>, Option<i64>)| Count {
            failures: failures.unwrap_or(0),
            last_at: Timestamp(last.unwrap_or(0)),
        };
        Ok(found.into_iter().map(count).collect())
    }

    async fn clear_failures(&self, counter: &str) -> Result<()> {
        self.connection.clone().del::<_, ()>(format!("failures:{counter}")).await.map_err(away)
    }
}
