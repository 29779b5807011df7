//! Addresses at which mail does not arrive.

use async_trait::async_trait;
use idp_domain::Timestamp;

use crate::effects::Effects;
use crate::error::Result;

/// An address that refuses mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The address, folded.
    pub address: String,
    /// Since when.
    pub at: Timestamp,
    /// What the other mail server said; no secret.
    pub problem: String,
}

/// The port.
#[async_trait]
pub trait Bounces: Send + Sync {
    /// The outbox entry, if it is still there, will never be delivered: its content is forgotten, and the address is
    /// remembered as one at which mail does not arrive. Answers whether that is news; `effects` follow only then.
    async fn give_up(&self, id: Option<&str>, bounce: &Bounce, effects: Effects) -> Result<bool>;
    /// Mail has arrived at an address.
    async fn arrived(&self, address: &str) -> Result<()>;
    /// Those of these folded addresses at which mail does not arrive.
    async fn bounces_of(&self, addresses: &[String]) -> Result<Vec<Bounce>>;
}
