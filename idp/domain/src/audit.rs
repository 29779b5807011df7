//! Audit entries: who did what to whom, where, in words that can be read aloud.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{PersonId, SiteId, TrustId};

/// One entry of the append-only log. It never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Stable name of the kind of event, for example `membership.ended`.
    pub event: String,
    /// Who acted; absent for the system and for unknown people.
    pub actor: Option<PersonId>,
    /// Who was affected.
    pub subject: Option<PersonId>,
    /// At which site.
    pub site: Option<SiteId>,
    /// In which trust.
    pub trust: Option<TrustId>,
    /// One plain sentence.
    pub sentence: String,
}

impl AuditEntry {
    /// An entry about nobody and nowhere in particular; add to it with the methods below.
    pub fn new(at: Timestamp, event: &str, sentence: impl Into<String>) -> Self {
        Self {
            at,
            event: event.to_owned(),
            actor: None,
            subject: None,
            site: None,
            trust: None,
            sentence: sentence.into(),
        }
    }

    /// Whether it tells of somebody coming and going: such entries are kept for months, all others for years.
    pub fn is_sign_in(&self) -> bool {
        self.event.starts_with("session.") || self.event.starts_with("browser.") || self.event == "site.opened"
    }

    /// Says who acted.
    #[must_use]
    pub fn by(mut self, actor: PersonId) -> Self {
        self.actor = Some(actor);
        self
    }

    /// Says who was affected.
    #[must_use]
    pub fn about(mut self, subject: PersonId) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Says at which site.
    #[must_use]
    pub fn at_site(mut self, site: SiteId) -> Self {
        self.site = Some(site);
        self
    }

    /// Says in which trust.
    #[must_use]
    pub fn in_trust(mut self, trust: Option<TrustId>) -> Self {
        self.trust = trust;
        self
    }
}
