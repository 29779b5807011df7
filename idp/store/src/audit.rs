//! The append-only audit log.

use async_trait::async_trait;
use idp_domain::audit::AuditEntry;
use idp_domain::{PersonId, SiteId, Timestamp, TrustId};

use crate::error::Result;

/// What to look for, always within what the asker may see.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Entries at these sites.
    pub sites: Vec<SiteId>,
    /// Entries of this trust that belong to no site.
    pub trust: Option<TrustId>,
    /// Only entries about this person.
    pub subject: Option<PersonId>,
    /// Only this kind of event, or those that begin with it.
    pub event: String,
    /// How many at the most.
    pub limit: i64,
}

/// From when on entries are old. Those about or by somebody whose access is suspended are kept: something is being looked
/// into.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Entries of this trust, or those of no trust.
    pub trust: Option<TrustId>,
    /// Sign-ins before this go.
    pub signins_before: Timestamp,
    /// Everything else before this goes.
    pub others_before: Timestamp,
}

/// The port. Entries come in with [`crate::Effects`] only; nothing changes them, and age alone removes them.
#[async_trait]
pub trait Audit: Send + Sync {
    /// Entries, newest first.
    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>>;
    /// Removes what is too old. Answers how many went.
    async fn forget(&self, retention: Retention) -> Result<u64>;
    /// What these people did or had done to them, since `since`, newest first. Of these `kinds` of events, or of all when
    /// there are none.
    async fn audit_of(
        &self,
        people: &[PersonId],
        since: Timestamp,
        kinds: &[&str],
        (limit, skip): (i64, i64),
    ) -> Result<Vec<AuditEntry>>;
}
