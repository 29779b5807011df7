//! Public keys of clients: registered ones, and those that a client publishes at an address of its own (`jwks_uri`), fetched
//! when they are needed, again when a key is not known, and never more often than an address has to bear.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use idp_domain::Timestamp;
use idp_domain::client::{Client, ClientAuth};

use crate::Provider;
use crate::jwk::PublicKey;

/// Seconds for which fetched keys count without being looked at again.
const FRESH: i64 = 10 * 60;
/// Seconds that pass at least between two fetches of one address, whatever is asked of it.
const PAUSE: i64 = 60;
/// Seconds for which fetched keys go on to count while their address does not answer.
const KEPT: i64 = 24 * 3600;
/// Most keys of a set that are looked at: each costs a signature to be checked.
const MOST: usize = 20;

/// Gets a text from an address that a maker of an app has named: from the public internet alone, and nothing large.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// The body of a 200; none for anything else.
    async fn get(&self, address: &str) -> Option<String>;
}

/// What was fetched from one address.
#[derive(Clone, Debug)]
struct Fetched {
    keys: Vec<PublicKey>,
    /// When it answered last.
    at: Timestamp,
    /// When it was asked last.
    asked_at: Timestamp,
}

/// Keys that clients publish.
#[derive(Default)]
pub struct PublishedKeys {
    fetch: OnceLock<Arc<dyn Fetch>>,
    known: Mutex<HashMap<String, Fetched>>,
}

impl PublishedKeys {
    /// Fetches by this from now on; without it nothing is fetched. Only the first one counts.
    pub fn fetch_by(&self, fetch: Arc<dyn Fetch>) {
        let _ = self.fetch.set(fetch);
    }

    /// What an address says now; nothing where nothing is fetched, or it does not answer.
    pub(crate) async fn text_at(&self, address: &str) -> Option<String> {
        self.fetch.get()?.get(address).await
    }

    /// The keys at an address, looked for anew when the `wanted` one is not among them.
    async fn at(&self, uri: &str, wanted: impl Fn(&PublicKey) -> bool, now: Timestamp) -> Vec<PublicKey> {
        let known = self.read().get(uri).cloned();
        if let Some(found) = &known
            && ((found.keys.iter().any(wanted) && now.since(found.at) < FRESH) || now.since(found.asked_at) < PAUSE)
        {
            return counting(found, now);
        }
        // Noted before the answer is there: a hundred requests with a made-up key fetch once.
        let before = known.unwrap_or(Fetched { keys: Vec::new(), at: Timestamp(0), asked_at: now });
        self.read().insert(uri.to_owned(), Fetched { asked_at: now, ..before.clone() });
        let found =
            match self.text_at(uri).await.map(|text| PublicKey::parse_set(&text)).filter(|keys| !keys.is_empty()) {
                Some(mut keys) => {
                    keys.truncate(MOST);
                    Fetched { keys, at: now, asked_at: now }
                }
                None => {
                    tracing::warn!(uri, "the keys of a client cannot be fetched");
                    Fetched { asked_at: now, ..before }
                }
            };
        let keys = counting(&found, now);
        self.read().insert(uri.to_owned(), found);
        keys
    }

    fn read(&self) -> std::sync::MutexGuard<'_, HashMap<String, Fetched>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counting(found: &Fetched, now: Timestamp) -> Vec<PublicKey> {
    if now.since(found.at) < KEPT { found.keys.clone() } else { Vec::new() }
}

impl Provider {
    /// The keys by which a client may have signed something that names `kid`; none for a client that signs nothing.
    pub(crate) async fn keys_of(&self, client: &Client, kid: Option<&str>) -> Vec<PublicKey> {
        match &client.auth {
            ClientAuth::PrivateKeyJwt { public_key } => PublicKey::of_point(public_key).into_iter().collect(),
            ClientAuth::Keys { jwks } | ClientAuth::SelfSigned { jwks } => PublicKey::parse_set(jwks),
            ClientAuth::KeysAt { uri } | ClientAuth::SelfSignedAt { uri } => {
                let wanted = |key: &PublicKey| kid.is_none() || key.kid.as_deref() == kid;
                self.published_keys.at(uri, wanted, self.context.now()).await
            }
            ClientAuth::None | ClientAuth::Secret { .. } | ClientAuth::Tls { .. } => Vec::new(),
        }
    }

    /// Whether a certificate is among those with which a client proves itself (RFC 8705 §2.2).
    pub(crate) async fn has_certificate(&self, client: &Client, der: &[u8]) -> bool {
        let is_it = |key: &PublicKey| key.certificate.as_deref() == Some(der);
        match &client.auth {
            ClientAuth::SelfSigned { jwks } => PublicKey::parse_set(jwks).iter().any(is_it),
            ClientAuth::SelfSignedAt { uri } => {
                self.published_keys.at(uri, is_it, self.context.now()).await.iter().any(is_it)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// An address that publishes other keys than before, or does not answer.
    #[derive(Default)]
    struct Changing {
        asked: AtomicUsize,
        text: Mutex<Option<String>>,
    }

    #[async_trait]
    impl Fetch for Changing {
        async fn get(&self, _: &str) -> Option<String> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.text.lock().unwrap().clone()
        }
    }

    fn set(kid: &str) -> String {
        let x = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";
        format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{x}","kid":"{kid}"}}]}}"#)
    }

    #[tokio::test]
    async fn an_unknown_key_is_looked_for_once_a_minute_and_an_address_that_is_away_forgets_nothing_for_a_day() {
        let (published, address) = (PublishedKeys::default(), Arc::new(Changing::default()));
        assert!(published.at("u", |_| true, Timestamp(0)).await.is_empty(), "nothing is fetched by nobody");
        published.fetch_by(address.clone());
        *address.text.lock().unwrap() = Some(set("a"));
        let count = |kid: &'static str, at: i64| {
            let (published, address) = (&published, &address);
            async move {
                let keys = published.at("u", |key| key.kid.as_deref() == Some(kid), Timestamp(at)).await;
                (keys.iter().any(|key| key.kid.as_deref() == Some(kid)), address.asked.load(Ordering::Relaxed))
            }
        };
        assert_eq!(count("a", 60).await, (true, 1));
        assert_eq!(count("a", 61).await, (true, 1), "fresh");
        assert_eq!(count("b", 119).await, (false, 1), "not asked again within a minute");
        *address.text.lock().unwrap() = Some(set("b"));
        assert_eq!(count("b", 120).await, (true, 2), "a key that is not known is looked for");
        assert_eq!(count("a", 121).await, (false, 2), "and the old one is gone");
        *address.text.lock().unwrap() = None;
        assert_eq!(count("b", 120 + FRESH).await, (true, 3), "an address that is away forgets nothing");
        assert_eq!(count("b", 120 + KEPT).await, (false, 4), "for a day");
    }
}
