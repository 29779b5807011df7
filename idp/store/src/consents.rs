//! What people agreed to tell an app.

use async_trait::async_trait;
use idp_domain::{PersonId, Timestamp};

use crate::error::Result;

/// The port.
#[async_trait]
pub trait Consents: Send + Sync {
    /// Scopes agreed to for a client, separated by spaces; absent when never asked.
    async fn consent(&self, person: PersonId, client: &str) -> Result<Option<String>>;
    /// Remembers an agreement, replacing the older one.
    async fn save_consent(&self, person: PersonId, client: &str, scopes: &str, now: Timestamp) -> Result<()>;
}
