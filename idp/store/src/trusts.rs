//! Trusts and the seats in them.

use async_trait::async_trait;
use idp_domain::key_policy::KeyPolicy;
use idp_domain::membership::State;
use idp_domain::rights::SiteRights;
use idp_domain::site::Site;
use idp_domain::trust::{Helpdesk, Trust, TrustRole, TrustSeat, TrustSettings};
use idp_domain::{PersonId, Timestamp, TrustId};

use crate::Context;
use crate::effects::Effects;
use crate::error::Result;

impl Context {
    /// What holds for everybody at a site.
    pub async fn settings_at(&self, site: &Site) -> Result<TrustSettings> {
        let trust = match site.trust {
            Some(id) => self.store.trust(id).await?,
            None => None,
        };
        Ok(trust.map(|trust| trust.settings).unwrap_or_default())
    }

    /// The rule about keys for somebody with these rights at a site: the strictest of the trust, the site and their groups.
    pub async fn key_policy(&self, site: &Site, rights: &SiteRights) -> Result<KeyPolicy> {
        Ok(site.settings.key_policy_of(&rights.groups, self.settings_at(site).await?.key_floor))
    }

    /// What holds for a person: the strictest of every trust to which they belong, by a site or by a seat.
    pub async fn settings_of(&self, person: PersonId) -> Result<TrustSettings> {
        let trusts = self.store.trusts_of(person, self.now()).await?;
        let strictest = trusts.into_iter().map(|trust| trust.settings).reduce(TrustSettings::and);
        let Some(strictest) = strictest else { return Ok(TrustSettings::default()) };
        // A school without a trust has the usual settings, and nobody looser ones because of another school.
        let usual = strictest.and(TrustSettings::default());
        if usual == strictest || !self.works_at_a_lone_school(person).await? { Ok(strictest) } else { Ok(usual) }
    }
}

impl Context {
    async fn works_at_a_lone_school(&self, person: PersonId) -> Result<bool> {
        for membership in self.store.memberships_of(person).await? {
            let lone = self.store.site(membership.site).await?.is_some_and(|site| site.trust.is_none());
            if lone && membership.state(self.now()) != State::Ended {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The port.
#[async_trait]
pub trait Trusts: Send + Sync {
    /// Adds a trust.
    async fn add_trust(&self, trust: &Trust) -> Result<()>;
    /// Saves settings and draft; the registry of sites changes with them.
    async fn save_trust(&self, trust: &Trust, effects: Effects) -> Result<()>;
    /// Saves where the helpdesk can be reached, and nothing else.
    async fn save_helpdesk(&self, trust: TrustId, helpdesk: &Helpdesk, effects: Effects) -> Result<()>;
    /// One trust.
    async fn trust(&self, id: TrustId) -> Result<Option<Trust>>;
    /// The trusts to which somebody belongs, by a seat or by a membership that has not ended.
    async fn trusts_of(&self, person: PersonId, now: Timestamp) -> Result<Vec<Trust>>;
    /// All trusts, by name.
    async fn trusts(&self) -> Result<Vec<Trust>>;
    /// Gives a role; giving it twice changes nothing.
    async fn add_seat(&self, seat: &TrustSeat, effects: Effects) -> Result<()>;
    /// Takes a role away. False, and nothing done, when nobody held it, or when the trust would be left without an owner who
    /// can sign in.
    async fn remove_seat(&self, seat: &TrustSeat, effects: Effects) -> Result<bool>;
    /// The roles of a person.
    async fn seats_of(&self, person: PersonId) -> Result<Vec<TrustSeat>>;
    /// Everyone with a role in a trust.
    async fn seats_in(&self, trust: TrustId, role: TrustRole) -> Result<Vec<TrustSeat>>;
}
