//! The asker: an admin, with the sites they may see. Everything else does not exist for them (P-01).

use idp_domain::person::Person;
use idp_domain::rights::SiteRights;
use idp_domain::site::Site;
use idp_domain::trust::TrustRole;
use idp_domain::{PersonId, SiteId, Slug, TrustId};
use idp_store::Result;
use policies::{ManageQuestion, Verdict};

use crate::Directory;
use crate::error::DirectoryError;

/// Someone who uses the console.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Who it is.
    pub person: PersonId,
    /// Their name, for the audit log.
    pub name: String,
    /// Whether a key was used a short while ago.
    pub elevated: bool,
    /// Sites they may look at, with their own groups there.
    pub sites: Vec<SeenSite>,
    /// Sites at which they may approve what others granted.
    pub approves: Vec<SeenSite>,
    /// Sites whose audit log they may read.
    pub audit_sites: Vec<SiteId>,
    /// Trusts in which they may manage everybody.
    pub trusts: Vec<TrustId>,
    /// Trusts whose audit log they may read.
    pub audits: Vec<TrustId>,
}

/// A site that an asker may look at.
#[derive(Clone, Debug)]
pub struct SeenSite {
    /// The site.
    pub site: Site,
    /// The asker's own groups there.
    pub groups: Vec<String>,
    /// Whether the asker manages it through its trust.
    pub by_trust: bool,
}

impl Directory {
    /// What a person may see in the console.
    pub async fn asker(&self, person: &Person, elevated: bool) -> Result<Asker> {
        let (store, now) = (&self.context.store, self.context.now());
        let seats = store.seats_of(person.id).await?;
        let in_role = |roles: &[TrustRole]| -> Vec<TrustId> {
            seats.iter().filter(|seat| roles.contains(&seat.role)).map(|seat| seat.trust).collect()
        };
        let trusts = in_role(&[TrustRole::Owner, TrustRole::IdentityAdmin]);
        let audits = in_role(&[TrustRole::Owner, TrustRole::IdentityAdmin, TrustRole::Auditor]);
        let memberships = store.memberships_of(person.id).await?;
        let (mut sites, mut approves, mut audit_sites) = (Vec::new(), Vec::new(), Vec::new());
        for site in store.sites().await? {
            let rights = memberships.iter().find(|membership| membership.site == site.id);
            let groups = rights.and_then(|m| SiteRights::of(m, now).ok()).map(|r| r.groups).unwrap_or_default();
            let by_trust = site.trust.is_some_and(|trust| trusts.contains(&trust));
            let seen = SeenSite { site, groups, by_trust };
            let views = self.may(person.id, &seen, elevated, ("view", None, None)).is_ok();
            let audited = seen.site.trust.is_some_and(|trust| audits.contains(&trust));
            if views || audited || seen.groups.iter().any(|group| group == "auditor") {
                audit_sites.push(seen.site.id);
            }
            if self.may(person.id, &seen, true, ("approve", None, None)).is_ok() {
                approves.push(seen.clone());
            }
            if views {
                sites.push(seen);
            }
        }
        let name = person.full_name();
        Ok(Asker { person: person.id, name, elevated, sites, approves, audit_sites, trusts, audits })
    }

    /// Asks the rules: `(verb, about whom, granted by whom)`.
    pub(crate) fn may(
        &self,
        asker: PersonId,
        seen: &SeenSite,
        elevated: bool,
        (verb, about, granted_by): (&str, Option<PersonId>, Option<PersonId>),
    ) -> std::result::Result<(), Verdict> {
        self.rules.manage(&ManageQuestion {
            site: seen.site.slug.as_str(),
            groups: &seen.groups,
            verb,
            elevated,
            trust_admin: seen.by_trust,
            about_self: about == Some(asker),
            granted_by_self: granted_by == Some(asker),
        })
    }
}

impl Asker {
    /// Refuses where a key is needed first and no rule of a site says so: at a trust.
    pub(crate) fn must_be_elevated(&self) -> std::result::Result<(), DirectoryError> {
        if self.elevated { Ok(()) } else { Err(DirectoryError::ElevateFirst) }
    }

    /// Identifiers of all sites that the asker may see.
    pub fn site_ids(&self) -> Vec<SiteId> {
        self.sites.iter().map(|seen| seen.site.id).collect()
    }

    /// Whether there is anything in the console for this person.
    pub fn sees_anything(&self) -> bool {
        !(self.sites.is_empty() && self.approves.is_empty() && self.audit_sites.is_empty() && self.audits.is_empty())
    }

    /// Whether the asker manages a site through its trust.
    pub fn by_trust(&self, site: SiteId) -> bool {
        self.sites.iter().any(|seen| seen.site.id == site && seen.by_trust)
    }

    /// The site with this slug, if the asker may see it.
    pub fn site(&self, slug: &Slug) -> Option<&SeenSite> {
        self.sites.iter().find(|seen| seen.site.slug == *slug)
    }
}
