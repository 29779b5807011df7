//! The durable outbox: what follows from a change waits here until it is delivered.

use async_trait::async_trait;
use idp_domain::Timestamp;

use crate::effects::{Effects, Outgoing};
use crate::error::Result;

/// One entry that was claimed for delivery.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Its identifier, also the `jti` of a signal.
    pub id: String,
    /// What to deliver.
    pub outgoing: Outgoing,
    /// How often it was tried before.
    pub tries: i64,
    /// When it was put in.
    pub created_at: Timestamp,
}

/// The durable outbox: every entry is delivered at least once.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Puts effects in that belong to no other change.
    async fn record(&self, effects: Effects) -> Result<()>;

    /// Claims up to `limit` due entries of a topic (see [`Outgoing::topic`]), oldest first, for `lease` seconds.
    async fn claim(&self, topic: &str, now: Timestamp, lease: i64, limit: i64) -> Result<Vec<Claimed>>;

    /// The entry was delivered: its content is forgotten, a receipt stays.
    async fn delivered(&self, id: &str, now: Timestamp) -> Result<()>;

    /// It failed; try again at `due`. `problem` holds no secret.
    async fn postpone(&self, id: &str, due: Timestamp, problem: &str) -> Result<()>;

    /// Puts what a signal means to apps beside it: each app by its identifier, and whether it is sent to it. Done once, however
    /// often it is asked for.
    async fn spread_signal(&self, entry: &Claimed, apps: &[(String, bool)]) -> Result<()>;

    /// What waits until an app asks for it, oldest first.
    async fn streamed(&self, client: &str, limit: i64) -> Result<Vec<Claimed>>;

    /// The app has these of its own.
    async fn acknowledge(&self, client: &str, ids: &[String], now: Timestamp) -> Result<()>;

    /// Drops what waits for an app.
    async fn drop_stream(&self, client: &str) -> Result<()>;

    /// When the oldest entry of a topic that waits was put in.
    async fn oldest_waiting(&self, topic: &str) -> Result<Option<Timestamp>>;

    /// How many entries of a topic wait.
    async fn waiting(&self, topic: &str) -> Result<i64>;
}
