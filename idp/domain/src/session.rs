//! A signed-in browser at the provider.

use serde::{Deserialize, Serialize};

use crate::acr::{Acr, Amr};
use crate::clock::Timestamp;
use crate::id::{KeyId, PersonId};
use crate::key::KeyKind;
use crate::secret::SecretHash;

/// Longest time without use on a shared computer, in seconds.
const IDLE_SHARED: i64 = 15 * 60;

/// How long a session lasts, in seconds; fixed when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Whatever happens.
    pub absolute: i64,
    /// Without use.
    pub idle: i64,
}

impl Limits {
    /// The same on a classroom computer.
    #[must_use]
    pub fn shared(self) -> Self {
        Self { idle: self.idle.min(IDLE_SHARED), ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { absolute: 12 * 3600, idle: 30 * 60 }
    }
}

/// When a session ends, for whoever keeps one that hangs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// At this moment, whatever happens.
    pub at: Timestamp,
    /// After so many seconds without use.
    pub idle: i64,
}

/// One browser in which a person is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// Hash of the cookie.
    pub hash: SecretHash,
    /// The public `sid` (OpenID Connect Back-Channel Logout §2.1); it opens nothing.
    pub sid: String,
    /// Who is signed in.
    pub person: PersonId,
    /// The person's epoch at sign-in; another one ends the session.
    pub epoch: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to within a minute.
    pub seen_at: Timestamp,
    /// When the password (or passkey, or account elsewhere) was last proven: `auth_time`.
    pub auth_time: Timestamp,
    /// The last proof with a key in this browser.
    pub key_proof: Option<KeyProof>,
    /// A classroom computer: short idle time, nothing remembered.
    pub shared: bool,
    /// How the person signed in.
    pub method: Method,
    /// Whether the browser was known to be the person's as it began, or a mailed link or code showed it: without that, a
    /// password alone adds no first key and changes no address.
    pub confirmed: bool,
    /// When a recovery code or a temporary pass was used here; it lets its owner change keys, and nothing else (M-07).
    pub recovered_at: Option<Timestamp>,
    /// The browser in words, for "Where you are signed in".
    pub agent: String,
    /// How long it lasts.
    pub limits: Limits,
}

/// How a person signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// E-mail and password.
    Password,
    /// A passkey alone.
    Passkey,
    /// An account at a provider elsewhere.
    Upstream,
    /// A printed day pass: for one site, until the evening.
    DayPass,
}

impl Method {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Passkey => "passkey",
            Self::Upstream => "upstream",
            Self::DayPass => "day-pass",
        }
    }

    /// Reads the stored word; anything unknown is the weakest one.
    pub fn parse(text: &str) -> Self {
        match text {
            "passkey" => Self::Passkey,
            "password" => Self::Password,
            "day-pass" => Self::DayPass,
            _ => Self::Upstream,
        }
    }
}

/// A proof with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyProof {
    /// With which kind of key.
    pub kind: KeyKind,
    /// With which key: when that one is suspended or removed, the proof counts no more.
    pub key: Option<KeyId>,
    /// When.
    pub at: Timestamp,
    /// For which trust (or lone site) it was given: it is carried over only within it. Empty for the person's own account.
    pub place: String,
    /// Where the person works, when that was one trust (or lone site) alone as they gave it for their own account: it counts
    /// there as well, so that somebody who has just added a key is not asked for it again. Empty when there is no such place.
    pub home: String,
}

impl KeyProof {
    /// A proof for a place.
    pub fn new((kind, key): (KeyKind, KeyId), at: Timestamp, place: &str) -> Self {
        Self { kind, key: Some(key), at, place: place.to_owned(), home: String::new() }
    }

    /// Whether it was given for this place.
    pub fn is_for(&self, place: &str) -> bool {
        self.place == place || (self.place.is_empty() && self.home == place)
    }
}

impl Session {
    /// Whether it still counts at `now` for a person at `epoch`. Both limits are exclusive.
    pub fn is_live(&self, now: Timestamp, epoch: i64) -> bool {
        let Ends { at, idle } = self.ends();
        self.epoch == epoch && now < at && now.since(self.seen_at) < idle
    }

    /// When it ends.
    pub fn ends(&self) -> Ends {
        Ends { at: self.created_at.plus(self.limits.absolute), idle: self.limits.idle }
    }

    /// The passkey that this session began with, if that was at most `within` seconds ago and for this place.
    pub fn sign_in_proof(&self, place: &str, within: i64, now: Timestamp) -> Option<&KeyProof> {
        let began_it = |proof: &&KeyProof| self.method == Method::Passkey && proof.at == self.auth_time;
        let counts = |proof: &&KeyProof| proof.is_for(place) && now.since(proof.at) <= within;
        self.key_proof.as_ref().filter(began_it).filter(counts)
    }

    /// When the person last proved anything here: `auth_time` (OpenID Connect Core §2).
    pub fn last_proof(&self) -> Timestamp {
        self.key_proof.as_ref().map_or(self.auth_time, |proof| proof.at.max(self.auth_time))
    }

    /// The class that this session may claim, given a proof that counts.
    pub fn acr(proof: Option<&KeyProof>) -> Acr {
        proof.map_or(Acr::Base, |proof| proof.kind.acr())
    }

    /// The methods that this session may claim, given a proof that counts.
    pub fn amr(&self, proof: Option<&KeyProof>) -> Vec<Amr> {
        let mut amr = match self.method {
            Method::Password => vec![Amr::Pwd],
            // How they proved themselves elsewhere is not ours to say; a printed pass proves nothing that RFC 8176 names.
            Method::Upstream | Method::DayPass => Vec::new(),
            // Said whether or not the proof still counts for the asked class: it is how this session began.
            Method::Passkey => KeyKind::Passkey.amr().to_vec(),
        };
        for method in proof.map(|proof| proof.kind.amr()).unwrap_or_default() {
            if !amr.contains(method) {
                amr.push(*method);
            }
        }
        amr
    }
}
