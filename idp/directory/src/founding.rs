//! Founding a trust and adding sites to it: what somebody at the server's console does once, before anybody can sign in.

use std::collections::BTreeMap;

use idp_domain::audit::AuditEntry;
use idp_domain::email::EmailAddress;
use idp_domain::key_policy::{KeyPolicy, KeyRule};
use idp_domain::person::Person;
use idp_domain::site::{Site, SiteSettings};
use idp_domain::trust::{Helpdesk, Trust, TrustRole, TrustSeat, TrustSettings};
use idp_domain::{SiteId, Slug, TrustId};
use idp_store::links::Link;
use idp_store::mails::MailKind;
use idp_store::{Effects, Signal, StoreError};

use crate::Directory;
use crate::error::{DirectoryError, Result};

/// A trust that is to be.
#[derive(Clone, Debug)]
pub struct Founding {
    /// Its name.
    pub name: String,
    /// The domain of its own mailboxes.
    pub domain: String,
    /// First and last name of its first owner.
    pub owner: (String, String),
    /// The owner's address.
    pub email: String,
}

/// A site that is to be.
#[derive(Clone, Debug)]
pub struct NewSite {
    /// First label of its address.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Address of its own server, `http://host:port`.
    pub upstream: String,
    /// The domain of the trust it belongs to; empty for a school without one.
    pub trust_domain: String,
}

impl Directory {
    /// Makes a trust with its first owner, who is mailed a link. Answers the link, to be handed over where no mail goes out
    /// yet. Refused when the trust is there already: its owners invite everybody else.
    pub async fn found(&self, founding: &Founding) -> Result<String> {
        let no = DirectoryError::no;
        let (store, now) = (&self.context.store, self.context.now());
        let domain = founding.domain.trim().to_lowercase();
        let email = EmailAddress::parse(&founding.email).map_err(|fault| no(&fault.to_string()))?;
        let names = [&founding.name, &founding.owner.0, &founding.owner.1];
        if names.iter().any(|name| name.trim().is_empty()) || EmailAddress::parse(&format!("a@{domain}")).is_err() {
            return Err(no("The names of the trust and its owner, and a domain like trust.example, are needed."));
        }
        if store.trusts().await?.iter().any(|trust| trust.domain == domain) {
            return Err(no("A trust with this domain is there already. Its owners invite other people."));
        }
        let key_floor = KeyPolicy { rule: KeyRule::ToElevate, strong: false };
        let settings = TrustSettings { key_floor, ..TrustSettings::default() };
        let id = TrustId::new(&*self.context.clock, &*self.context.random);
        let name = founding.name.trim().to_owned();
        let person = match store.person_by_login(&email.folded()).await? {
            Some(person) => person,
            None => self.first_owner(founding, &email).await?,
        };
        store
            .add_trust(&Trust { id, name: name.clone(), domain, settings, draft: None, helpdesk: Helpdesk::default() })
            .await?;
        let sentence = format!("{name} was founded, with {} as its owner", person.full_name());
        let entry = AuditEntry::new(now, "trust.founded", sentence).about(person.id).in_trust(Some(id));
        store
            .add_seat(&TrustSeat { person: person.id, trust: id, role: TrustRole::Owner }, Effects::audit(entry))
            .await?;
        let (link, secret) = Link::make(&self.context, person.id, true, &settings);
        let address = self.link_address(&secret);
        let by = "The server’s operator".to_owned();
        let what = MailKind::Invite { site: name, by, link: address.clone(), days: settings.invite_days };
        store.add_link(&link, Effects::none().tell(&person, what)).await?;
        Ok(address)
    }

    async fn first_owner(&self, founding: &Founding, email: &EmailAddress) -> Result<Person> {
        let (first, last) = &founding.owner;
        let person = self.new_person((first, last), Some(email.clone()), None);
        self.context.store.add_person(&person, Effects::none()).await?;
        Ok(person)
    }

    /// A site as it is, and as it would be at another address. It changes nothing.
    pub async fn site_to_rename(&self, old: &str, new: &str) -> Result<(Site, Site)> {
        let no = DirectoryError::no;
        let slug = Slug::parse(new).map_err(|fault| no(&fault.to_string()))?;
        let parsed = Slug::parse(old).map_err(|_| no("There is no site at this address."))?;
        let site = self.context.store.site_by_slug(&parsed).await?.filter(|site| site.slug == parsed);
        let site = site.ok_or_else(|| no("There is no site at this address."))?;
        if self.context.store.site_by_slug(&slug).await?.is_some_and(|other| other.id != site.id) || slug == site.slug {
            return Err(taken());
        }
        let renamed = Site { slug, ..site.clone() };
        Ok((site, renamed))
    }

    /// Gives a site another address, at the server's console. The old one leads on to it for ever.
    pub async fn rename_site(&self, (site, renamed): (&Site, &Site)) -> Result<()> {
        let (old, new) = (&site.slug, &renamed.slug);
        let entry = self.entry("site.moved", format!("{} moved from {old} to {new}", site.name), site);
        match self.context.store.rename_site(site, new, Effects::audit(entry).signal(Signal::RegistryChange)).await {
            Err(StoreError::Conflict(_)) => Err(taken()),
            other => Ok(other?),
        }
    }

    /// Adds a site. Its colour, contacts and rules are changed in the console afterwards.
    pub async fn add_site(&self, wanted: &NewSite) -> Result<Site> {
        let no = DirectoryError::no;
        let slug = Slug::parse(&wanted.slug).map_err(|fault| no(&fault.to_string()))?;
        let store = &self.context.store;
        if store.site_by_slug(&slug).await?.is_some() {
            return Err(no("There is a site with this address already, or was."));
        }
        let upstream = wanted.upstream.trim_end_matches('/').to_owned();
        let host = upstream.strip_prefix("http://").unwrap_or_default();
        if host.is_empty() || host.contains(['/', '@', '?', '#']) {
            return Err(no("The upstream must be an address like http://10.0.0.7:8080, without a path."));
        }
        let trust = match wanted.trust_domain.trim().to_lowercase() {
            domain if domain.is_empty() => None,
            domain => {
                let found = store.trusts().await?.into_iter().find(|trust| trust.domain == domain);
                Some(found.ok_or_else(|| no("There is no trust with this domain. Found it first: lanyard setup"))?.id)
            }
        };
        let settings = SiteSettings {
            short_name: wanted.name.chars().take(24).collect::<String>().trim().to_owned(),
            colour: "#0b5e63".to_owned(),
            key_rule: KeyRule::ToElevate,
            phishing_resistant_only: false,
            elevation_idle: 15 * 60,
            elevation_absolute: 60 * 60,
            carry_over: 15 * 60,
            support_email: String::new(),
            support_phone: String::new(),
            upstream,
            bar: true,
            mail_domain: String::new(),
            former_mail_domains: Vec::new(),
            alerts: false,
            concern_path: String::new(),
            api_path: String::new(),
            dsl_contact: String::new(),
            hide_on_blur: false,
            key_sign_in_elevates: false,
            group_keys: BTreeMap::new(),
        };
        if let Some(fault) = settings.faults().first() {
            return Err(no(fault.message));
        }
        let id = SiteId::new(&*self.context.clock, &*self.context.random);
        let site = Site { id, trust, slug, name: wanted.name.trim().to_owned(), settings };
        let entry = self.entry("site.added", format!("{} was added", site.name), &site);
        store.add_site(&site, Effects::audit(entry).signal(Signal::RegistryChange)).await?;
        Ok(site)
    }
}

fn taken() -> DirectoryError {
    DirectoryError::no("Another site has this address, or had it before.")
}
