//! Grants that wait for a second person.

use async_trait::async_trait;
use idp_domain::{GrantId, PersonId, SiteId};

use crate::effects::Effects;
use crate::error::Result;
use idp_domain::MembershipId;

/// The port.
#[async_trait]
pub trait Approvals: Send + Sync {
    /// Memberships at these sites that hold a waiting grant.
    async fn waiting_at(&self, sites: &[SiteId]) -> Result<Vec<(MembershipId, GrantId)>>;

    /// Makes a waiting grant count. False when it was not waiting any more, or `by` is who granted it.
    async fn approve(&self, grant: GrantId, by: PersonId, effects: Effects) -> Result<bool>;

    /// Drops a waiting grant. False when it was not waiting any more.
    async fn refuse(&self, grant: GrantId, effects: Effects) -> Result<bool>;
}
