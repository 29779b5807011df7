//! Everybody of a trust gets an address at another domain.

use async_trait::async_trait;
use idp_domain::site::Site;
use idp_domain::{PersonId, Timestamp, TrustId};

use crate::addresses::AddressChange;
use crate::effects::Effects;
use crate::error::Result;

/// A move of addresses, wished for or done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainMove {
    /// Its identifier.
    pub id: String,
    /// Whose people.
    pub trust: TrustId,
    /// The domain before.
    pub old: String,
    /// The domain afterwards.
    pub new: String,
    /// Who asked for it, and their name.
    pub by: (PersonId, String),
    /// When.
    pub asked_at: Timestamp,
    /// When it was done.
    pub done_at: Option<Timestamp>,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

/// The port.
#[async_trait]
pub trait DomainMoves: Send + Sync {
    /// Notes a wish, in place of one that waits.
    async fn ask_domain_move(&self, wish: &DomainMove, effects: Effects) -> Result<()>;
    /// The newest one of a trust that was done, or the one that waits.
    async fn domain_move(&self, trust: TrustId, done: bool) -> Result<Option<DomainMove>>;
    /// Drops a wish that waits. False when there is none of this name.
    async fn drop_domain_move(&self, id: &str, effects: Effects) -> Result<bool>;
    /// Does it, whole or not at all: every address as [`crate::addresses::Addresses::change_address`] does, and the sites,
    /// whose mail is at the new domain from now on. False when it was done or dropped meanwhile; `Conflict` when an address
    /// is somebody's.
    async fn do_domain_move(
        &self,
        (id, at): (&str, Timestamp),
        changes: &[AddressChange],
        sites: &[Site],
        effects: Effects,
    ) -> Result<bool>;
    /// The changes that it made and that still stand.
    async fn changes_of_move(&self, id: &str) -> Result<Vec<AddressChange>>;
    /// Notes that it is undone, and the sites as they are again. False when it was before.
    async fn end_domain_move(&self, id: &str, at: Timestamp, sites: &[Site], effects: Effects) -> Result<bool>;
}
