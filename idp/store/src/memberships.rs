//! Memberships with their grants, saved as a whole.

use async_trait::async_trait;
use idp_domain::membership::Membership;
use idp_domain::{MembershipId, PersonId, SiteId, Timestamp};

use crate::effects::Effects;
use crate::error::Result;

/// The port.
#[async_trait]
pub trait Memberships: Send + Sync {
    /// Adds a membership or replaces it with its grants; `Conflict` when the person has another one at the site.
    async fn save_membership(&self, membership: &Membership, effects: Effects) -> Result<()>;
    /// One membership.
    async fn membership(&self, id: MembershipId) -> Result<Option<Membership>>;
    /// Everything a person has.
    async fn memberships_of(&self, person: PersonId) -> Result<Vec<Membership>>;
    /// What these people have at these sites, in one go.
    async fn memberships_among(&self, people: &[PersonId], sites: &[SiteId]) -> Result<Vec<Membership>>;
    /// A person's place at one site.
    async fn membership_at(&self, person: PersonId, site: SiteId) -> Result<Option<Membership>>;
    /// Notes that the person opened the site, so that the switcher lists it first.
    async fn touch_membership(&self, id: MembershipId, now: Timestamp) -> Result<()>;
    /// Everyone at a site.
    async fn memberships_at(&self, site: SiteId) -> Result<Vec<Membership>>;
}
