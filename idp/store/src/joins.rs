//! Two identities of one person that become one.

use async_trait::async_trait;
use idp_domain::membership::Membership;
use idp_domain::{MembershipId, PersonId, Timestamp};

use crate::effects::Effects;
use crate::error::Result;

/// What becomes of two memberships at one site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// Both count: the groups of the one that goes are added to the other.
    Added,
    /// Only the one that goes counts: the other becomes what it was.
    Replaced,
}

/// A join. The epochs are those of the moment at which both were proven.
#[derive(Clone, Debug)]
pub struct Join {
    /// Whose identity stays, with their epoch.
    pub into: (PersonId, i64),
    /// Whose goes, with their epoch.
    pub from: (PersonId, i64),
    /// Every membership of both, as it was seen: what an admin has changed since stops the join.
    pub seen: Vec<Membership>,
    /// Memberships at the same site: the one that stays, the one that goes.
    pub meetings: Vec<(MembershipId, MembershipId, Meeting)>,
    /// When.
    pub at: Timestamp,
}

/// The port.
#[async_trait]
pub trait Joins: Send + Sync {
    /// Gives everything of one identity to the other: memberships, roles, keys, accounts elsewhere, addresses (which sign in
    /// for as long as any that was given up), what they asked for and what they gave. Recovery codes, open links and known
    /// browsers go. False, and nothing happens, when either changed meanwhile.
    async fn join_people(&self, join: &Join, effects: Effects) -> Result<bool>;
    /// Who took over this identity.
    async fn joined_into(&self, id: PersonId) -> Result<Option<PersonId>>;
}
