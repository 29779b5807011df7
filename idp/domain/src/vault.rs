//! Sealing of secrets that must be read back: the port; the key lives in `certs`.

use crate::secret::SecretHash;

/// Seals small secrets for the database.
pub trait Vault: Send + Sync {
    /// Encrypts and authenticates. `purpose` is bound in: what was sealed for one use opens for no other.
    fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8>;

    /// Opens what [`Vault::seal`] made for the same purpose; absent when it was changed or the key is another one.
    fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>>;

    /// A keyed digest of a short secret that is only compared: without the master key a stolen database cannot be tried
    /// against all short codes. The same input gives the same digest for the same purpose only.
    fn fingerprint(&self, purpose: &str, plain: &[u8]) -> SecretHash;
}
