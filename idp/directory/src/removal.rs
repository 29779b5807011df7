//! Remove access now: everywhere, within a second, by one person. Safety first in the safe direction: giving it back takes
//! two.

use idp_domain::PersonId;
use idp_domain::audit::AuditEntry;
use idp_domain::person::PersonStatus;
use idp_domain::trust::{TrustRole, TrustSeat};
use idp_store::mails::MailKind;
use idp_store::restores::Restore;
use idp_store::{Effects, Signal};

use crate::Directory;
use crate::asker::Asker;
use crate::error::{DirectoryError, Result};
use crate::people::SeenPerson;

impl Directory {
    /// Stops a person at every site, ending sessions, tokens and open streams. `quiet` sends no mail.
    ///
    /// Only a trust's own admin may, and only where all the person's sites belong to the admin's trusts: others end the
    /// memberships at their own sites.
    pub async fn remove_now(&self, asker: &Asker, id: PersonId, quiet: bool) -> Result<()> {
        let seen = self.whole_person(asker, id).await?;
        let name = seen.person.full_name();
        let sentence = format!("{} removed all access of {name}{}", asker.name, if quiet { ", quietly" } else { "" });
        let entry = self.about_whole(asker, id, ("person.suspended", sentence));
        let mut effects = Effects::audit(entry).signal(Signal::SessionRevoked { person: id, sid: None, site: None });
        if !quiet {
            let what = MailKind::AccessEnded { site: String::new() };
            effects = effects.tell(&seen.person, what);
        }
        // The epoch counts up with it: sessions and refresh tokens are worth nothing from this moment.
        self.context.store.set_status(id, PersonStatus::Suspended, effects).await?;
        Ok(())
    }

    /// Somebody who works nowhere but where the asker may change everything.
    async fn whole_person(&self, asker: &Asker, id: PersonId) -> Result<SeenPerson> {
        let seen = self.person(asker, id).await?;
        let seats = self.context.store.seats_of(id).await?;
        let own = self.context.store.seats_of(asker.person).await?;
        let owner = |seats: &[TrustSeat]| seats.iter().any(|seat| seat.role == TrustRole::Owner);
        if owner(&seats) && !owner(&own) {
            let reason = "Only an owner of the trust removes the access of an owner, or gives it back";
            return Err(DirectoryError::no(reason));
        }
        let elsewhere = seen.elsewhere || seats.iter().any(|seat| !asker.trusts.contains(&seat.trust));
        let everywhere = !elsewhere && seen.memberships.iter().all(|m| asker.by_trust(m.site));
        if !everywhere {
            let reason = "This person also works outside your trust. End their access at each of your sites instead.";
            return Err(DirectoryError::no(reason));
        }
        for membership in &seen.memberships {
            self.allowed(asker, membership.site, "edit", id)?;
        }
        Ok(seen)
    }

    /// The wish to give a suspended person their access back, for who may see it.
    pub async fn restore_asked(&self, asker: &Asker, id: PersonId) -> Result<Option<Restore>> {
        self.person(asker, id).await?;
        Ok(self.context.store.restore_asked(id).await?)
    }

    /// Asks to give a suspended person their access back. Nothing changes until another person approves.
    pub async fn ask_restore(&self, asker: &Asker, id: PersonId) -> Result<()> {
        let seen = self.whole_person(asker, id).await?;
        if seen.person.status != PersonStatus::Suspended {
            return Err(DirectoryError::no("Their access has not been removed."));
        }
        let (by, by_name, at) = (asker.person, asker.name.clone(), self.context.now());
        let sentence = format!("{by_name} asked to give {} their access back", seen.person.full_name());
        let effects = Effects::audit(self.about_whole(asker, id, ("person.restore-asked", sentence)));
        let first = self.context.store.ask_restore(&Restore { person: id, by, by_name, at }, effects).await?;
        if first { Ok(()) } else { Err(DirectoryError::no("Somebody has asked for that already.")) }
    }

    /// Gives a suspended person their access back, or drops the wish. Nobody approves what they asked for, nor their own.
    pub async fn decide_restore(&self, asker: &Asker, id: PersonId, approve: bool) -> Result<()> {
        let seen = self.whole_person(asker, id).await?;
        let name = seen.person.full_name();
        if !approve {
            let sentence = format!("{} refused to give {name} their access back", asker.name);
            let effects = Effects::audit(self.about_whole(asker, id, ("person.restore-refused", sentence)));
            self.context.store.drop_restore(id, effects).await?;
            return Ok(());
        }
        let sentence = format!("{} gave {name} their access back", asker.name);
        let what = MailKind::AccessRestored;
        let effects = Effects::audit(self.about_whole(asker, id, ("person.restored", sentence)))
            .signal(Signal::TokenClaimsChange { person: id, site: None })
            .tell(&seen.person, what);
        let done = id != asker.person && self.context.store.restore(id, asker.person, effects).await?;
        if done {
            return Ok(());
        }
        Err(DirectoryError::own_wish())
    }

    fn about_whole(&self, asker: &Asker, id: PersonId, (event, sentence): (&'static str, String)) -> AuditEntry {
        let entry = AuditEntry::new(self.context.now(), event, sentence).by(asker.person).about(id);
        entry.in_trust(asker.trusts.first().copied())
    }
}
