//! Which apps somebody signed in to, in which session: those are told when it ends.

use async_trait::async_trait;
use idp_domain::{PersonId, Timestamp};

use crate::error::Result;
use crate::outbox::Claimed;

/// The port.
#[async_trait]
pub trait AppVisits: Send + Sync {
    /// Notes that an app was told of a session of the provider.
    async fn app_visited(&self, client: &str, (person, sid): (PersonId, &str), now: Timestamp) -> Result<()>;
    /// The apps that were told of a session, by their client identifiers.
    async fn apps_visited(&self, sid: &str) -> Result<Vec<String>>;
    /// Turns a sign-out of the outbox into an entry for each app that was told of what ended, in one transaction. What began
    /// after the sign-out is not meant.
    async fn spread_sign_out(&self, entry: &Claimed, now: Timestamp) -> Result<()>;
}
