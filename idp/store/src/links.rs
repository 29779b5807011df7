//! Mailed links: looking spends nothing, spending works once, a newer link replaces an older one.

use async_trait::async_trait;
use idp_domain::person::PasswordHash;
use idp_domain::trust::TrustSettings;
use idp_domain::{LinkId, PersonId, Secret, SecretHash, Timestamp};

use crate::Context;
use crate::effects::Effects;
use crate::error::Result;

/// A mailed link that leads to setting a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its identifier.
    pub id: LinkId,
    /// Hash of the secret in it.
    pub hash: SecretHash,
    /// Who may set a password with it.
    pub person: PersonId,
    /// Whether it is an invitation or a reset; only the words and its life differ.
    pub invite: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when it is too old.
    pub expires_at: Timestamp,
    /// When it was spent.
    pub spent_at: Option<Timestamp>,
    /// When a newer one was made.
    pub replaced_at: Option<Timestamp>,
}

const DAY: i64 = 24 * 3600;

impl Link {
    /// A new link for a person, and the secret that goes into a mail. It counts once it is stored; how long is said by
    /// the settings of their trusts.
    pub fn make(context: &Context, person: PersonId, invite: bool, settings: &TrustSettings) -> (Self, Secret) {
        let (now, secret) = (context.now(), Secret::new(&*context.random));
        let link = Self {
            id: LinkId::new(&*context.clock, &*context.random),
            hash: secret.hash(),
            person,
            invite,
            created_at: now,
            expires_at: now.plus(if invite { settings.invite_days * DAY } else { settings.reset_minutes * 60 }),
            spent_at: None,
            replaced_at: None,
        };
        (link, secret)
    }
}

/// The port.
#[async_trait]
pub trait Links: Send + Sync {
    /// Adds a link and marks the person's older unspent ones as replaced.
    async fn add_link(&self, link: &Link, effects: Effects) -> Result<()>;
    /// The unspent newest link of a person, if it still counts at `now`.
    async fn open_link_of(&self, person: PersonId, now: Timestamp) -> Result<Option<Link>>;
    /// Looks, and changes nothing.
    async fn link(&self, hash: &SecretHash) -> Result<Option<Link>>;
    /// Spends the link and sets the password in one transaction, counting the epoch up; the new epoch.
    /// `None` when the link is spent, replaced or expired at `now`: then nothing has changed.
    async fn spend_link(
        &self,
        hash: &SecretHash,
        password: &PasswordHash,
        now: Timestamp,
        effects: Effects,
    ) -> Result<Option<i64>>;
}
