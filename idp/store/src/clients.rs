//! Registered clients.

use async_trait::async_trait;
use idp_domain::client::Client;

use crate::effects::Effects;
use crate::error::Result;

/// The port.
#[async_trait]
pub trait Clients: Send + Sync {
    /// Adds or replaces a client.
    async fn save_client(&self, client: &Client, effects: Effects) -> Result<()>;
    /// Changes a client that still is what somebody saw. False, and nothing kept, when it was changed meanwhile.
    async fn change_client(&self, seen: &Client, client: &Client, effects: Effects) -> Result<bool>;
    /// One client.
    async fn client(&self, id: &str) -> Result<Option<Client>>;
    /// All clients, by name.
    async fn clients(&self) -> Result<Vec<Client>>;
}
