//! The addresses of a person: changing them, undoing that, and when an address is nobody's any more.

use async_trait::async_trait;
use idp_domain::contact::Contact;
use idp_domain::email::EmailAddress;
use idp_domain::membership::State;
use idp_domain::person::Person;
use idp_domain::{PersonId, SecretHash, Timestamp};

use crate::Context;
use crate::effects::Effects;
use crate::error::Result;

/// How long an address that was given up still signs in, in seconds: 90 days.
pub const ALIAS: i64 = 90 * 24 * 3600;
/// How long a change can be undone from the old address, in seconds: 7 days.
pub const UNDO: i64 = 7 * 24 * 3600;

/// A change of address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressChange {
    /// Whose.
    pub person: PersonId,
    /// Before.
    pub old: EmailAddress,
    /// After.
    pub new: EmailAddress,
    /// Hash of the secret that undoes it.
    pub undo: SecretHash,
    /// When.
    pub changed_at: Timestamp,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

/// The port.
#[async_trait]
pub trait Addresses: Send + Sync {
    /// Makes the new address the person's own and the old one an alias, and stops every open link; `Conflict` when the
    /// address is somebody's.
    async fn change_address(&self, change: &AddressChange, effects: Effects) -> Result<()>;
    /// The change that this secret undoes.
    async fn address_change(&self, undo: &SecretHash) -> Result<Option<AddressChange>>;
    /// Puts the old address back, counts the epoch up, and gives the new address up. False when that was done before, or
    /// the address has changed again since.
    async fn undo_address(&self, undo: &SecretHash, now: Timestamp, effects: Effects) -> Result<bool>;
    /// Names change; nothing else does.
    async fn rename_person(&self, id: PersonId, first: &str, last: &str, effects: Effects) -> Result<()>;
    /// What somebody gives to apps beside name and e-mail.
    async fn set_contact(&self, id: PersonId, contact: &Contact, effects: Effects) -> Result<()>;
    /// The addresses by which somebody still signs in beside their own, each with its end.
    async fn aliases_of(&self, id: PersonId, now: Timestamp) -> Result<Vec<(String, Timestamp)>>;
    /// Gives an address up so that somebody else can have it; its former owner keeps their identity without it.
    async fn release_address(&self, id: PersonId, address: &EmailAddress, effects: Effects) -> Result<()>;
}

/// Whether a change of address can still be undone from the alias that it left, which ends at `until`.
pub fn is_undoable(until: Timestamp, now: Timestamp) -> bool {
    until.since(now) > ALIAS - UNDO
}

/// Whether somebody's address changed so lately that the change can still be undone. Another change of theirs now would
/// leave whoever reads the old address with a link that undoes nothing.
pub async fn changed_lately(context: &Context, id: PersonId) -> Result<bool> {
    let now = context.now();
    let aliases = context.store.aliases_of(id, now).await?;
    Ok(aliases.iter().any(|(_, until)| is_undoable(*until, now)))
}

/// Whether an address is a school's and its owner has left every school of that domain: mail to it may reach a stranger
/// by now, so it resets nothing and may be given to somebody new.
pub async fn is_detached(context: &Context, person: &Person, address: &EmailAddress) -> Result<bool> {
    let now = context.now();
    let domain = address.domain();
    let mut schools = context.store.sites().await?;
    schools.retain(|site| site.settings.mail_domain == domain || site.settings.former_mail_domains.contains(&domain));
    if schools.is_empty() {
        return Ok(false);
    }
    let places = context.store.memberships_of(person.id).await?;
    let mut were = places.iter().filter(|place| schools.iter().any(|site| site.id == place.site)).peekable();
    // Somebody who never was there has the address for another reason: a seat in the trust, say.
    Ok(were.peek().is_some() && were.all(|place| place.state(now) == State::Ended))
}
