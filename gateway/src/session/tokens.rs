//! Whom apps act for: what a token stands for at a site, kept for as long as the provider says so.
//!
//! The provider is asked again at every second in which a token is used or a stream of it is open, so that one that was given
//! up opens nothing a second later. What is told of people in between ends these as it ends sessions.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Deserialize;

use super::cache::{Live, Sessions};
use super::record::Record;
use super::revocations::Revoked;

/// What is known of a token.
pub(super) struct Known {
    /// Whom it stands for.
    pub live: Arc<Live>,
    /// The token itself, to ask again.
    token: String,
    /// To what it is bound.
    bound: Bound,
    /// When the provider was asked last.
    asked_at: i64,
}

impl Known {
    /// Whether it goes on after a revocation; ends what it opened if not.
    pub fn stays(&self, revoked: &Revoked) -> bool {
        let meant = revoked.means(&self.live.record);
        if meant {
            self.live.ended.cancel();
        }
        !meant
    }
}

/// To what a token is bound (RFC 7800 `cnf`): thumbprints of a key and of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Bound {
    /// `jkt` (RFC 9449 §6).
    pub jkt: Option<String>,
    /// `x5t#S256` (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256")]
    pub x5t: Option<String>,
}

/// What a token stands for, as the provider says.
pub(crate) struct Standing {
    /// Whom, at which site.
    pub record: Record,
    /// To what it is bound.
    pub bound: Bound,
}

impl Sessions {
    /// What is known of a token, if the provider was asked in this very second.
    pub fn token(&self, hash: &str) -> Option<(Arc<Live>, Bound)> {
        let now = self.clock.now();
        let kept = self.read();
        let known = kept.tokens.get(hash).filter(|known| known.asked_at == now)?;
        Some((known.live.clone(), known.bound.clone()))
    }

    /// Whether a token counted when the provider was last asked.
    pub fn knows_token(&self, hash: &str) -> bool {
        self.read().tokens.contains_key(hash)
    }

    /// Takes what the provider said of a token, with the mark from before it was asked; nothing when it does not count, or
    /// its person was told of since.
    pub fn told_of_token(
        &self,
        (hash, token): (&str, &str),
        standing: Option<Standing>,
        mark: u64,
    ) -> Option<(Arc<Live>, Bound)> {
        let now = self.clock.now();
        let mut kept = self.write();
        let standing = standing.filter(|said| !kept.revocations.since(mark, &said.record));
        let before = kept.tokens.remove(hash);
        let Some(Standing { record, bound }) = standing.filter(|said| now < said.record.expires_at()) else {
            before.inspect(|known| known.live.ended.cancel());
            return None;
        };
        // The same as before keeps what was decided, and its open streams.
        let live = match before {
            Some(known) if known.live.record == record => known.live,
            other => {
                other.inspect(|known| known.live.ended.cancel());
                Arc::new(Live::new(hash.to_owned(), record, now))
            }
        };
        live.seen.store(now, Ordering::Relaxed);
        let known = Known { live: live.clone(), token: token.to_owned(), bound: bound.clone(), asked_at: now };
        kept.tokens.insert(hash.to_owned(), known);
        Some((live, bound))
    }

    /// Forgets tokens that are over or not used; answers those with something open that the provider has to be asked of again:
    /// hash, token, site.
    pub fn tokens_to_ask(&self) -> Vec<(String, String, String)> {
        let now = self.clock.now();
        let mut kept = self.write();
        kept.tokens.retain(|_, known| {
            let open = Arc::strong_count(&known.live) > 1;
            let over = now >= known.live.record.expires_at();
            if over {
                known.live.ended.cancel();
            }
            !over && (open || now - known.asked_at < KEPT)
        });
        let open = kept.tokens.iter().filter(|(_, known)| known.asked_at < now && Arc::strong_count(&known.live) > 1);
        open.map(|(hash, known)| (hash.clone(), known.token.clone(), known.live.record.site.clone())).collect()
    }
}

/// Seconds for which a token that is not used is remembered, with what was decided about it.
const KEPT: i64 = 60;
