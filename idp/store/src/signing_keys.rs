//! Signing keys of the provider, sealed.

use async_trait::async_trait;
use idp_domain::Timestamp;

use crate::error::Result;

/// A signing key as it is stored.
#[derive(Clone, Debug)]
pub struct StoredSigningKey {
    /// `kid`.
    pub kid: String,
    /// `ES256` or `RS256`.
    pub alg: String,
    /// PKCS#8, sealed.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The port.
#[async_trait]
pub trait SigningKeys: Send + Sync {
    /// All keys, newest first.
    async fn signing_keys(&self) -> Result<Vec<StoredSigningKey>>;
    /// Adds a key unless there is one of this algorithm that was made after a moment; answers the keys that now stand (two
    /// nodes may start at once).
    async fn add_signing_key(&self, key: &StoredSigningKey, unless_after: Timestamp) -> Result<Vec<StoredSigningKey>>;
    /// Takes a key away. False when there was none of this name.
    async fn remove_signing_key(&self, kid: &str) -> Result<bool>;
}
