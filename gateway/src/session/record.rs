//! What a session knows: facts of one site, from one ID token.

use serde::{Deserialize, Serialize};

/// Longest life of a site's session, in seconds; the provider's own is no longer.
pub(crate) const ABSOLUTE: i64 = 12 * 3600;
/// Longest time without a request, in seconds, unless the provider says another.
pub(crate) const IDLE: i64 = 30 * 60;
/// Longest that a provider may say.
pub(crate) const LONGEST_IDLE: i64 = 60 * 60;

/// A session of one browser at one site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub site: String,
    pub sub: String,
    pub sid: String,
    pub name: String,
    pub email: String,
    pub account: String,
    pub groups: Vec<String>,
    pub scope: String,
    pub classes: Vec<String>,
    pub years: Vec<String>,
    pub may_elevate: bool,
    pub member_until: Option<i64>,
    pub auth_time: i64,
    pub created_at: i64,
    /// Given back to the provider at sign-out, so that it need not ask.
    pub id_token: String,
    pub elevation: Option<Elevation>,
    /// Last use, to within a minute: what a restart goes on from.
    pub seen_at: i64,
    /// Seconds without a request after which it ends; shorter on a shared computer.
    #[serde(default = "idle")]
    pub idle: i64,
    /// How the person signed in (RFC 8176).
    #[serde(default)]
    pub amr: Vec<String>,
    /// When the session at the provider ends whatever happens.
    #[serde(default)]
    pub session_until: Option<i64>,
    /// The language in which the person reads (BCP 47); empty when the provider does not say.
    #[serde(default)]
    pub language: String,
    /// The app that acts for them, where it is not they who ask; in turn the services that it called.
    #[serde(default)]
    pub act: Option<serde_json::Value>,
}

fn idle() -> i64 {
    IDLE
}

/// Elevated access: this browser, this site, this long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Elevation {
    pub acr: String,
    pub amr: Vec<String>,
    pub auth_time: i64,
    /// When it ends whatever happens.
    pub until: i64,
    /// Seconds without a request after which it ends.
    pub idle: i64,
}

impl Record {
    /// The moment at which nothing of it counts any more.
    pub fn expires_at(&self) -> i64 {
        let ends = [Some(self.created_at + ABSOLUTE), self.session_until, self.member_until];
        ends.into_iter().flatten().min().unwrap_or(self.created_at)
    }

    /// Whether it counts at `now` when it was last used at `seen`.
    pub fn is_live(&self, now: i64, seen: i64) -> bool {
        now < self.expires_at() && now - seen < self.idle
    }

    /// The elevation that counts at `now`.
    pub fn elevated(&self, now: i64, seen: i64) -> Option<&Elevation> {
        self.elevation.as_ref().filter(|elevation| now < elevation.until && now - seen < elevation.idle)
    }
}
