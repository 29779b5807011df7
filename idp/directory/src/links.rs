//! A new link to set a password, at an admin's wish: mailed, or handed over on paper to people without a mailbox.

use idp_domain::PersonId;
use idp_domain::email::EmailAddress;
use idp_domain::group::group_by_id;
use idp_domain::key::Key;
use idp_domain::membership::{Membership, Source, State};
use idp_domain::person::{Person, PersonStatus};
use idp_domain::site::Site;
use idp_store::Effects;
use idp_store::addresses::is_detached;
use idp_store::links::Link;
use idp_store::mails::{Mail, MailKind};

use crate::Directory;
use crate::asker::Asker;
use crate::error::{DirectoryError, Result};
use crate::people::SeenPerson;

/// Longest that a link on paper works, in seconds: a day in which it is handed over.
const ON_PAPER: i64 = 24 * 3600;

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
    /// Whoever holds a link on paper is that person, so it is made only where all of their places are the asker's, where
    /// a key of theirs stands before what two people gave them, and never unseen: their DSLs and trust are told.
    pub async fn new_link(&self, asker: &Asker, id: PersonId) -> Result<NewLink> {
        let seen = self.person(asker, id).await?;
        let person = &seen.person;
        let site = self.place_for_link(asker, &seen)?;
        if person.status != PersonStatus::Active {
            return Err(DirectoryError::no("Their access has been removed. A link would not help."));
        }
        let settings = self.context.settings_of(id).await?;
        let invite = person.password.is_none();
        let (kept, secret) = Link::make(&self.context, id, invite, &settings);
        let link = self.link_address(&secret);
        let entry = |event: &str, words: &str| {
            let sentence = format!("{} {words} to set a password for {}", asker.name, person.full_name());
            self.entry(event, sentence, &site).by(asker.person).about(id)
        };
        if let Some(address) = self.mailbox_of(person).await? {
            let what = if invite {
                MailKind::Invite { site: site.name.clone(), by: asker.name.clone(), link, days: settings.invite_days }
            } else {
                MailKind::PasswordLink { link, minutes: settings.reset_minutes }
            };
            let sender = site.settings.short_name.clone();
            let mail = Mail { sender, ..Mail::to(address.as_str(), person, what) };
            let effects = Effects::audit(entry("link.sent", "sent a new link")).mail(mail);
            self.context.store.add_link(&kept, effects).await?;
            return Ok(NewLink::Mailed);
        }
        self.only_here(asker, &seen).await?;
        let kept = Link { expires_at: kept.expires_at.min(kept.created_at.plus(ON_PAPER)), ..kept };
        let life = kept.expires_at.since(kept.created_at);
        let told = |who| MailKind::LinkPrinted { who, by: asker.name.clone() };
        let effects = Effects::audit(entry("link.printed", "printed a new link"));
        let places = self.context.places_of(id).await?;
        let effects = self.context.tell_guardians(effects, (person, &places), told).await?;
        self.context.store.add_link(&kept, effects).await?;
        Ok(NewLink::OnPaper { link, life })
    }

    /// The mailbox that only this person reads.
    pub async fn mailbox_of(&self, person: &Person) -> Result<Option<EmailAddress>> {
        let Some(address) = person.email.clone() else { return Ok(None) };
        let gone = is_detached(&self.context, person, &address).await?;
        Ok(Some(address).filter(|_| !gone))
    }

    /// The site in whose name the link is made.
    fn place_for_link(&self, asker: &Asker, seen: &SeenPerson) -> Result<Site> {
        let counts = |place: &&Membership| self.counts_for_link(place);
        let over = || DirectoryError::no("They have no account at your schools any more. A link would not help.");
        let place = seen.memberships.iter().find(counts).ok_or_else(over)?;
        Ok(self.allowed(asker, place.site, "edit", seen.person.id)?.site.clone())
    }

    /// Whoever is here for a day has no account.
    fn counts_for_link(&self, place: &Membership) -> bool {
        place.source != Source::Pass && place.state(self.context.now()) != State::Ended
    }

    async fn only_here(&self, asker: &Asker, seen: &SeenPerson) -> Result<()> {
        let (store, id) = (&self.context.store, seen.person.id);
        let places = store.memberships_of(id).await?;
        let places: Vec<&Membership> = places.iter().filter(|place| self.counts_for_link(place)).collect();
        let elsewhere = places.iter().any(|place| !asker.sites.iter().any(|own| own.site.id == place.site));
        if elsewhere || !store.seats_of(id).await?.is_empty() {
            return Err(DirectoryError::no("They also work where you manage nobody. Ask an admin of both to do this."));
        }
        let mut weighty = false;
        for place in places {
            self.allowed(asker, place.site, "edit", id)?;
            weighty |= place.active_grants().any(|grant| {
                group_by_id(&grant.group).is_some_and(|group| group.needs_second_person || group.administers)
            });
        }
        if weighty && !store.keys_of(id).await?.iter().any(Key::works) {
            let why = "They hold a user group that two people gave them, and have no key that stands before it. Take the \
                       group away first, and give it again afterwards.";
            return Err(DirectoryError::no(why));
        }
        Ok(())
    }
}
