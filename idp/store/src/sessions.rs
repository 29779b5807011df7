//! Signed-in browsers at the provider.

use async_trait::async_trait;
use idp_domain::session::{KeyProof, Session};
use idp_domain::{PersonId, SecretHash, Timestamp};

use crate::effects::Effects;
use crate::error::Result;

/// The port.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Adds a session.
    async fn add_session(&self, session: &Session, effects: Effects) -> Result<()>;
    /// The session of a cookie, whatever its age.
    async fn session(&self, hash: &SecretHash) -> Result<Option<Session>>;
    /// Notes that it was used.
    async fn touch_session(&self, hash: &SecretHash, now: Timestamp) -> Result<()>;
    /// Gives it a new cookie with a key proof (S-01: new identifier at each step up). False when it is gone.
    async fn rotate_session(&self, old: &SecretHash, new: &SecretHash, proof: Option<KeyProof>) -> Result<bool>;
    /// Ends one.
    async fn end_session(&self, hash: &SecretHash, effects: Effects) -> Result<()>;
    /// Ends all sessions of a person.
    async fn end_sessions_of(&self, person: PersonId, effects: Effects) -> Result<()>;
    /// The sessions of a person, newest first.
    async fn sessions_of(&self, person: PersonId) -> Result<Vec<Session>>;
}
