//! The list of people, and one person as an admin sees them: only what is at the admin's own sites.

use idp_domain::audit::AuditEntry;
use idp_domain::email::EmailAddress;
use idp_domain::membership::Membership;
use idp_domain::person::{Person, fold_name};
use idp_domain::rights::SiteRights;
use idp_domain::{KeyId, PersonId, SiteId, Slug};
use idp_store::Effects;
use idp_store::addresses::is_detached;
use idp_store::people::PeopleQuery;

use crate::Directory;
use crate::asker::{Asker, SeenSite};
use crate::error::{DirectoryError, Result};

/// What the list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of a name or address.
    pub text: String,
    /// Only this site.
    pub site: Option<Slug>,
    /// Only holders of this group.
    pub group: String,
}

/// A person with the memberships that the asker may see.
#[derive(Clone, Debug)]
pub struct SeenPerson {
    /// The person.
    pub person: Person,
    /// Memberships at the asker's sites.
    pub memberships: Vec<Membership>,
    /// Whether there are others, of which nothing more is said.
    pub elsewhere: bool,
    /// Their keys, by name and kind only.
    pub keys: Vec<(KeyId, String, &'static str)>,
}

/// Most people on one page.
pub const PAGE: i64 = 100;

impl Directory {
    /// Those of higher level at the schools of which somebody is a site admin, apart from themselves: what happens to their
    /// keys is that admin's business.
    pub async fn looks_after(&self, admin: PersonId) -> idp_store::Result<Vec<PersonId>> {
        let (store, now) = (&self.context.store, self.context.now());
        let rights = |membership: &Membership| SiteRights::of(membership, now).ok();
        let mut people = Vec::new();
        for own in store.memberships_of(admin).await? {
            if rights(&own).is_some_and(|rights| rights.administers()) {
                let there = store.memberships_at(own.site).await?;
                let higher = there.iter().filter(|other| rights(other).is_some_and(|rights| rights.may_elevate));
                people.extend(higher.map(|other| other.person));
            }
        }
        people.sort_unstable();
        people.dedup();
        people.retain(|person| *person != admin);
        Ok(people)
    }

    /// People at the asker's sites.
    pub async fn people(&self, asker: &Asker, filter: &Filter) -> Result<Vec<SeenPerson>> {
        let sites: Vec<SiteId> = match &filter.site {
            Some(slug) => asker.site(slug).map(|seen| seen.site.id).into_iter().collect(),
            None => asker.site_ids(),
        };
        let query = PeopleQuery {
            sites: sites.clone(),
            text: fold_name(&filter.text),
            group: filter.group.clone(),
            limit: PAGE,
        };
        let people = self.context.store.people(&query).await?;
        let ids: Vec<PersonId> = people.iter().map(|person| person.id).collect();
        let mut memberships = self.context.store.memberships_among(&ids, &asker.site_ids()).await?;
        Ok(people
            .into_iter()
            .map(|person| {
                let own = memberships.extract_if(.., |membership| membership.person == person.id).collect();
                SeenPerson { person, memberships: own, elsewhere: false, keys: Vec::new() }
            })
            .collect())
    }

    /// Who of these should have a key by now, by the rules of these sites, and has none that works and counts there.
    pub async fn late_with_key(&self, sites: &[SeenSite], memberships: &[Membership]) -> Result<Vec<PersonId>> {
        let now = self.context.now();
        let mut asked = Vec::new();
        for SeenSite { site, .. } in sites {
            let floor = self.context.settings_at(site).await?.key_floor;
            for membership in memberships.iter().filter(|one| one.site == site.id && now >= one.key_due()) {
                let Ok(rights) = SiteRights::of(membership, now) else { continue };
                let policy = site.settings.key_policy_of(&rights.groups, floor);
                asked.extend(policy.to_have(rights.may_elevate).map(|acr| (membership.person, acr)));
            }
        }
        let people: Vec<PersonId> = asked.iter().map(|(person, _)| *person).collect();
        let keys = self.context.store.working_keys_of(&people).await?;
        asked.retain(|(person, acr)| !keys.iter().any(|(owner, kind)| owner == person && kind.acr() >= *acr));
        let mut late: Vec<PersonId> = asked.into_iter().map(|(person, _)| person).collect();
        late.sort_unstable();
        late.dedup();
        Ok(late)
    }

    /// One person; not found unless they are at one of the asker's sites.
    pub async fn person(&self, asker: &Asker, id: PersonId) -> Result<SeenPerson> {
        let all = self.context.store.memberships_of(id).await?;
        let sites = asker.site_ids();
        let total = all.len();
        let memberships: Vec<Membership> = all.into_iter().filter(|m| sites.contains(&m.site)).collect();
        if memberships.is_empty() {
            return Err(DirectoryError::NotFound);
        }
        let person = self.context.store.person(id).await?.ok_or(DirectoryError::NotFound)?;
        let keys = self.context.store.keys_of(id).await?;
        let keys = keys.into_iter().map(|key| (key.id, key.name, key.kind.title())).collect();
        Ok(SeenPerson { person, elsewhere: total > memberships.len(), memberships, keys })
    }

    /// Whose address this is. A school's mailbox whose owner has left every school of that domain is nobody's.
    pub(crate) async fn owner_of(&self, email: &EmailAddress) -> Result<Option<Person>> {
        let person = self.context.store.person_by_login(&email.folded()).await?;
        Ok(match person {
            Some(person) if is_detached(&self.context, &person, email).await? => None,
            other => other,
        })
    }

    /// Takes an address from somebody who has left its school, so that its new reader gets an identity of their own.
    pub(crate) async fn free_address(&self, email: &EmailAddress) -> Result<()> {
        let Some(person) = self.context.store.person_by_login(&email.folded()).await? else { return Ok(()) };
        let sentence =
            format!("{} gave up {}, which belongs to a school they have left", person.full_name(), email.as_str());
        let entry = AuditEntry::new(self.context.now(), "address.released", sentence).about(person.id);
        Ok(self.context.store.release_address(person.id, email, Effects::audit(entry)).await?)
    }

    /// The site of a membership, if the asker may do `verb` about its person there.
    pub(crate) fn allowed<'a>(
        &self,
        asker: &'a Asker,
        site: SiteId,
        verb: &str,
        about: PersonId,
    ) -> Result<&'a SeenSite> {
        let seen = asker.sites.iter().find(|seen| seen.site.id == site).ok_or(DirectoryError::NotFound)?;
        self.may(asker.person, seen, asker.elevated, (verb, Some(about), None))?;
        Ok(seen)
    }
}
