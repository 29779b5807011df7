//! Sign-in attempts: where somebody is on the way in. Short-lived.

use async_trait::async_trait;
use idp_domain::{SecretHash, Timestamp};

use crate::error::Result;

/// A stored attempt with a version, so that two tabs cannot overwrite each other unseen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAttempt {
    /// Hash of its identifier.
    pub hash: SecretHash,
    /// Counts up with each change; 0 is new.
    pub version: i64,
    /// What `idp/signin` keeps in it (JSON).
    pub body: String,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

/// The port.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// Adds an attempt (version 0).
    async fn add_attempt(&self, attempt: &StoredAttempt) -> Result<()>;
    /// Reads one that has not expired at `now`.
    async fn attempt(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<StoredAttempt>>;
    /// Saves it if the stored version is still `attempt.version`, counting it up. False when somebody was faster.
    async fn save_attempt(&self, attempt: &StoredAttempt) -> Result<bool>;
    /// Removes it; true only for the one caller who removed it.
    async fn take_attempt(&self, hash: &SecretHash) -> Result<bool>;
}
