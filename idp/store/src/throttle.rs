//! Counters of failures.

use async_trait::async_trait;
use idp_domain::Timestamp;

use crate::error::Result;

/// What a counter says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Count {
    /// Failures since the last success or the last quiet window.
    pub failures: i64,
    /// When the last one was.
    pub last_at: Timestamp,
}

/// The port. A counter is named by its caller, for example `totp:<person>`.
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Counts one more failure, atomically, starting anew after `window` quiet seconds. Answers the new count.
    async fn count_failure(&self, counter: &str, now: Timestamp, window: i64) -> Result<Count>;
    /// Reads counters, all at once, in their order.
    async fn failures_of(&self, counters: &[&str]) -> Result<Vec<Count>>;
    /// Reads a counter.
    async fn failures(&self, counter: &str) -> Result<Count> {
        Ok(self.failures_of(&[counter]).await?.first().copied().unwrap_or_default())
    }
    /// Forgets a counter after a success.
    async fn clear_failures(&self, counter: &str) -> Result<()>;
}
