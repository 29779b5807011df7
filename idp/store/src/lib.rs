//! What must be remembered: one port per file.
//!
//! [`Durable`] survives everything; [`ShortLived`] may be lost with the machine it is on (codes, attempts, counters).
//! To add a fact: a method in the port's file, its SQL in `idp/store-sql`, a promise in `tests/storage`.

use std::sync::Arc;

pub mod addresses;
pub mod app_visits;
pub mod approvals;
pub mod attempts;
pub mod audit;
pub mod audit_chain;
pub mod bounces;
pub mod browsers;
pub mod cards;
pub mod clients;
pub mod codes;
pub mod consents;
pub mod day_passes;
pub mod domain_moves;
pub mod effects;
pub mod error;
pub mod feedback;
pub mod imports;
pub mod joins;
pub mod keys;
pub mod links;
pub mod mails;
pub mod memberships;
pub mod notices;
pub mod outbox;
pub mod owner_kit;
pub mod people;
pub mod recovery;
pub mod reminders;
pub mod replay;
pub mod requests;
pub mod rescues;
pub mod restores;
pub mod sessions;
pub mod signing_keys;
pub mod sites;
pub mod test_people;
pub mod throttle;
pub mod tokens;
pub mod trusts;
pub mod upstreams;

pub use effects::{Effects, Outgoing, Signal, StreamEvent};
pub use error::{Result, StoreError};
pub use mails::Mail;

/// Everything that must survive a crash and a lost cache.
pub trait Durable:
    people::People
    + trusts::Trusts
    + sites::Sites
    + memberships::Memberships
    + approvals::Approvals
    + keys::Keys
    + links::Links
    + sessions::Sessions
    + clients::Clients
    + consents::Consents
    + tokens::Tokens
    + signing_keys::SigningKeys
    + outbox::Outbox
    + audit::Audit
    + audit_chain::AuditChain
    + replay::Replay
    + imports::Imports
    + cards::Cards
    + recovery::Recovery
    + browsers::Browsers
    + addresses::Addresses
    + owner_kit::OwnerKit
    + bounces::Bounces
    + upstreams::Upstreams
    + reminders::Reminders
    + restores::Restores
    + joins::Joins
    + domain_moves::DomainMoves
    + feedback::Feedback
    + rescues::Rescues
    + requests::Requests
    + day_passes::DayPasses
    + notices::Notices
    + app_visits::AppVisits
    + test_people::TestPeople
{
}

impl<T> Durable for T where
    T: people::People
        + trusts::Trusts
        + sites::Sites
        + memberships::Memberships
        + approvals::Approvals
        + keys::Keys
        + links::Links
        + sessions::Sessions
        + clients::Clients
        + consents::Consents
        + tokens::Tokens
        + signing_keys::SigningKeys
        + outbox::Outbox
        + audit::Audit
        + audit_chain::AuditChain
        + replay::Replay
        + imports::Imports
        + cards::Cards
        + recovery::Recovery
        + browsers::Browsers
        + addresses::Addresses
        + owner_kit::OwnerKit
        + bounces::Bounces
        + upstreams::Upstreams
        + reminders::Reminders
        + restores::Restores
        + joins::Joins
        + domain_moves::DomainMoves
        + feedback::Feedback
        + rescues::Rescues
        + requests::Requests
        + day_passes::DayPasses
        + notices::Notices
        + app_visits::AppVisits
        + test_people::TestPeople
{
}

/// What lives for minutes.
pub trait ShortLived: attempts::Attempts + codes::Codes + throttle::Throttle {}

impl<T> ShortLived for T where T: attempts::Attempts + codes::Codes + throttle::Throttle {}

/// The two halves of memory, which may be one database.
#[derive(Clone)]
pub struct Store {
    /// What must not be lost.
    pub durable: Arc<dyn Durable>,
    /// What may be.
    pub short: Arc<dyn ShortLived>,
}

impl std::ops::Deref for Store {
    type Target = dyn Durable;

    fn deref(&self) -> &Self::Target {
        &*self.durable
    }
}

/// What every operation of the provider is given: memory, time, chance and the means to seal.
#[derive(Clone)]
pub struct Context {
    /// What is remembered.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn idp_domain::Clock>,
    /// Unpredictable bytes.
    pub random: Arc<dyn idp_domain::Random>,
    /// Seals what must be read back.
    pub vault: Arc<dyn idp_domain::Vault>,
}

impl Context {
    /// The present moment.
    pub fn now(&self) -> idp_domain::Timestamp {
        self.clock.now()
    }
}
