//! The worker that empties the outbox of signals. A signal leaves the outbox when every receiver has acknowledged it.

use async_trait::async_trait;
use idp_store::Outgoing;
use idp_store::outbox::Claimed;

use crate::Provider;

/// Where events are pushed to.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// `aud` of its events.
    pub audience: String,
    /// Sector of the subjects it knows.
    pub sector: String,
    /// Its endpoint.
    pub endpoint: String,
}

/// Sends one token by HTTP POST (`application/secevent+jwt`); true when it was accepted (202).
#[async_trait]
pub trait Post: Send + Sync {
    /// Sends.
    async fn post(&self, endpoint: &str, token: String) -> bool;
}

/// The worker.
pub struct Pusher<P> {
    /// The provider whose signals they are.
    pub provider: Provider,
    /// Who gets them.
    pub receivers: Vec<Receiver>,
    /// How.
    pub post: P,
}

/// Seconds after which a claimed signal that was neither delivered nor postponed is tried again (a crash in between).
const LEASE: i64 = 10;

impl<P: Post> Pusher<P> {
    /// Delivers what is due. Answers how many were claimed, so that the caller knows whether to rest.
    pub async fn run_once(&self) -> usize {
        let context = &self.provider.context;
        let claimed = match context.store.claim("signal", context.now(), LEASE, 64).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(%error, "signals cannot be read");
                return 0;
            }
        };
        for entry in &claimed {
            self.deliver(entry).await;
        }
        claimed.len()
    }

    async fn deliver(&self, entry: &Claimed) {
        let Outgoing::Signal(signal) = &entry.outgoing else { return };
        let context = &self.provider.context;
        // Beside the gateways: an app that does not answer holds up none of them.
        let spread = self.provider.spread(entry).await.inspect_err(|error| tracing::warn!(%error, "a signal for apps"));
        let mut refused = spread.is_err();
        for receiver in &self.receivers {
            let to = (receiver.audience.as_str(), receiver.sector.as_str());
            let claims = self.provider.event(signal, &entry.id, entry.created_at, to);
            let Some(token) = self.provider.keys.sign("secevent+jwt", &claims) else { continue };
            refused |= !self.post.post(&receiver.endpoint, token).await;
        }
        let now = context.now();
        let written = if refused {
            tracing::warn!("a signal was not accepted; it will be sent again");
            // Never long: a gateway that comes back still lets people in who were removed meanwhile.
            let wait = 1_i64 << entry.tries.clamp(0, 2);
            context.store.postpone(&entry.id, now.plus(wait), "a receiver did not accept it").await
        } else {
            context.store.delivered(&entry.id, now).await
        };
        if let Err(error) = written {
            tracing::warn!(%error, "a signal's receipt cannot be written; it will be sent again");
        }
    }
}
