//! Grants that wait for a second person.

use idp_domain::membership::{Grant, Membership};
use idp_domain::person::Person;
use idp_domain::site::Site;
use idp_domain::{GrantId, SiteId};
use idp_store::Effects;

use crate::Directory;
use crate::asker::Asker;
use crate::error::{DirectoryError, Result};
use crate::memberships::claims_change;

/// A grant that waits, with all that one needs to decide.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The grant.
    pub grant: Grant,
    /// For whom.
    pub person: Person,
    /// Where.
    pub site: Site,
    /// Who gave it.
    pub granted_by: Option<String>,
}

impl Directory {
    /// What waits at the sites where the asker may approve.
    pub async fn waiting(&self, asker: &Asker) -> Result<Vec<Waiting>> {
        let sites: Vec<SiteId> = asker.approves.iter().map(|seen| seen.site.id).collect();
        let mut waiting = Vec::new();
        for (membership, grant) in self.context.store.waiting_at(&sites).await? {
            if let Some(found) = self.waiting_one(asker, membership, grant).await? {
                waiting.push(found.0);
            }
        }
        Ok(waiting)
    }

    async fn waiting_one(
        &self,
        asker: &Asker,
        membership: idp_domain::MembershipId,
        grant: GrantId,
    ) -> Result<Option<(Waiting, Membership)>> {
        let Some(membership) = self.context.store.membership(membership).await? else { return Ok(None) };
        let Some(seen) = asker.approves.iter().find(|seen| seen.site.id == membership.site) else { return Ok(None) };
        let Some(grant) = membership.grants.iter().find(|one| one.id == grant && one.pending).cloned() else {
            return Ok(None);
        };
        let Some(person) = self.context.store.person(membership.person).await? else { return Ok(None) };
        let granted_by = match grant.granted_by {
            Some(id) => self.context.store.person(id).await?.map(|person| person.full_name()),
            None => None,
        };
        Ok(Some((Waiting { grant, person, site: seen.site.clone(), granted_by }, membership)))
    }

    /// Approves or refuses. Nobody decides what they gave or what they would get.
    pub async fn decide(&self, asker: &Asker, id: GrantId, approve: bool) -> Result<()> {
        let waiting = {
            let sites: Vec<SiteId> = asker.approves.iter().map(|seen| seen.site.id).collect();
            self.context.store.waiting_at(&sites).await?
        };
        let (membership, _) = waiting.into_iter().find(|(_, grant)| *grant == id).ok_or(DirectoryError::NotFound)?;
        let (found, _) = self.waiting_one(asker, membership, id).await?.ok_or(DirectoryError::NotFound)?;
        let seen = asker.approves.iter().find(|seen| seen.site.id == found.site.id).ok_or(DirectoryError::NotFound)?;
        let facts = ("approve", Some(found.person.id), found.grant.granted_by);
        self.may(asker.person, seen, asker.elevated, facts)?;
        let group = idp_domain::group::group_by_id(&found.grant.group).map_or("", |group| group.name);
        let verb = if approve { "approved" } else { "refused" };
        let sentence = format!("{} {verb} {group} for {} at {}", asker.name, found.person.full_name(), found.site.name);
        let event = if approve { "grant.approved" } else { "grant.refused" };
        let entry = self.entry(event, sentence, &found.site).by(asker.person).about(found.person.id);
        let effects = Effects::audit(entry).signal(claims_change(&found.person, &found.site));
        let done = if approve {
            self.context.store.approve(id, asker.person, effects).await?
        } else {
            self.context.store.refuse(id, effects).await?
        };
        if done { Ok(()) } else { Err(DirectoryError::NotFound) }
    }
}
