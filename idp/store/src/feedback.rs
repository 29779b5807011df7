//! Answers to one question, counted and nothing else.

use async_trait::async_trait;
use idp_domain::Timestamp;

use crate::error::Result;

/// The port.
#[async_trait]
pub trait Feedback: Send + Sync {
    /// Counts an answer of a day.
    async fn add_feedback(&self, about: &str, helpful: bool, at: Timestamp) -> Result<()>;
    /// What was asked about, whether it was helpful, and how many said so since a day.
    async fn feedback(&self, since: Timestamp) -> Result<Vec<(String, bool, i64)>>;
}
