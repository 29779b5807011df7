//! A new link to set a password, at an admin's wish: mailed, or handed over on paper to people without a mailbox.

use idp_domain::PersonId;
use idp_domain::email::EmailAddress;
use idp_domain::membership::State;
use idp_domain::person::{Person, PersonStatus};
use idp_store::Effects;
use idp_store::addresses::is_detached;
use idp_store::links::Link;
use idp_store::mails::{Mail, MailKind};

use crate::Directory;
use crate::asker::Asker;
use crate::error::{DirectoryError, Result};
use crate::people::SeenPerson;

/// Where a new link went.
#[derive(Debug)]
pub enum NewLink {
    /// To the person's own mailbox.
    Mailed,
    /// Nowhere: it is printed and handed over. It is known this once.
    OnPaper {
        /// Its address.
        link: String,
        /// Seconds for which it works.
        life: i64,
    },
}

impl Directory {
    /// Sends a new link, or makes one to be handed over. Older ones are replaced; keys are asked for as before.
    ///
    /// A link on paper lets whoever holds it in at base level at every school of the person, so it is made only where all
    /// of them are the asker's. A mailed one goes to the person alone.
    pub async fn new_link(&self, asker: &Asker, id: PersonId) -> Result<NewLink> {
        let seen = self.person(asker, id).await?;
        let SeenPerson { person, memberships, .. } = &seen;
        let now = self.context.now();
        let over = || DirectoryError::no("Their access at your schools has ended. A link would not help.");
        let place = memberships.iter().find(|place| place.state(now) != State::Ended).ok_or_else(over)?;
        let site = self.allowed(asker, place.site, "edit", id)?.site.clone();
        if person.status != PersonStatus::Active {
            return Err(DirectoryError::no("Their access has been removed. A link would not help."));
        }
        let settings = self.context.settings_of(id).await?;
        let invite = person.password.is_none();
        let (kept, secret) = Link::make(&self.context, id, invite, &settings);
        let link = format!("{}/link?token={}", self.origin, secret.reveal());
        let life = kept.expires_at.since(kept.created_at);
        let (done, (event, words, mail)) = match self.own_mailbox(person).await? {
            Some(address) => {
                let what = if invite {
                    MailKind::Invite {
                        site: site.name.clone(),
                        by: asker.name.clone(),
                        link,
                        days: settings.invite_days,
                    }
                } else {
                    MailKind::PasswordLink { link, minutes: life / 60 }
                };
                let sender = site.settings.short_name.clone();
                let mail = Mail { sender, ..Mail::to(address.as_str(), person, what) };
                (NewLink::Mailed, ("link.sent", "sent a new link", Some(mail)))
            }
            None => {
                self.only_here(asker, &seen).await?;
                (NewLink::OnPaper { link, life }, ("link.printed", "printed a new link", None))
            }
        };
        let sentence = format!("{} {words} to set a password for {}", asker.name, person.full_name());
        let mut effects = Effects::audit(self.entry(event, sentence, &site).by(asker.person).about(id));
        if let Some(mail) = mail {
            effects = effects.mail(mail);
        }
        self.context.store.add_link(&kept, effects).await?;
        Ok(done)
    }

    /// The mailbox that only this person reads.
    async fn own_mailbox(&self, person: &Person) -> Result<Option<EmailAddress>> {
        let Some(address) = person.email.clone() else { return Ok(None) };
        let gone = is_detached(&self.context, person, &address).await?;
        Ok(Some(address).filter(|_| !gone))
    }

    async fn only_here(&self, asker: &Asker, seen: &SeenPerson) -> Result<()> {
        for place in &seen.memberships {
            self.allowed(asker, place.site, "edit", seen.person.id)?;
        }
        let seats = self.context.store.seats_of(seen.person.id).await?;
        if seen.elsewhere || seats.iter().any(|seat| !asker.trusts.contains(&seat.trust)) {
            return Err(DirectoryError::no("They also work where you manage nobody. Ask an admin of both to do this."));
        }
        Ok(())
    }
}
