//! What brings somebody back who has lost their key: recovery codes, temporary passes, and the holds that follow.

use std::collections::BTreeSet;

use async_trait::async_trait;
use idp_domain::membership::State;
use idp_domain::person::Person;
use idp_domain::site::Site;
use idp_domain::trust::TrustRole;
use idp_domain::{PersonId, SecretHash, Timestamp};

use crate::Context;
use crate::effects::Effects;
use crate::error::Result;
use crate::mails::MailKind;
use crate::sessions::Comeback;

/// Name under which the codes of passes are fingerprinted, by whoever issues and whoever checks them.
pub const PASS_PURPOSE: &str = "temporary pass";
/// Characters of a pass.
const PASS_LENGTH: usize = 10;

/// A temporary pass that a colleague vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Fingerprint of its code.
    pub fingerprint: SecretHash,
    /// For whom.
    pub person: PersonId,
    /// Who vouched.
    pub issued_by: PersonId,
    /// The trust or lone site in whose name.
    pub place: String,
    /// From when it is too old.
    pub expires_at: Timestamp,
}

impl Pass {
    /// A new pass, and its code, which is shown once. It counts once it is stored.
    pub fn make(
        context: &Context,
        (person, issued_by): (PersonId, PersonId),
        place: String,
        expires_at: Timestamp,
    ) -> (Self, String) {
        let code = context.random.readable(PASS_LENGTH);
        let fingerprint = context.vault.fingerprint(PASS_PURPOSE, code.as_bytes());
        (Self { fingerprint, person, issued_by, place, expires_at }, code)
    }
}

impl Context {
    /// The sites where somebody works or is about to.
    pub async fn places_of(&self, person: PersonId) -> Result<Vec<Site>> {
        let mut places = Vec::new();
        for membership in self.store.memberships_of(person).await? {
            if membership.state(self.now()) != State::Ended {
                places.extend(self.store.site(membership.site).await?);
            }
        }
        Ok(places)
    }

    /// Adds a mail to a person, to the DSLs of their schools and to who manages identities in the trusts of these: nobody
    /// comes back without a key unseen. `mail` is about its reader when it is given no name.
    pub async fn tell_guardians(
        &self,
        effects: Effects,
        (person, places): (&Person, &[Site]),
        mail: impl Fn(String) -> MailKind,
    ) -> Result<Effects> {
        let mut effects = effects.tell(person, mail(String::new()));
        let mut told = BTreeSet::from([person.id]);
        for site in places {
            for id in self.guardians_of(site).await? {
                if let Some(guardian) = self.store.person(id).await?.filter(|_| told.insert(id)) {
                    effects = effects.tell_from(site, &guardian, mail(person.full_name()));
                }
            }
        }
        Ok(effects)
    }

    /// The DSLs of a site, and who manages identities in its trust.
    async fn guardians_of(&self, site: &Site) -> Result<Vec<PersonId>> {
        let mut found = Vec::new();
        for membership in self.store.memberships_at(site.id).await? {
            if membership.guards(self.now()) {
                found.push(membership.person);
            }
        }
        if let Some(trust) = site.trust {
            found.extend(self.store.seats_in(trust, TrustRole::IdentityAdmin).await?.iter().map(|seat| seat.person));
        }
        Ok(found)
    }
}

/// The port.
#[async_trait]
pub trait Recovery: Send + Sync {
    /// Replaces all recovery codes of a person by these.
    async fn replace_recovery_codes(&self, person: PersonId, codes: &[SecretHash], effects: Effects) -> Result<()>;
    /// How many are left.
    async fn recovery_codes_left(&self, person: PersonId) -> Result<i64>;
    /// Uses one up; false when it is not this person's, or was used before, or the session is over.
    async fn use_recovery_code(&self, comeback: Comeback<'_>, code: &SecretHash, effects: Effects) -> Result<bool>;

    /// Adds a pass; the person's older unused ones stop working.
    async fn add_pass(&self, pass: &Pass, effects: Effects) -> Result<()>;
    /// Uses a pass up and puts elevated access on hold at these places; false when it is not this person's, was used
    /// before, or is too old, or the session is over.
    async fn use_pass(
        &self,
        comeback: Comeback<'_>,
        code: &SecretHash,
        (holds, effects): (&[String], Effects),
    ) -> Result<bool>;
    /// The unused pass of a person, if one is still good.
    async fn open_pass(&self, person: PersonId, now: Timestamp) -> Result<Option<Pass>>;

    /// Places where the person's elevated access waits for a confirmation.
    async fn holds_of(&self, person: PersonId) -> Result<Vec<String>>;
    /// Lifts a hold; false when there was none.
    async fn lift_hold(&self, person: PersonId, place: &str, effects: Effects) -> Result<bool>;
}
