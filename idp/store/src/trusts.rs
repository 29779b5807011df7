//! Trusts and the seats in them.

use async_trait::async_trait;
use idp_domain::trust::{Trust, TrustRole, TrustSeat};
use idp_domain::{PersonId, TrustId};

use crate::effects::Effects;
use crate::error::Result;

/// The port.
#[async_trait]
pub trait Trusts: Send + Sync {
    /// Adds a trust.
    async fn add_trust(&self, trust: &Trust) -> Result<()>;
    /// One trust.
    async fn trust(&self, id: TrustId) -> Result<Option<Trust>>;
    /// Gives a role; giving it twice changes nothing.
    async fn add_seat(&self, seat: &TrustSeat, effects: Effects) -> Result<()>;
    /// Takes a role away.
    async fn remove_seat(&self, seat: &TrustSeat, effects: Effects) -> Result<()>;
    /// The roles of a person.
    async fn seats_of(&self, person: PersonId) -> Result<Vec<TrustSeat>>;
    /// Everyone with a role in a trust.
    async fn seats_in(&self, trust: TrustId, role: TrustRole) -> Result<Vec<TrustSeat>>;
}
