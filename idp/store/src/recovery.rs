//! What brings somebody back who has lost their key: recovery codes, temporary passes, and the holds that follow.

use async_trait::async_trait;
use idp_domain::{PersonId, SecretHash, Timestamp};

use crate::effects::Effects;
use crate::error::Result;
use crate::sessions::Comeback;

/// Name under which the codes of passes are fingerprinted, by whoever issues and whoever checks them.
pub const PASS_PURPOSE: &str = "temporary pass";
/// Characters of a pass.
pub const PASS_LENGTH: usize = 10;

/// A temporary pass that a colleague vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Fingerprint of its code.
    pub fingerprint: SecretHash,
    /// For whom.
    pub person: PersonId,
    /// Who vouched.
    pub issued_by: PersonId,
    /// The trust or lone site in whose name.
    pub place: String,
    /// From when it is too old.
    pub expires_at: Timestamp,
}

/// The port.
#[async_trait]
pub trait Recovery: Send + Sync {
    /// Replaces all recovery codes of a person by these.
    async fn replace_recovery_codes(&self, person: PersonId, codes: &[SecretHash], effects: Effects) -> Result<()>;
    /// How many are left.
    async fn recovery_codes_left(&self, person: PersonId) -> Result<i64>;
    /// Uses one up; false when it is not this person's, or was used before, or the session is over.
    async fn use_recovery_code(&self, comeback: Comeback<'_>, code: &SecretHash, effects: Effects) -> Result<bool>;

    /// Adds a pass; the person's older unused ones stop working.
    async fn add_pass(&self, pass: &Pass, effects: Effects) -> Result<()>;
    /// Uses a pass up and puts elevated access on hold at these places; false when it is not this person's, was used
    /// before, or is too old, or the session is over.
    async fn use_pass(
        &self,
        comeback: Comeback<'_>,
        code: &SecretHash,
        (holds, effects): (&[String], Effects),
    ) -> Result<bool>;
    /// The unused pass of a person, if one is still good.
    async fn open_pass(&self, person: PersonId, now: Timestamp) -> Result<Option<Pass>>;

    /// Places where the person's elevated access waits for a confirmation.
    async fn holds_of(&self, person: PersonId) -> Result<Vec<String>>;
    /// Lifts a hold; false when there was none.
    async fn lift_hold(&self, person: PersonId, place: &str, effects: Effects) -> Result<bool>;
}
