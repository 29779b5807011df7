//! Browsers in which a person has been seen before.

use async_trait::async_trait;
use idp_domain::{PersonId, SecretHash, Timestamp};

use crate::error::Result;

/// The port.
#[async_trait]
pub trait Browsers: Send + Sync {
    /// Whether this browser is known for this person.
    async fn knows_browser(&self, person: PersonId, browser: &SecretHash) -> Result<bool>;
    /// Whether it is known for this person, and was shown to be theirs: by a mailed code or link.
    async fn browser_is_confirmed(&self, person: PersonId, browser: &SecretHash) -> Result<bool>;
    /// Whether it is known for anybody.
    async fn browser_is_known(&self, browser: &SecretHash) -> Result<bool>;
    /// Remembers it; once it was confirmed it stays so.
    async fn remember_browser(
        &self,
        person: PersonId,
        browser: &SecretHash,
        (now, confirmed): (Timestamp, bool),
    ) -> Result<()>;
}
