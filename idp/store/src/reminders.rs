//! What somebody is reminded of, once: an invitation that nobody has used, access that is about to end.

use async_trait::async_trait;
use idp_domain::Timestamp;
use idp_domain::membership::Membership;

use crate::effects::Effects;
use crate::error::Result;
use crate::links::Link;

/// One reminder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// Which kind, for example `access-ends`.
    pub kind: &'static str,
    /// What it is about, by its identifier.
    pub subject: String,
    /// The moment in question: another one is another reminder.
    pub about: Timestamp,
}

/// The port.
#[async_trait]
pub trait Reminders: Send + Sync {
    /// Unspent invitations that were made before a moment and still count at `now`.
    async fn open_invites(&self, before: Timestamp, now: Timestamp, limit: i64) -> Result<Vec<Link>>;
    /// Active memberships that end after `from` and not after `until`, had begun by `now` and were made before a moment, and
    /// about whose end there was no reminder of this kind yet; those that end first.
    async fn ending(
        &self,
        kind: &str,
        (from, until): (Timestamp, Timestamp),
        (now, made_before): (Timestamp, Timestamp),
        limit: i64,
    ) -> Result<Vec<Membership>>;
    /// Whether this reminder was sent.
    async fn reminded(&self, reminder: &Reminder) -> Result<bool>;
    /// Notes that a reminder is sent; a link in it replaces the person's older ones. False when it was sent before: then
    /// nothing has changed.
    async fn remind(
        &self,
        reminder: &Reminder,
        now: Timestamp,
        (link, effects): (Option<&Link>, Effects),
    ) -> Result<bool>;
}
