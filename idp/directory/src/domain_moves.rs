//! A trust changes the domain of its mail: everybody's address changes by the same pattern. One person asks and another one
//! does it, for whoever reads the new mailboxes can make new passwords; either undoes it for a week.

use std::collections::BTreeMap;

use idp_domain::audit::AuditEntry;
use idp_domain::email::EmailAddress;
use idp_domain::membership::State;
use idp_domain::person::Person;
use idp_domain::site::{Site, SiteSettings};
use idp_domain::trust::{Trust, TrustRole};
use idp_domain::{PersonId, Secret, TrustId, id};
use idp_store::addresses::{self, AddressChange, UNDO};
use idp_store::domain_moves::DomainMove;
use idp_store::mails::MailKind;
use idp_store::{Effects, Mail, Signal, StoreError};

use crate::Directory;
use crate::asker::Asker;
use crate::error::{DirectoryError, FieldFault, Result};

/// What a move does.
#[derive(Clone, Debug)]
pub struct DomainPlan {
    /// Whose people.
    pub trust: Trust,
    /// The domain before and afterwards.
    pub domains: (String, String),
    /// Who moves, with the new address, by name.
    pub people: Vec<(Person, EmailAddress)>,
    /// Who stays as they are, and why, by name.
    pub clashes: Vec<(Person, &'static str)>,
    /// The trust's sites whose mail is at that domain.
    sites: Vec<Site>,
}

impl Directory {
    /// The domains of a trust's mail: its own and those of its schools.
    pub async fn domains_of(&self, asker: &Asker, id: TrustId) -> Result<Vec<String>> {
        let trust = self.trust(asker, id).await?;
        let mut domains = vec![trust.domain];
        domains.extend(self.sites_of(id).await?.into_iter().map(|site| site.settings.mail_domain));
        let others = self.domains_of_others(id).await?;
        domains.retain(|domain| !domain.is_empty() && !others.contains(domain));
        domains.sort();
        domains.dedup();
        Ok(domains)
    }

    /// The domains of every other trust and school.
    async fn domains_of_others(&self, id: TrustId) -> Result<Vec<String>> {
        let others = self.context.store.sites().await?.into_iter().filter(|site| site.trust != Some(id));
        let trusts = self.context.store.trusts().await?.into_iter().filter(|other| other.id != id);
        Ok(others.map(|site| site.settings.mail_domain).chain(trusts.map(|other| other.domain)).collect())
    }

    async fn sites_of(&self, id: TrustId) -> Result<Vec<Site>> {
        Ok(self.context.store.sites().await?.into_iter().filter(|site| site.trust == Some(id)).collect())
    }

    /// What a move would do. It changes nothing.
    pub async fn plan_domain_move(&self, asker: &Asker, id: TrustId, domains: (&str, &str)) -> Result<DomainPlan> {
        let trust = self.trust(asker, id).await?;
        let fault = |field, words: &str| DirectoryError::Faults(vec![FieldFault::new(field, words)]);
        let [old, new] = [domains.0, domains.1].map(|domain| domain.trim().trim_start_matches('@').to_lowercase());
        if !self.domains_of(asker, id).await?.contains(&old) {
            return Err(fault("old", "Choose a domain of the trust"));
        }
        if EmailAddress::parse(&format!("a@{new}")).is_err() || new == old {
            return Err(fault("new", "Enter the new domain, for example newtrust.example"));
        }
        if self.domains_of_others(id).await?.contains(&new) {
            return Err(fault("new", "This domain is another trust’s or school’s"));
        }
        let (mut people, mut clashes) = (Vec::new(), Vec::new());
        for person in self.people_at(&trust, &old).await?.into_values() {
            let local = person.email.as_ref().map(|email| email.local().to_owned()).unwrap_or_default();
            match self.new_address((&person, id), &format!("{local}@{new}")).await? {
                Ok(address) => people.push((person, address)),
                Err(why) => clashes.push((person, why)),
            }
        }
        let by_name =
            |person: &Person| idp_domain::person::fold_name(&format!("{} {}", person.last_name, person.first_name));
        people.sort_by_key(|(person, _)| by_name(person));
        clashes.sort_by_key(|(person, _)| by_name(person));
        let sites = self.sites_of(id).await?.into_iter().filter(|site| site.settings.mail_domain == old).collect();
        Ok(DomainPlan { trust, domains: (old, new), people, clashes, sites })
    }

    /// Everybody who works in a trust and has an address at a domain.
    async fn people_at(&self, trust: &Trust, domain: &str) -> Result<BTreeMap<PersonId, Person>> {
        let (store, now) = (&self.context.store, self.context.now());
        let mut found = Vec::new();
        for site in self.sites_of(trust.id).await? {
            for place in store.memberships_at(site.id).await? {
                if place.state(now) != State::Ended {
                    found.push(place.person);
                }
            }
        }
        for role in TrustRole::ALL {
            found.extend(store.seats_in(trust.id, role).await?.into_iter().map(|seat| seat.person));
        }
        let mut people = BTreeMap::new();
        for id in found {
            if let std::collections::btree_map::Entry::Vacant(place) = people.entry(id)
                && let Some(person) = store.person(id).await?
                && person.email.as_ref().is_some_and(|email| email.domain() == domain)
            {
                place.insert(person);
            }
        }
        Ok(people)
    }

    /// A person's address at the new domain, or why they cannot have it.
    async fn new_address(
        &self,
        (person, trust): (&Person, TrustId),
        wanted: &str,
    ) -> Result<std::result::Result<EmailAddress, &'static str>> {
        // Whoever reads the new mailbox can come in at every school of theirs.
        if self.works_elsewhere(person.id, trust).await? {
            return Ok(Err("They also work elsewhere. They change their address themselves"));
        }
        let Ok(address) = EmailAddress::parse(wanted) else { return Ok(Err("The new address would not be one")) };
        let owner = self.context.store.person_by_login(&address.folded()).await?;
        if owner.is_some_and(|owner| owner.id != person.id) {
            return Ok(Err("Somebody else has the new address"));
        }
        if addresses::changed_lately(&self.context, person.id).await? {
            return Ok(Err("They changed their address less than 7 days ago"));
        }
        Ok(Ok(address))
    }

    /// Whether somebody has a place or a role outside a trust.
    async fn works_elsewhere(&self, id: PersonId, trust: TrustId) -> Result<bool> {
        let places = self.context.places_of(id).await?;
        let seats = self.context.store.seats_of(id).await?;
        Ok(places.iter().any(|site| site.trust != Some(trust)) || seats.iter().any(|seat| seat.trust != trust))
    }

    /// The move of a trust that waits, and the newest one that was done.
    pub async fn domain_moves(&self, asker: &Asker, id: TrustId) -> Result<(Option<DomainMove>, Option<DomainMove>)> {
        self.trust(asker, id).await?;
        let store = &self.context.store;
        Ok((store.domain_move(id, false).await?, store.domain_move(id, true).await?))
    }

    /// Asks for a move. Another person does it.
    pub async fn ask_domain_move(&self, asker: &Asker, id: TrustId, domains: (&str, &str)) -> Result<()> {
        let plan = self.plan_domain_move(asker, id, domains).await?;
        asker.must_be_elevated()?;
        let (old, new) = plan.domains;
        let sentence = format!("{} asked to move the addresses of {} from {old} to {new}", asker.name, plan.trust.name);
        let wish = DomainMove {
            id: id::uuid_v7(&*self.context.clock, &*self.context.random).to_string(),
            trust: id,
            old,
            new,
            by: (asker.person, asker.name.clone()),
            asked_at: self.context.now(),
            done_at: None,
            undone_at: None,
        };
        Ok(self.context.store.ask_domain_move(&wish, self.moved(asker, id, "domain.asked", sentence)).await?)
    }

    /// Does what somebody else asked for, or drops it, which anybody may. Everybody who moves is told at their old address,
    /// from which they can undo it for themselves.
    pub async fn decide_domain_move(&self, asker: &Asker, id: TrustId, (seen, approve): (&str, bool)) -> Result<()> {
        asker.must_be_elevated()?;
        let (wish, _) = self.domain_moves(asker, id).await?;
        let wish = wish.ok_or(DirectoryError::NotFound)?;
        let verb = if approve { "moved" } else { "refused to move" };
        let (old, new, trust) = (&wish.old, &wish.new, self.trust(asker, id).await?);
        let sentence = format!("{} {verb} the addresses of {} from {old} to {new}", asker.name, trust.name);
        let effects = self.moved(asker, id, if approve { "domain.moved" } else { "domain.refused" }, sentence);
        if !approve {
            let dropped = self.context.store.drop_domain_move(&wish.id, effects).await?;
            return if dropped { Ok(()) } else { Err(DirectoryError::NotFound) };
        }
        let plan = self.plan_domain_move(asker, id, (&wish.old, &wish.new)).await?;
        if seen != seen_as(&wish, &plan) {
            return Err(DirectoryError::no("Something has changed since you looked. Look at the list again."));
        }
        if wish.by.0 == asker.person {
            return Err(DirectoryError::own_wish());
        }
        let at = self.context.now();
        let (mut effects, mut changes) = (effects.signal(Signal::RegistryChange), Vec::new());
        for (person, address) in &plan.people {
            let Some(from) = person.email.clone() else { continue };
            let undo = Secret::new(&*self.context.random);
            let link = format!("{}/undo-address?token={}", self.origin, undo.reveal());
            let what = MailKind::AddressChanging { new: address.as_str().to_owned(), link };
            let sentence = format!("{} moved the email address of {} to {address}", asker.name, person.full_name());
            let entry = AuditEntry::new(at, "address.changed", sentence).by(asker.person).about(person.id);
            effects.audit.push(entry.in_trust(Some(id)));
            effects = effects
                .mail(Mail::to(from.as_str(), person, what))
                .signal(Signal::TokenClaimsChange { person: person.id, site: None });
            let (person, new, undo) = (person.id, address.clone(), undo.hash());
            changes.push(AddressChange { person, old: from, new, undo, changed_at: at, undone_at: None });
        }
        let sites: Vec<Site> = plan.sites.into_iter().map(|site| at_domain(site, &wish.new)).collect();
        match self.context.store.do_domain_move((&wish.id, at), &changes, &sites, effects).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(DirectoryError::NotFound),
            Err(StoreError::Conflict(_)) => {
                Err(DirectoryError::no("Somebody took one of the new addresses a moment ago. Look at the list again."))
            }
            Err(other) => Err(other.into()),
        }
    }

    /// Puts the old addresses back within a week, of everybody who has not changed theirs since. They are signed out, as
    /// when they undo it themselves.
    pub async fn undo_domain_move(&self, asker: &Asker, id: TrustId, seen: &str) -> Result<()> {
        asker.must_be_elevated()?;
        let now = self.context.now();
        let fresh = |done: &DomainMove| done.done_at.is_some_and(|at| now.since(at) < UNDO) && done.undone_at.is_none();
        let (_, done) = self.domain_moves(asker, id).await?;
        let done = done.filter(|done| done.id == seen && fresh(done));
        let done = done.ok_or(DirectoryError::NotFound)?;
        for change in self.context.store.changes_of_move(&done.id).await? {
            let entry = AuditEntry::new(now, "address.undone", "A change of email address was undone by the trust");
            let gone = Signal::SessionRevoked { person: change.person, sid: None, site: None };
            let effects = Effects::audit(entry.by(asker.person).about(change.person)).signal(gone);
            // One who has changed their address since keeps that.
            self.context.store.undo_address(&change.undo, now, effects).await?;
        }
        let moved = |site: &Site| {
            site.settings.mail_domain == done.new && site.settings.former_mail_domains.contains(&done.old)
        };
        let sites = self.sites_of(id).await?.into_iter().filter(moved);
        let sites: Vec<Site> = sites.map(|site| at_domain(site, &done.old)).collect();
        let (old, new) = (&done.old, &done.new);
        let sentence = format!("{} moved addresses back from {new} to {old}", asker.name);
        let effects = self.moved(asker, id, "domain.undone", sentence).signal(Signal::RegistryChange);
        self.context.store.end_domain_move(&done.id, now, &sites, effects).await?;
        Ok(())
    }

    fn moved(&self, asker: &Asker, trust: TrustId, event: &str, sentence: String) -> Effects {
        let entry = AuditEntry::new(self.context.now(), event, sentence);
        Effects::audit(entry.by(asker.person).in_trust(Some(trust)))
    }
}

/// A site whose mail is at a domain from now on. Mail to the one before may reach a stranger some day, and resets nothing of
/// those who have left.
fn at_domain(site: Site, domain: &str) -> Site {
    let mut former_mail_domains = site.settings.former_mail_domains.clone();
    former_mail_domains.push(site.settings.mail_domain.clone());
    former_mail_domains.retain(|former| former != domain);
    former_mail_domains.dedup();
    let settings = SiteSettings { mail_domain: domain.to_owned(), former_mail_domains, ..site.settings.clone() };
    Site { settings, ..site }
}

/// What an approval is about: this wish, and these people with these addresses.
pub fn seen_as(wish: &DomainMove, plan: &DomainPlan) -> String {
    let people: Vec<String> = plan.people.iter().map(|(person, address)| format!("{} {address}", person.id)).collect();
    Secret::presented(&format!("{} {}", wish.id, people.join(" "))).hash().0
}
