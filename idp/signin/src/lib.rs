//! Proving who someone is: one stored attempt, one dispatcher, one file for each factor.
//!
//! [`flow::next_step`] alone decides what is next; steps never call each other. To add a factor: a file in `factors/`,
//! a branch in the dispatcher. What is deliberately absent: HTTP, HTML, and `idp/oauth` (the web layer joins them).

pub mod account;
pub mod attempt;
pub mod factors;
pub mod flow;
pub mod hashing;
pub mod leaked;
pub mod links;
pub mod password;
pub mod sessions;
pub mod throttle;
pub mod upstreams;

use std::sync::Arc;

use idp_store::{Context, StoreError};

/// What this crate works with.
#[derive(Clone)]
pub struct SignIn {
    /// Memory, time, chance.
    pub context: Context,
    /// The pool that hashes passwords.
    pub hasher: Arc<hashing::Hasher>,
    /// Passkeys and security keys.
    pub webauthn: Arc<webauthn_rs::Webauthn>,
    /// The fixed public origin: every mailed link begins with it, whatever a request's Host says.
    pub origin: String,
    /// Providers elsewhere whose accounts lead in.
    pub upstreams: Arc<upstreams::Upstreams>,
    /// Wrong passwords until password sign-in pauses for strangers (5 to 10).
    pub password_tries: i64,
    /// What people's telephones say about the server's clock.
    pub clock_watch: Arc<factors::clock_watch::ClockWatch>,
}

/// Why somebody could not be let in.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The pair, code or key is not right.
    #[error("wrong")]
    Wrong,
    /// A soft-key code that was right, but was used before.
    #[error("used already")]
    UsedAlready,
    /// A code that was right a while ago, twice running: the telephone's clock differs by so many seconds (behind when
    /// negative).
    #[error("the clock differs by {0} seconds")]
    Drift(i64),
    /// The code has been tried too often, or is too old: a new one is needed.
    #[error("the code is spent")]
    Spent,
    /// Too many wrong passwords in a row: only a mailed link helps now.
    #[error("a reset is needed")]
    ResetNeeded,
    /// Too many wrong ones: wait so many seconds.
    #[error("wait {0} seconds")]
    Wait(i64),
    /// The password pool is full; try again in a moment.
    #[error("busy")]
    Busy,
    /// The person may not sign in at all.
    #[error("suspended")]
    Suspended,
    /// The attempt is gone or belongs to another browser.
    #[error("the attempt has expired")]
    Expired,
    /// Memory does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
