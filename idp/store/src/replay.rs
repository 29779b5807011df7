//! Identifiers that may be seen once (`jti` of assertions). Durable: a lost cache must not open a replay (F-04).

use async_trait::async_trait;
use idp_domain::Timestamp;

use crate::error::Result;

/// The port.
#[async_trait]
pub trait Replay: Send + Sync {
    /// True the first time this `id` of this `kind` is seen, false ever after until `expires_at`.
    async fn first_use(&self, kind: &str, id: &str, expires_at: Timestamp) -> Result<bool>;
}
