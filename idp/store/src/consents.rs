//! What people agreed to tell an app.

use async_trait::async_trait;
use idp_domain::{PersonId, Timestamp};

use crate::effects::Effects;
use crate::error::Result;

/// One agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// With which client.
    pub client: String,
    /// To which scopes, separated by spaces.
    pub scopes: String,
    /// When.
    pub given_at: Timestamp,
}

/// The port.
#[async_trait]
pub trait Consents: Send + Sync {
    /// Scopes agreed to for a client, separated by spaces; absent when never asked.
    async fn consent(&self, person: PersonId, client: &str) -> Result<Option<String>>;
    /// Remembers an agreement, replacing the older one.
    async fn save_consent(&self, person: PersonId, client: &str, scopes: &str, now: Timestamp) -> Result<()>;
    /// Every agreement of a person, newest first.
    async fn consents_of(&self, person: PersonId) -> Result<Vec<Consent>>;
    /// Everybody who has agreed to a client.
    async fn consented_to(&self, client: &str) -> Result<Vec<PersonId>>;
    /// Takes an agreement back: all tokens of the person for that client end with it. False when there was none.
    async fn withdraw_consent(&self, person: PersonId, client: &str, now: Timestamp, effects: Effects) -> Result<bool>;
}
