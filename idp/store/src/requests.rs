//! People who ask for access to a site.

use async_trait::async_trait;
use idp_domain::{PersonId, RequestId, SiteId, Timestamp};

use crate::effects::Effects;
use crate::error::Result;

/// Somebody asks for access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRequest {
    /// Its identifier.
    pub id: RequestId,
    /// Who asks.
    pub person: PersonId,
    /// Where.
    pub site: SiteId,
    /// In their own words.
    pub reason: String,
    /// When.
    pub asked_at: Timestamp,
    /// What became of it.
    pub answer: Answer,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nobody has decided.
    Waiting,
    /// A membership was made.
    Granted,
    /// Refused, with the reason.
    Refused(String),
}

/// The port.
#[async_trait]
pub trait Requests: Send + Sync {
    /// Notes a request. False when the same person has asked for the same site and nobody has answered yet.
    async fn ask_access(&self, request: &AccessRequest, effects: Effects) -> Result<bool>;
    /// Requests at these sites that nobody has answered, oldest first.
    async fn requests_at(&self, sites: &[SiteId]) -> Result<Vec<AccessRequest>>;
    /// What a person asked for since `since`, newest first.
    async fn requests_of(&self, person: PersonId, since: Timestamp) -> Result<Vec<AccessRequest>>;
    /// Refuses a request. False when it was answered meanwhile.
    async fn refuse_request(&self, id: RequestId, now: Timestamp, why: &str, effects: Effects) -> Result<bool>;
}
