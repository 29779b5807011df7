//! Signed-in browsers at the provider.

use async_trait::async_trait;
use idp_domain::session::{KeyProof, Session};
use idp_domain::{PersonId, SecretHash, Timestamp};

use crate::effects::Effects;
use crate::error::Result;

/// A session in which somebody comes back without a key: they may change keys, and nothing else. It gets a new cookie with
/// the code that is used up for it, both or neither.
#[derive(Clone, Copy, Debug)]
pub struct Comeback<'a> {
    /// Who.
    pub person: PersonId,
    /// The session.
    pub session: &'a SecretHash,
    /// Its new cookie.
    pub cookie: &'a SecretHash,
    /// When.
    pub at: Timestamp,
}

/// The port.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Adds a session. False when it rests on a key that was suspended or removed a moment ago: then there is none.
    async fn add_session(&self, session: &Session, effects: Effects) -> Result<bool>;
    /// The session of a cookie, whatever its age.
    async fn session(&self, hash: &SecretHash) -> Result<Option<Session>>;
    /// Notes that it was used.
    async fn touch_session(&self, hash: &SecretHash, now: Timestamp) -> Result<()>;
    /// Notes uses by `sid`, as gateways report them.
    async fn touch_sids(&self, uses: &[(String, Timestamp)]) -> Result<()>;
    /// Gives it a new cookie for a key that was proven (S-01: new identifier at each step up). False when it is gone, or the
    /// key was suspended or removed a moment ago.
    async fn rotate_session(&self, old: &SecretHash, new: &SecretHash, proof: &KeyProof) -> Result<bool>;
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
