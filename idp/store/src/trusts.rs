//! Trusts and the seats in them.

use async_trait::async_trait;
use idp_domain::membership::State;
use idp_domain::site::Site;
use idp_domain::trust::{Trust, TrustRole, TrustSeat, TrustSettings};
use idp_domain::{PersonId, TrustId};

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

    /// What holds for a person: the strictest of every trust to which they belong, by a site or by a seat.
    pub async fn settings_of(&self, person: PersonId) -> Result<TrustSettings> {
        let now = self.now();
        let mut trusts: Vec<TrustId> = self.store.seats_of(person).await?.into_iter().map(|seat| seat.trust).collect();
        for membership in self.store.memberships_of(person).await? {
            if membership.state(now) != State::Ended {
                trusts.extend(self.store.site(membership.site).await?.and_then(|site| site.trust));
            }
        }
        trusts.sort_unstable();
        trusts.dedup();
        let mut all: Option<TrustSettings> = None;
        for id in trusts {
            let settings = self.store.trust(id).await?.map(|trust| trust.settings);
            all = match (all, settings) {
                (Some(all), Some(one)) => Some(all.and(one)),
                (all, one) => all.or(one),
            };
        }
        Ok(all.unwrap_or_default())
    }
}

/// The port.
#[async_trait]
pub trait Trusts: Send + Sync {
    /// Adds a trust.
    async fn add_trust(&self, trust: &Trust) -> Result<()>;
    /// Saves settings, draft and helpdesk; the registry of sites changes with them.
    async fn save_trust(&self, trust: &Trust, effects: Effects) -> Result<()>;
    /// One trust.
    async fn trust(&self, id: TrustId) -> Result<Option<Trust>>;
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
