//! Authorization codes: each is redeemed at most once.

use async_trait::async_trait;
use idp_domain::{SecretHash, Timestamp};

use crate::error::Result;

/// What presenting a code leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// First use: here is what it stands for.
    Fresh(String),
    /// It was used before; everything of this token family has to end (RFC 6749 §4.1.2).
    Replayed {
        /// The token family that the code began.
        family: String,
    },
    /// Never heard of, or expired.
    Unknown,
}

/// The port.
#[async_trait]
pub trait Codes: Send + Sync {
    /// Keeps a code. `family` names the tokens that will come from it.
    async fn add_code(&self, hash: &SecretHash, body: &str, family: &str, expires_at: Timestamp) -> Result<()>;
    /// Reads what a fresh code stands for without using it.
    async fn look_code(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<String>>;
    /// Uses a code, atomically; used codes are remembered for an hour after they expire.
    async fn redeem_code(&self, hash: &SecretHash, now: Timestamp) -> Result<Redeemed>;
}
