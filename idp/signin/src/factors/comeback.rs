//! What follows when somebody comes back without a key, by whichever way: the log, and who is told.

use std::collections::BTreeSet;

use idp_domain::PersonId;
use idp_domain::audit::AuditEntry;
use idp_domain::membership::State;
use idp_domain::person::Person;
use idp_domain::site::Site;
use idp_domain::trust::TrustRole;
use idp_store::Effects;
use idp_store::mails::MailKind;

use crate::{Refusal, SignIn};

impl SignIn {
    /// The person is told, the DSLs of their schools, and who manages identities in the trusts of these; the log of each
    /// school says so. `mail` is about the reader when it is given no name.
    pub(super) async fn came_back(
        &self,
        person: &Person,
        (event, did): (&str, &str),
        mail: fn(String) -> MailKind,
    ) -> Result<Effects, Refusal> {
        let now = self.context.now();
        let entry =
            || AuditEntry::new(now, event, format!("{} {did}", person.full_name())).by(person.id).about(person.id);
        let mut effects = Effects::none().tell(person, mail(String::new()));
        let mut told = BTreeSet::from([person.id]);
        let places = self.places_of(person).await?;
        for site in &places {
            effects.audit.push(entry().at_site(site.id).in_trust(site.trust));
            for id in self.guardians_of(site).await? {
                if let Some(guardian) = self.context.store.person(id).await?.filter(|_| told.insert(id)) {
                    effects = effects.tell_from(site, &guardian, mail(person.full_name()));
                }
            }
        }
        if places.is_empty() {
            effects.audit.push(entry());
        }
        Ok(effects)
    }

    /// The sites where somebody works or is about to.
    pub(super) async fn places_of(&self, person: &Person) -> Result<Vec<Site>, Refusal> {
        let (store, now) = (&self.context.store, self.context.now());
        let mut places = Vec::new();
        for membership in store.memberships_of(person.id).await? {
            if membership.state(now) != State::Ended {
                places.extend(store.site(membership.site).await?);
            }
        }
        Ok(places)
    }

    /// The DSLs of a site, and who manages identities in its trust.
    async fn guardians_of(&self, site: &Site) -> Result<Vec<PersonId>, Refusal> {
        let (store, now) = (&self.context.store, self.context.now());
        let mut found = Vec::new();
        for membership in store.memberships_at(site.id).await? {
            if membership.state(now) == State::Live && membership.active_grants().any(|grant| grant.group == "dsl") {
                found.push(membership.person);
            }
        }
        if let Some(trust) = site.trust {
            found.extend(store.seats_in(trust, TrustRole::IdentityAdmin).await?.iter().map(|seat| seat.person));
        }
        Ok(found)
    }
}
