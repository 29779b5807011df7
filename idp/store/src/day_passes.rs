//! Day passes: a printed code that opens one person's access until the evening.

use async_trait::async_trait;
use idp_domain::{PersonId, SecretHash, Timestamp};

use crate::error::Result;

/// Name under which the codes of day passes are fingerprinted, by whoever makes and whoever checks them.
pub const DAY_PASS_PURPOSE: &str = "day pass";
/// Characters of a day pass's code.
pub const DAY_PASS_LENGTH: usize = 12;

/// The code of a day pass. It may be used again until it expires: whoever holds it changes rooms and computers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayPass {
    /// Fingerprint of the code.
    pub fingerprint: SecretHash,
    /// Whose it is.
    pub person: PersonId,
    /// From when it is worth nothing.
    pub expires_at: Timestamp,
}

/// The port. Passes come in with [`crate::imports::Batch`], together with their person and membership.
#[async_trait]
pub trait DayPasses: Send + Sync {
    /// The pass of a code, if it is still good.
    async fn day_pass(&self, fingerprint: &SecretHash, now: Timestamp) -> Result<Option<DayPass>>;
}
