//! Remove access now: everywhere, within a second, by one person. Safety first in the safe direction.

use idp_domain::PersonId;
use idp_domain::audit::AuditEntry;
use idp_domain::person::{Person, PersonStatus};
use idp_domain::trust::{TrustRole, TrustSeat};
use idp_store::effects::MailKind;
use idp_store::{Effects, Signal};

use crate::Directory;
use crate::asker::Asker;
use crate::error::{DirectoryError, Result};

impl Directory {
    /// Stops a person at every site, ending sessions, tokens and open streams. `quiet` sends no mail.
    ///
    /// Only a trust's own admin may, and only where all the person's sites belong to the admin's trusts: others end the
    /// memberships at their own sites.
    pub async fn remove_now(&self, asker: &Asker, id: PersonId, quiet: bool) -> Result<()> {
        let seen = self.person(asker, id).await?;
        let seats = self.context.store.seats_of(id).await?;
        let own = self.context.store.seats_of(asker.person).await?;
        let owner = |seats: &[TrustSeat]| seats.iter().any(|seat| seat.role == TrustRole::Owner);
        if owner(&seats) && !owner(&own) {
            let reason = "Only an owner of the trust removes the access of an owner".to_owned();
            return Err(DirectoryError::Refused(reason));
        }
        let elsewhere = seen.elsewhere || seats.iter().any(|seat| !asker.trusts.contains(&seat.trust));
        let everywhere = !elsewhere && seen.memberships.iter().all(|m| asker.by_trust(m.site));
        if !everywhere {
            let reason = "This person also works outside your trust. End their access at each of your sites instead.";
            return Err(DirectoryError::Refused(reason.to_owned()));
        }
        for membership in &seen.memberships {
            self.allowed(asker, membership.site, "edit", id)?;
        }
        let name = seen.person.full_name();
        let sentence = format!("{} removed all access of {name}{}", asker.name, if quiet { ", quietly" } else { "" });
        let trust = asker.trusts.first().copied();
        let mut entry = AuditEntry::new(self.context.now(), "person.suspended", sentence).by(asker.person).about(id);
        entry = entry.in_trust(trust);
        let mut effects = Effects::audit(entry).signal(Signal::SessionRevoked { person: id, sid: None });
        if !quiet {
            let what = MailKind::AccessEnded { site: String::new() };
            effects = effects.tell(&seen.person, what);
        }
        let stopped = Person { status: PersonStatus::Suspended, ..seen.person };
        // The epoch counts up with it: sessions and refresh tokens are worth nothing from this moment.
        self.context.store.save_person(&stopped, effects).await?;
        Ok(())
    }
}
