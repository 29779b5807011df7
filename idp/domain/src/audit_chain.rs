//! The chain over the audit log: each link holds what was logged and the link before, so that nothing in the middle can be
//! changed, taken out or put in without a break that anybody can see.

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::audit::AuditEntry;
use crate::clock::Timestamp;

/// What is hashed begins with what it is, so that no hash of one kind is one of another.
const ENTRY: &str = "lanyard audit entry 1";
const LINK: &str = "lanyard audit link 1";

/// An entry with the name under which it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// Its identifier: unpredictable, so that nobody finds by trying what an entry says whose hash they know.
    pub id: String,
    /// What it says.
    #[serde(flatten)]
    pub entry: AuditEntry,
}

/// A link of the chain. It stays when its entry has grown too old to be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number, from 1 on, without a gap.
    pub seq: i64,
    /// When its entry was written.
    pub at: Timestamp,
    /// Whether its entry tells of somebody coming and going, which is kept for a shorter time.
    pub signin: bool,
    /// SHA-256 of its entry, base64url.
    pub digest: String,
    /// SHA-256 of this link's number, time, kind and digest and of the link before, base64url.
    pub link: String,
}

/// What was signed of the chain: everything up to a link, at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of the link.
    pub seq: i64,
    /// When it was signed.
    pub at: Timestamp,
    /// A compact JWS over `seq`, `link` and `at` (RFC 7515).
    pub signed: String,
}

impl Link {
    /// The link of an entry after another, or the first.
    pub fn after(before: Option<&Self>, logged: &Logged) -> Self {
        let seq = before.map_or(1, |before| before.seq + 1);
        let (at, signin, digest) = (logged.entry.at, logged.entry.is_sign_in(), digest(logged));
        let link = String::new();
        let unlinked = Self { seq, at, signin, digest, link };
        Self { link: unlinked.hashed(before), ..unlinked }
    }

    /// Whether this link follows that one, or none, and nothing of it was changed.
    pub fn follows(&self, before: Option<&Self>) -> bool {
        self.seq == before.map_or(1, |before| before.seq + 1) && self.link == self.hashed(before)
    }

    fn hashed(&self, before: Option<&Self>) -> String {
        let before = before.map_or("", |before| &before.link);
        let (seq, at, kind) =
            (self.seq.to_string(), self.at.0.to_string(), if self.signin { "signin" } else { "other" });
        hash(LINK, &[before, &seq, &at, kind, &self.digest])
    }

    /// Whether it is the link of this very entry.
    pub fn holds(&self, logged: &Logged) -> bool {
        self.digest == digest(logged) && self.at == logged.entry.at && self.signin == logged.entry.is_sign_in()
    }
}

fn digest(logged: &Logged) -> String {
    let Logged { id, entry } = logged;
    let AuditEntry { at, event, actor, subject, site, trust, sentence } = entry;
    let [actor, subject] = [actor, subject].map(|id| id.map(|id| id.to_string()).unwrap_or_default());
    let site = site.map(|id| id.to_string()).unwrap_or_default();
    let trust = trust.map(|id| id.to_string()).unwrap_or_default();
    hash(ENTRY, &[id, &at.0.to_string(), event, &actor, &subject, &site, &trust, sentence])
}

/// Each part with its length before it: no two lists of parts are the same bytes.
fn hash(what: &str, parts: &[&str]) -> String {
    let mut context = Context::new(&SHA256);
    for part in [what].iter().chain(parts) {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(context.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(id: &str, sentence: &str) -> Logged {
        Logged { id: id.to_owned(), entry: AuditEntry::new(Timestamp(7), "x.y", sentence) }
    }

    #[test]
    fn l_03_a_link_holds_its_entry_and_the_one_before() {
        let first = Link::after(None, &logged("a", "One"));
        let second = Link::after(Some(&first), &logged("b", "Two"));
        assert!(first.follows(None) && second.follows(Some(&first)));
        assert!(!second.follows(None) && !first.follows(Some(&second)));
        assert!(second.holds(&logged("b", "Two")) && !second.holds(&logged("b", "two")));
        let shifted = AuditEntry::new(Timestamp(7), "x.", "yTwo");
        assert!(!second.holds(&Logged { id: "b".to_owned(), entry: shifted }));
        for changed in [
            Link { seq: 3, ..second.clone() },
            Link { at: Timestamp(8), ..second.clone() },
            Link { signin: true, ..second.clone() },
            Link { digest: first.digest.clone(), ..second.clone() },
        ] {
            assert!(!changed.follows(Some(&first)), "{changed:?}");
        }
    }
}
