//! Memberships with their grants, saved as a whole.

use async_trait::async_trait;
use idp_domain::membership::Membership;
use idp_domain::person::{Person, PersonStatus};
use idp_domain::rights::SiteRights;
use idp_domain::site::Site;
use idp_domain::{MembershipId, PersonId, SiteId, Timestamp};

use crate::Context;
use crate::effects::Effects;
use crate::error::Result;

impl Context {
    /// The people who manage a site, themselves active there.
    pub async fn admins_of(&self, site: &Site) -> Result<Vec<Person>> {
        let now = self.now();
        let mut admins = Vec::new();
        for place in self.store.memberships_at(site.id).await? {
            if SiteRights::of(&place, now).is_ok_and(|rights| rights.administers()) {
                let person = self.store.person(place.person).await?;
                admins.extend(person.filter(|person| person.status == PersonStatus::Active));
            }
        }
        Ok(admins)
    }
}

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
    /// Notes that a site was opened from a signed-in browser, so that the switcher lists it first and its person can see
    /// where they are signed in.
    async fn visit(&self, id: MembershipId, sid: &str, now: Timestamp, effects: Effects) -> Result<()>;
    /// The sites that were opened from these signed-in browsers: `sid` and site.
    async fn visits_of(&self, sids: &[String]) -> Result<Vec<(String, SiteId)>>;
    /// Forgets that a site was opened from a session; false when it was not.
    async fn end_visit(&self, sid: &str, site: SiteId, effects: Effects) -> Result<bool>;
    /// Everyone at a site.
    async fn memberships_at(&self, site: SiteId) -> Result<Vec<Membership>>;
}
