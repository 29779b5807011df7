//! Changing one's own address: a code to the new one, a notice to the old one with seven days to undo it.

use idp_domain::audit::AuditEntry;
use idp_domain::email::{EmailAddress, EmailError};
use idp_domain::person::Person;
use idp_domain::session::Session;
use idp_domain::{Secret, SecretHash, Timestamp};
use idp_store::addresses::{self, AddressChange, UNDO};
use idp_store::attempts::StoredAttempt;
use idp_store::mails::MailKind;
use idp_store::{Effects, Mail, Signal, StoreError};
use serde::{Deserialize, Serialize};

use crate::factors::new_browser::LIFE;
use crate::links::LinkFault;
use crate::{Refusal, SignIn, throttle};

const PURPOSE: &str = "address code";
/// Wrong tries that a code survives.
const TRIES: u8 = 5;

/// Why an address was not changed. The words are shown as they are.
#[derive(Debug, thiserror::Error)]
pub enum AddressFault {
    /// Its form.
    #[error(transparent)]
    Form(#[from] EmailError),
    /// Somebody else reads it too.
    #[error("This looks like a shared mailbox. Each person needs their own address.")]
    Shared,
    /// It is the one they have.
    #[error("This is the address you use already")]
    Same,
    /// A change can still be undone from it.
    #[error("You can remove an address 7 days after you changed it")]
    Undoable,
    /// The last change can still be undone, and a second one would take that away.
    #[error("You can change your address again 7 days after you changed it last")]
    Recent,
    /// Prove yourself again first.
    #[error("prove it again")]
    Stale,
    /// Anything else.
    #[error(transparent)]
    Refusal(#[from] Refusal),
}

impl From<StoreError> for AddressFault {
    fn from(error: StoreError) -> Self {
        Self::Refusal(error.into())
    }
}

/// A change that waits for its code, bound to the session that asked for it.
#[derive(Serialize, Deserialize)]
struct Pending {
    sid: String,
    new: EmailAddress,
    code: SecretHash,
    sent_at: Timestamp,
    tries: u8,
}

impl SignIn {
    /// Mails a code to the new address. Whether the address is somebody's already shows only to who reads it. Answers what
    /// names the change in the next form.
    pub async fn ask_address(&self, session: &Session, person: &Person, typed: &str) -> Result<Secret, AddressFault> {
        let new = EmailAddress::parse(typed)?;
        if new.looks_shared() {
            return Err(AddressFault::Shared);
        }
        if person.email.as_ref().is_some_and(|email| email.folded() == new.folded()) {
            return Err(AddressFault::Same);
        }
        let (context, now) = (&self.context, self.context.now());
        if !Self::may_change_account(session, &context.store.keys_of(person.id).await?, now) {
            return Err(AddressFault::Stale);
        }
        self.refuse_second(person).await?;
        let wait = throttle::budget_wait(context, &format!("address-code:{}", person.id), 5, 3600).await?;
        if wait > 0 {
            return Err(Refusal::Wait(wait).into());
        }
        let (token, code) = (Secret::new(&*context.random), context.random.digits(6));
        let print = context.vault.fingerprint(PURPOSE, code.as_bytes());
        let pending = Pending { sid: session.sid.clone(), new: new.clone(), code: print, sent_at: now, tries: 0 };
        let expires_at = now.plus(LIFE);
        let stored = StoredAttempt { hash: token.hash(), version: 0, body: body_of(&pending), expires_at };
        context.store.short.add_attempt(&stored).await?;
        let owner = context.store.person_by_login(&new.folded()).await?;
        let what = MailKind::ConfirmAddress { code };
        let is_free = owner.is_none_or(|owner| owner.id == person.id);
        let mail = if is_free { Mail::to(new.as_str(), person, what) } else { Mail::to_nobody(what) };
        context.store.record(Effects::none().mail(mail)).await?;
        Ok(token)
    }

    /// Changes the address if the code is right. Answers the new address.
    pub async fn change_address(
        &self,
        session: &Session,
        person: &Person,
        (token, code): (&str, &str),
    ) -> Result<EmailAddress, AddressFault> {
        let (context, now) = (&self.context, self.context.now());
        let hash = Secret::presented(token).hash();
        let mut stored = context.store.short.attempt(&hash, now).await?.ok_or(Refusal::Expired)?;
        let mut pending: Pending = serde_json::from_str(&stored.body).map_err(|_| Refusal::Expired)?;
        if pending.sid != session.sid {
            return Err(Refusal::Expired.into());
        }
        if pending.tries >= TRIES {
            return Err(Refusal::Spent.into());
        }
        pending.tries += 1;
        stored.body = body_of(&pending);
        if !context.store.short.save_attempt(&stored).await? {
            return Err(Refusal::Expired.into());
        }
        if !context.vault.fingerprint(PURPOSE, code.as_bytes()).matches(&pending.code) {
            return Err(Refusal::Wrong.into());
        }
        self.refuse_second(person).await?;
        let Some(old) = person.email.clone() else { return Err(Refusal::Wrong.into()) };
        let undo = Secret::new(&*context.random);
        let link = format!("{}/undo-address?token={}", self.origin, undo.reveal());
        let notice = MailKind::AddressChanging { new: pending.new.as_str().to_owned(), link };
        let sentence = format!("{} changed their email address to {}", person.full_name(), pending.new.as_str());
        let entry = AuditEntry::new(now, "address.changed", sentence).by(person.id).about(person.id);
        let effects = Effects::audit(entry)
            .mail(Mail::to(old.as_str(), person, notice))
            .signal(Signal::TokenClaimsChange { person: person.id, site: None });
        let change = AddressChange {
            person: person.id,
            old,
            new: pending.new.clone(),
            undo: undo.hash(),
            changed_at: now,
            undone_at: None,
        };
        match context.store.change_address(&change, effects).await {
            Ok(()) => {}
            Err(StoreError::Conflict(_)) => return Err(Refusal::Wrong.into()),
            Err(other) => return Err(other.into()),
        }
        // The code is spent; that the attempt is gone already changes nothing.
        context.store.short.take_attempt(&hash).await?;
        Ok(pending.new)
    }

    /// While a change can be undone from the old address there is no second one: the owner of the first address would be left
    /// with a link that undoes nothing.
    async fn refuse_second(&self, person: &Person) -> Result<(), AddressFault> {
        if addresses::changed_lately(&self.context, person.id).await? { Err(AddressFault::Recent) } else { Ok(()) }
    }

    /// Gives up an address by which somebody still signs in beside their own. Not while a change can be undone from it:
    /// whoever made the change may be a thief. False when it is none of theirs.
    pub async fn remove_alias(&self, session: &Session, person: &Person, login: &str) -> Result<bool, AddressFault> {
        let (context, now) = (&self.context, self.context.now());
        if !Self::may_change_account(session, &context.store.keys_of(person.id).await?, now) {
            return Err(AddressFault::Stale);
        }
        let aliases = context.store.aliases_of(person.id, now).await?;
        let Some((_, until)) = aliases.iter().find(|(alias, _)| alias == login) else { return Ok(false) };
        if addresses::is_undoable(*until, now) {
            return Err(AddressFault::Undoable);
        }
        let sentence = format!("{} gave up the address {login}", person.full_name());
        let entry = AuditEntry::new(now, "address.given_up", sentence).by(person.id).about(person.id);
        context.store.release_address(person.id, &EmailAddress::parse(login)?, Effects::audit(entry)).await?;
        Ok(true)
    }

    /// Looks at a link that undoes a change, and changes nothing.
    pub async fn look_at_undo(&self, token: &str) -> Result<Result<AddressChange, LinkFault>, Refusal> {
        let found = self.context.store.address_change(&Secret::presented(token).hash()).await?;
        Ok(match found {
            None => Err(LinkFault::Unknown),
            Some(change) if change.undone_at.is_some() => Err(LinkFault::Used),
            Some(change) if self.context.now().since(change.changed_at) >= UNDO => Err(LinkFault::Expired(UNDO)),
            Some(change) => Ok(change),
        })
    }

    /// Puts the old address back and signs the person out everywhere: whoever changed it may be at work still.
    pub async fn undo_address(&self, token: &str) -> Result<Result<(), LinkFault>, Refusal> {
        let change = match self.look_at_undo(token).await? {
            Ok(change) => change,
            Err(fault) => return Ok(Err(fault)),
        };
        let now = self.context.now();
        let entry = AuditEntry::new(now, "address.undone", "A change of email address was undone from the old address");
        let effects = Effects::audit(entry.about(change.person)).signal(Signal::SessionRevoked {
            person: change.person,
            sid: None,
            site: None,
        });
        let undone = self.context.store.undo_address(&change.undo, now, effects).await?;
        Ok(if undone { Ok(()) } else { Err(LinkFault::Used) })
    }
}

fn body_of(pending: &Pending) -> String {
    serde_json::to_string(pending).unwrap_or_default()
}
