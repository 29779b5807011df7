//! Signed-in browsers at the provider.

use async_trait::async_trait;
use idp_domain::session::{KeyProof, Session};
use idp_domain::{PersonId, SecretHash, Timestamp};

use crate::effects::Effects;
use crate::error::Result;

/// What somebody who is signed in has proven beyond that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proven {
    /// That they hold a key.
    Key(KeyProof),
    /// That they may come back without one, at this moment; it lets them change keys, and nothing else.
    Recovery(Timestamp),
}

/// The port.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Adds a session.
    async fn add_session(&self, session: &Session, effects: Effects) -> Result<()>;
    /// The session of a cookie, whatever its age.
    async fn session(&self, hash: &SecretHash) -> Result<Option<Session>>;
    /// Notes that it was used.
    async fn touch_session(&self, hash: &SecretHash, now: Timestamp) -> Result<()>;
    /// Notes uses by `sid`, as gateways report them.
    async fn touch_sids(&self, uses: &[(String, Timestamp)]) -> Result<()>;
    /// Gives it a new cookie for what was proven (S-01: new identifier at each step up). False when it is gone.
    async fn rotate_session(&self, old: &SecretHash, new: &SecretHash, proven: &Proven) -> Result<bool>;
    /// Ends one. What apps hold from it ends with it on a shared computer; elsewhere somebody who signs out may have let
    /// an app stay connected (OpenID Connect Back-Channel Logout §2.7).
    async fn end_session(&self, session: &Session, now: Timestamp, effects: Effects) -> Result<()>;
    /// Ends one of this person by its `sid`, with what apps hold from it; false when there is none.
    async fn end_session_by_sid(&self, person: PersonId, sid: &str, now: Timestamp, effects: Effects) -> Result<bool>;
    /// Ends all sessions of a person.
    async fn end_sessions_of(&self, person: PersonId, effects: Effects) -> Result<()>;
    /// The sessions of a person, newest first.
    async fn sessions_of(&self, person: PersonId) -> Result<Vec<Session>>;
}
