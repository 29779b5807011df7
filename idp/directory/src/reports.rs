//! The audit log as an admin may read it.

use idp_domain::PersonId;
use idp_domain::audit::AuditEntry;
use idp_store::audit::AuditQuery;

use crate::Directory;
use crate::asker::Asker;
use crate::error::Result;

impl Directory {
    /// Entries at the asker's sites, and of their trust where they may read it.
    pub async fn audit(&self, asker: &Asker, about: Option<PersonId>, event: &str) -> Result<Vec<AuditEntry>> {
        let query = AuditQuery {
            sites: asker.audit_sites.clone(),
            trust: asker.audits.first().copied(),
            subject: about,
            event: event.to_owned(),
            limit: 200,
        };
        Ok(self.context.store.audit(&query).await?)
    }
}
