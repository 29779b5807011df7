//! A person's own name, contact details and password.

use idp_domain::audit::AuditEntry;
use idp_domain::contact::Contact;
use idp_domain::person::Person;
use idp_store::{Effects, Signal};

use crate::password::PasswordFault;
use crate::throttle::TriedFrom;
use crate::{Refusal, SignIn};

/// Why a name or a password was not changed. The words are shown as they are.
#[derive(Debug, thiserror::Error)]
pub enum ProfileFault {
    /// The first name.
    #[error("Enter your first name, up to 60 characters")]
    FirstName,
    /// The last name.
    #[error("Enter your last name, up to 60 characters")]
    LastName,
    /// The new password.
    #[error(transparent)]
    New(#[from] PasswordFault),
    /// The old password, or anything else.
    #[error(transparent)]
    Refusal(#[from] Refusal),
}

impl From<idp_store::StoreError> for ProfileFault {
    fn from(error: idp_store::StoreError) -> Self {
        Self::Refusal(error.into())
    }
}

impl SignIn {
    /// Changes the name. `sub` and everything else stays.
    pub async fn rename(&self, person: &Person, first: &str, last: &str) -> Result<(), ProfileFault> {
        let (first, last) = (first.trim(), last.trim());
        let fits = |name: &str| (1..=60).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if !fits(first) {
            return Err(ProfileFault::FirstName);
        }
        if !fits(last) {
            return Err(ProfileFault::LastName);
        }
        let sentence = format!("{} changed their name to {first} {last}", person.full_name());
        let entry = AuditEntry::new(self.context.now(), "person.renamed", sentence).by(person.id).about(person.id);
        let effects = Effects::audit(entry).signal(Signal::TokenClaimsChange { person: person.id, site: None });
        Ok(self.context.store.rename_person(person.id, first, last, effects).await?)
    }

    /// Changes what apps are given beside name and e-mail. What it is now is not in the log: admins read that.
    pub async fn set_contact(&self, person: &Person, contact: &Contact) -> Result<(), Refusal> {
        let sentence = format!("{} changed the contact details that they give to apps", person.full_name());
        let entry = AuditEntry::new(self.context.now(), "person.contact", sentence).by(person.id).about(person.id);
        Ok(self.context.store.set_contact(person.id, contact, Effects::audit(entry)).await?)
    }

    /// Changes the password of somebody who knows the old one. Every other browser is signed out. Answers the new
    /// epoch, with which this browser gets a new session.
    pub async fn change_password(
        &self,
        person: &Person,
        (old, new): (&str, &str),
        (from, agent): (TriedFrom<'_>, &str),
    ) -> Result<i64, ProfileFault> {
        self.confirm_password(person, old, from).await?;
        self.judge(new, person).await??;
        let hash = self.hasher.hash(new).await.map_err(|_| Refusal::Busy)?;
        let sentence = format!("{} changed their password", person.full_name());
        let entry = AuditEntry::new(self.context.now(), "password.set", sentence).by(person.id).about(person.id);
        let effects = Effects::audit(entry)
            .tell(person, self.password_mail(person, agent))
            .signal(Signal::SessionRevoked { person: person.id, sid: None, site: None });
        // Whoever set another one meanwhile signed this browser out as well.
        let epoch = self.context.store.set_password((person.id, person.epoch), &hash, effects).await?;
        Ok(epoch.ok_or(Refusal::Expired)?)
    }
}
