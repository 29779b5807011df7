//! Until when people have read what happened to their account.

use async_trait::async_trait;
use idp_domain::{PersonId, Timestamp};

use crate::error::Result;

/// The port.
#[async_trait]
pub trait Notices: Send + Sync {
    /// Until when a person has read.
    async fn notices_read_at(&self, person: PersonId) -> Result<Timestamp>;
    /// They have read until this moment.
    async fn read_notices(&self, person: PersonId, now: Timestamp) -> Result<()>;
}
