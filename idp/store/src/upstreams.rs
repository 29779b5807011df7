//! Accounts elsewhere with which somebody signs in here.

use async_trait::async_trait;
use idp_domain::{PersonId, Timestamp};

use crate::effects::Effects;
use crate::error::Result;

/// An account elsewhere, by the only pair that never changes (OpenID Connect Core §2): `iss` and `sub`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamLink {
    /// Who issues its tokens.
    pub issuer: String,
    /// Its name there.
    pub subject: String,
    /// Whose it is here.
    pub person: PersonId,
    /// Which configured provider, by its identifier.
    pub provider: String,
    /// What the provider called it when it was linked, for its owner to recognise; nothing is decided by it.
    pub account: String,
    /// When it was linked.
    pub linked_at: Timestamp,
}

/// The port.
#[async_trait]
pub trait Upstreams: Send + Sync {
    /// Links an account; `Conflict` when it is linked already, to whomever.
    async fn link_upstream(&self, link: &UpstreamLink, effects: Effects) -> Result<()>;
    /// Whose account this is.
    async fn upstream_person(&self, issuer: &str, subject: &str) -> Result<Option<PersonId>>;
    /// The accounts of a person, oldest first.
    async fn upstream_links_of(&self, person: PersonId) -> Result<Vec<UpstreamLink>>;
    /// Takes a link of this person away; false when there was none.
    async fn unlink_upstream(&self, link: &UpstreamLink, effects: Effects) -> Result<bool>;
}
