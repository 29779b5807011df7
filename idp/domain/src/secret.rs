//! Secrets that are only compared: handed out once, kept as a hash, never printed.

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::random::Random;

/// An opaque secret of 256 bits in base64url: a cookie, a code, a token, a mailed link.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new unpredictable secret.
    pub fn new(random: &dyn Random) -> Self {
        let mut bytes = [0_u8; 32];
        random.fill(&mut bytes);
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What somebody presented as a secret. Nothing is promised about it.
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text to hand to its owner, once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What may be kept: SHA-256, enough for a secret that cannot be guessed.
    pub fn hash(&self) -> SecretHash {
        SecretHash(URL_SAFE_NO_PAD.encode(self.digest()))
    }

    /// The bytes behind [`Self::hash`], for tables that keep fewer of them.
    pub fn digest(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, self.0.as_bytes()).as_ref());
        bytes
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The hash of a [`Secret`], in base64url: a database key and nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(pub String);

impl SecretHash {
    /// Whether two hashes are the same, in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn a_secret_has_256_bits_and_does_not_print_itself() {
        let secret = Secret::new(&SeededRandom::new(1));
        assert_eq!(secret.reveal().len(), 43);
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert!(!secret.hash().0.contains(secret.reveal()));
    }
}
