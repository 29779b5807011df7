//! People who ask for access to a site: the request goes to its admins, with a reason; nothing is promised.

use idp_domain::email::EmailAddress;
use idp_domain::person::Person;
use idp_domain::site::Site;
use idp_domain::{RequestId, SiteId};
use idp_store::mails::MailKind;
use idp_store::requests::{AccessRequest, Answer};
use idp_store::{Effects, StoreError};

use crate::Directory;
use crate::asker::{Asker, SeenSite};
use crate::error::{DirectoryError, FieldFault, Result};
use crate::import::schools::is_called;

/// Most characters of a reason, for asking and for refusing.
pub const LONGEST_REASON: usize = 500;

/// A request as whoever decides sees it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request.
    pub request: AccessRequest,
    /// Who asks.
    pub person: Person,
    /// Where.
    pub site: Site,
}

impl Directory {
    /// Asks for access in somebody's own name. Asking again before anybody has answered changes nothing and tells nobody.
    pub async fn ask_access(&self, person: &Person, site: &Site, reason: &str) -> Result<()> {
        let reason = fitting(reason)?;
        let request = AccessRequest {
            id: RequestId::new(&*self.context.clock, &*self.context.random),
            person: person.id,
            site: site.id,
            reason: reason.clone(),
            asked_at: self.context.now(),
            answer: Answer::Waiting,
        };
        let sentence = format!("{} asked for access to {}", person.full_name(), site.name);
        let mut effects = Effects::audit(self.entry("access.asked", sentence, site).by(person.id).about(person.id));
        for admin in self.context.admins_of(site).await? {
            let what = MailKind::AccessAsked {
                site: site.name.clone(),
                who: format!("{} ({})", person.full_name(), person.login()),
                reason: reason.clone(),
                link: format!("{}/admin/approvals", self.origin),
            };
            effects = effects.tell_from(site, &admin, what);
        }
        self.context.store.ask_access(&request, effects).await?;
        Ok(())
    }

    /// The site that somebody means by a name, if it can be no other.
    pub async fn school_named(&self, name: &str) -> std::result::Result<Option<Site>, StoreError> {
        let mut sites = self.context.store.sites().await?;
        let slug = name.to_lowercase();
        sites.retain(|site| is_called(site, name) || site.slug.as_str() == slug);
        Ok(<[Site; 1]>::try_from(sites).ok().map(|[site]| site))
    }

    /// Asks the admins of a site to check the address that they have for somebody whom nothing reaches.
    pub async fn ask_to_check(
        &self,
        site: &Site,
        who: &str,
        address: &EmailAddress,
    ) -> std::result::Result<(), StoreError> {
        let sentence = format!("Somebody asked {} to check an email address", site.name);
        let mut effects = Effects::audit(self.entry("address.check", sentence, site));
        for admin in self.context.admins_of(site).await? {
            let (site_name, who) = (site.name.clone(), who.to_owned());
            let link = format!("{}/admin/people", self.origin);
            let what = MailKind::CheckAddress { site: site_name, who, account: address.to_string(), link };
            effects = effects.tell_from(site, &admin, what);
        }
        self.context.store.record(effects).await
    }

    /// What waits at the sites where the asker may give access.
    pub async fn requests(&self, asker: &Asker) -> Result<Vec<Asked>> {
        let sites: Vec<SiteId> = self.giving_at(asker).map(|seen| seen.site.id).collect();
        let mut waiting = Vec::new();
        for request in self.context.store.requests_at(&sites).await? {
            let Some(seen) = asker.sites.iter().find(|seen| seen.site.id == request.site) else { continue };
            let Some(person) = self.context.store.person(request.person).await? else { continue };
            waiting.push(Asked { request, person, site: seen.site.clone() });
        }
        Ok(waiting)
    }

    /// Refuses a request, with a reason that its maker reads.
    pub async fn refuse_request(&self, asker: &Asker, id: RequestId, why: &str) -> Result<()> {
        let found = self.requests(asker).await?.into_iter().find(|one| one.request.id == id);
        let Asked { person, site, .. } = found.ok_or(DirectoryError::NotFound)?;
        self.allowed(asker, site.id, "edit", person.id)?;
        let why = fitting(why)?;
        let sentence = format!("{} did not give {} access to {}: {why}", asker.name, person.full_name(), site.name);
        let entry = self.entry("access.refused", sentence, &site).by(asker.person).about(person.id);
        let what = MailKind::AccessRefused { site: site.name.clone(), reason: why.clone() };
        let effects = Effects::audit(entry).tell_from(&site, &person, what);
        let first = self.context.store.refuse_request(id, self.context.now(), &why, effects).await?;
        if first { Ok(()) } else { Err(DirectoryError::NotFound) }
    }

    /// Sites at which the asker may give access, once a key was used.
    fn giving_at<'a>(&'a self, asker: &'a Asker) -> impl Iterator<Item = &'a SeenSite> {
        asker.sites.iter().filter(|seen| self.may(asker.person, seen, true, ("edit", None, None)).is_ok())
    }
}

fn fitting(reason: &str) -> Result<String> {
    let reason = reason.trim();
    if (1..=LONGEST_REASON).contains(&reason.chars().count()) {
        return Ok(reason.to_owned());
    }
    let words = "Enter a reason, up to 500 characters";
    Err(DirectoryError::Faults(vec![FieldFault::new("reason", words)]))
}
