//! The chain over the audit log, and the signatures over its head.

use async_trait::async_trait;
use idp_domain::audit_chain::{Head, Link, Logged};

use crate::error::Result;

/// A link, with its entry unless that has grown too old to be kept.
pub type Chained = (Link, Option<Logged>);

/// The port. Of two nodes that chain at once, one does.
#[async_trait]
pub trait AuditChain: Send + Sync {
    /// Chains entries that are not chained yet, `limit` at the most. The newest link if there were any.
    async fn chain_entries(&self, limit: i64) -> Result<Option<Link>>;
    /// Links after a number, in order.
    async fn chained(&self, after: i64, limit: i64) -> Result<Vec<Chained>>;
    /// The newest link.
    async fn newest_link(&self) -> Result<Option<Link>>;
    /// Keeps a signed head. It stands for older ones of the same hour.
    async fn add_head(&self, head: &Head) -> Result<()>;
    /// Signed heads from this link on, in order.
    async fn heads(&self, from: i64) -> Result<Vec<Head>>;
}
