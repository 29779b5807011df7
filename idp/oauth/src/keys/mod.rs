//! The provider's signing keys: made on first start, sealed in the store, published before they sign and after they have.
//!
//! A new key is published at once and signs once every cache of our JWKS knows it. The one before it stays published until
//! nothing that it signed is looked at any more. A key that is revoked is gone at once; the next one signs without waiting.

mod pair;

use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::digest;
use idp_domain::Timestamp;
use idp_domain::client::IdTokenAlg;
use idp_store::signing_keys::StoredSigningKey;
use idp_store::{Context, StoreError};
use openidconnect::PrivateSigningKey;
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use serde_json::{Value, json};

use crate::jws;

pub use pair::SigningKey;

const SEAL: &str = "signing-key";
/// Seconds for which a key is published before it signs: three times as long as our JWKS may be cached.
pub const LEAD: i64 = 15 * 60;
/// Seconds for which a key stays published after the next one signs: longer than any sign-in, whose ID token is the hint
/// at its end.
pub const KEEP: i64 = 24 * 3600;
/// Seconds after which a key is replaced without anybody asking: 90 days.
pub const ROTATE: i64 = 90 * 24 * 3600;
/// Algorithms of which there is always a key.
const ALGS: [&str; 3] = ["ES256", "RS256", "EdDSA"];
/// The RSA key signs by PSS as well, under a name and in a JWK of its own (RFC 7517 §4.4).
const PSS: &str = "PS256";

/// A key as it is held in memory.
#[derive(Clone)]
struct Held {
    alg: String,
    created_at: Timestamp,
    key: Arc<SigningKey>,
}

/// The current keys.
pub struct KeyRing {
    /// Newest first.
    held: RwLock<Arc<Vec<Held>>>,
    clock: Arc<dyn idp_domain::Clock>,
}

impl KeyRing {
    /// Loads the keys, making those that are missing. Two nodes that start at once end with the same keys.
    pub async fn load(context: &Context) -> Result<Self, StoreError> {
        let ring = Self { held: RwLock::default(), clock: context.clock.clone() };
        ring.tend(context).await?;
        Ok(ring)
    }

    /// Reads the keys again, replaces those that are old, and drops those that nobody needs any more. Called every few
    /// seconds, so that a revocation on one node is known to all.
    pub async fn tend(&self, context: &Context) -> Result<(), StoreError> {
        let now = context.now();
        let mut stored = context.store.signing_keys().await?;
        for alg in ALGS {
            let fresh = stored.iter().any(|key| key.alg == alg && now.since(key.created_at) < ROTATE);
            if !fresh {
                stored = add(context, alg, (now, now.plus(-ROTATE))).await?;
            }
        }
        for over in outlived(&stored, now) {
            context.store.remove_signing_key(&over).await?;
            stored.retain(|key| key.kid != over);
        }
        let all = self.all();
        let held = all.iter().filter(|one| one.alg != PSS).map(|one| one.key.kid());
        if !held.eq(stored.iter().map(|key| key.kid.as_str())) {
            let held = stored.iter().map(|key| opened(context, key)).collect::<Result<Vec<_>, _>>()?;
            *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(held.concat());
        }
        Ok(())
    }

    /// Adds a key of each algorithm; it signs once it has been published for [`LEAD`]. All are dated one moment after every
    /// key there is, so that of two keys one is always the newer, however soon they follow each other.
    pub async fn rotate(&self, context: &Context) -> Result<(), StoreError> {
        let after_all = context.store.signing_keys().await?.iter().map(|key| key.created_at.plus(1)).max();
        let made = context.now().max(after_all.unwrap_or(Timestamp(0)));
        for alg in ALGS {
            add(context, alg, (made, made.plus(-1))).await?;
        }
        self.tend(context).await
    }

    /// Takes a key away at once, whatever it has signed. False when there is none of this name.
    pub async fn revoke(&self, context: &Context, kid: &str) -> Result<bool, StoreError> {
        let gone = context.store.remove_signing_key(kid).await?;
        self.tend(context).await?;
        Ok(gone)
    }

    /// Every key: its name, algorithm, when it was made, and whether it signs now.
    pub fn list(&self) -> Vec<(String, String, Timestamp, bool)> {
        let held = self.all();
        let signs = |one: &Held| self.signing(&one.alg).is_some_and(|key| key.kid() == one.key.kid());
        let own = held.iter().filter(|one| one.alg != PSS);
        own.map(|one| (one.key.kid().to_owned(), one.alg.clone(), one.created_at, signs(one))).collect()
    }

    fn all(&self) -> Arc<Vec<Held>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The newest key of an algorithm that everybody knows by now, or the oldest where none is known for long enough.
    fn signing(&self, alg: &str) -> Option<Arc<SigningKey>> {
        let (held, now) = (self.all(), self.clock.now());
        let known = |one: &&Held| now.since(one.created_at) >= LEAD;
        let of_alg = || held.iter().filter(|one| one.alg == alg);
        of_alg().find(known).or_else(|| of_alg().next_back()).map(|one| one.key.clone())
    }

    /// The key for an algorithm.
    pub fn for_alg(&self, alg: IdTokenAlg) -> Option<(Arc<SigningKey>, CoreJwsSigningAlgorithm)> {
        let by = match alg {
            IdTokenAlg::ES256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            IdTokenAlg::RS256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            IdTokenAlg::PS256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
            IdTokenAlg::EdDSA => CoreJwsSigningAlgorithm::EdDsa,
        };
        Some((self.signing(alg.name())?, by))
    }

    /// The published JWKS (RFC 7517 §5), with `alg` in each key.
    pub fn jwks(&self) -> Value {
        let held = self.all();
        let keys = CoreJsonWebKeySet::new(held.iter().map(|one| one.key.as_verification_key()).collect());
        let mut set = serde_json::to_value(keys).unwrap_or_else(|_| json!({ "keys": [] }));
        for (key, one) in set.get_mut("keys").and_then(Value::as_array_mut).into_iter().flatten().zip(held.iter()) {
            if let Some(key) = key.as_object_mut() {
                key.insert("alg".to_owned(), json!(one.alg));
            }
        }
        set
    }

    /// Signs claims with ES256 under a chosen `typ` (RFC 8725 §3.11).
    pub fn sign(&self, typ: &str, claims: &Value) -> Option<String> {
        self.sign_as(IdTokenAlg::ES256, typ, claims)
    }

    /// Signs claims as a client asks, under a chosen `typ`.
    pub fn sign_as(&self, alg: IdTokenAlg, typ: &str, claims: &Value) -> Option<String> {
        let (key, by) = self.for_alg(alg)?;
        let header = json!({ "alg": alg.name(), "kid": key.kid(), "typ": typ });
        let input = jws::signing_input(&header, claims);
        let signature = key.sign(&by, input.as_bytes()).ok()?;
        Some(jws::compact(&input, &signature))
    }
}

/// Names of keys that a newer one replaced so long ago that nothing of theirs is looked at any more. `stored` is newest first.
fn outlived(stored: &[StoredSigningKey], now: Timestamp) -> Vec<String> {
    let replaced = |key: &&StoredSigningKey| {
        stored.iter().any(|newer| {
            newer.alg == key.alg && newer.created_at > key.created_at && now.since(newer.created_at) >= LEAD + KEEP
        })
    };
    stored.iter().filter(replaced).map(|key| key.kid.clone()).collect()
}

/// Adds a key, dated `made`, unless somebody has added one of this algorithm after a moment. Answers the keys that now stand.
async fn add(
    context: &Context,
    alg: &str,
    (made, unless_after): (Timestamp, Timestamp),
) -> Result<Vec<StoredSigningKey>, StoreError> {
    let der = pair::generate(alg).ok_or_else(|| StoreError::Corrupt(format!("no {alg} key can be made")))?;
    // Hexadecimal, so that no name looks like an option on a command line.
    let print = digest::digest(&digest::SHA256, &der).as_ref().first_chunk().copied().unwrap_or_default();
    let kid = format!("{:016x}", u64::from_be_bytes(print));
    let sealed = context.vault.seal(SEAL, &der);
    let key = StoredSigningKey { kid, alg: alg.to_owned(), sealed, created_at: made };
    context.store.add_signing_key(&key, unless_after).await
}

/// A stored key as it is used: one of RSA twice, once for each way of signing.
fn opened(context: &Context, stored: &StoredSigningKey) -> Result<Vec<Held>, StoreError> {
    let alg = &stored.alg;
    let unreadable = || StoreError::Corrupt(format!("the {alg} signing key does not open with this master key"));
    let der = context.vault.open(SEAL, &stored.sealed).ok_or_else(unreadable)?;
    let held = |alg: &str, kid: String| {
        let key = SigningKey::from_pkcs8(alg, &der, kid).ok_or_else(unreadable)?;
        Ok(Held { alg: alg.to_owned(), created_at: stored.created_at, key: Arc::new(key) })
    };
    let own = held(alg, stored.kid.clone())?;
    if alg != "RS256" {
        return Ok(vec![own]);
    }
    Ok(vec![own, held(PSS, format!("{}-pss", stored.kid))?])
}
