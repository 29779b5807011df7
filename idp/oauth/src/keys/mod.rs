//! The provider's signing keys: made on first start, sealed in the store, one current key for each algorithm.

mod pair;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idp_domain::client::IdTokenAlg;
use idp_store::signing_keys::StoredSigningKey;
use idp_store::{Context, StoreError};
use openidconnect::PrivateSigningKey;
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use serde_json::{Value, json};

use crate::jws;

pub use pair::SigningKey;

const SEAL: &str = "signing-key";

/// The current keys.
pub struct KeyRing {
    es256: SigningKey,
    rs256: SigningKey,
}

impl KeyRing {
    /// Loads the keys, making those that are missing. Two nodes that start at once end with the same keys.
    pub async fn load(context: &Context) -> Result<Self, StoreError> {
        Ok(Self { es256: ready(context, "ES256").await?, rs256: ready(context, "RS256").await? })
    }

    /// The key for an algorithm.
    pub fn for_alg(&self, alg: IdTokenAlg) -> (&SigningKey, CoreJwsSigningAlgorithm) {
        match alg {
            IdTokenAlg::ES256 => (&self.es256, CoreJwsSigningAlgorithm::EcdsaP256Sha256),
            IdTokenAlg::RS256 => (&self.rs256, CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256),
        }
    }

    /// The published JWKS (RFC 7517 §5), with `alg` in each key.
    pub fn jwks(&self) -> Value {
        let keys = CoreJsonWebKeySet::new(vec![self.es256.as_verification_key(), self.rs256.as_verification_key()]);
        let mut set = serde_json::to_value(keys).unwrap_or_else(|_| json!({ "keys": [] }));
        let algs = ["ES256", "RS256"];
        for (key, alg) in set.get_mut("keys").and_then(Value::as_array_mut).into_iter().flatten().zip(algs) {
            if let Some(key) = key.as_object_mut() {
                key.insert("alg".to_owned(), json!(alg));
            }
        }
        set
    }

    /// Signs claims with ES256 under a chosen `typ` (RFC 8725 §3.11).
    pub fn sign(&self, typ: &str, claims: &Value) -> Option<String> {
        let header = json!({ "alg": "ES256", "kid": self.es256.kid(), "typ": typ });
        let input = jws::signing_input(&header, claims);
        let signature = self.es256.sign(&CoreJwsSigningAlgorithm::EcdsaP256Sha256, input.as_bytes()).ok()?;
        Some(jws::compact(&input, &signature))
    }
}

async fn ready(context: &Context, alg: &str) -> Result<SigningKey, StoreError> {
    let mut stored = context.store.signing_keys().await?;
    if !stored.iter().any(|key| key.alg == alg) {
        let der = pair::generate(alg).ok_or_else(|| StoreError::Corrupt(format!("no {alg} key can be made")))?;
        let kid = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &der).as_ref().get(..9).unwrap_or_default());
        let sealed = context.vault.seal(SEAL, &der);
        let key = StoredSigningKey { kid, alg: alg.to_owned(), sealed, created_at: context.now() };
        stored = context.store.add_first_signing_key(&key).await?;
    }
    let unreadable = || StoreError::Corrupt(format!("the {alg} signing key does not open with this master key"));
    let key = stored.into_iter().find(|key| key.alg == alg).ok_or_else(unreadable)?;
    let der = context.vault.open(SEAL, &key.sealed).ok_or_else(unreadable)?;
    SigningKey::from_pkcs8(alg, &der, key.kid).ok_or_else(unreadable)
}
