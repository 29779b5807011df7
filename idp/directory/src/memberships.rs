//! Inviting, changing and ending memberships. Each change is one transaction with its mails, signals and audit.

use idp_domain::audit::AuditEntry;
use idp_domain::email::EmailAddress;
use idp_domain::group::group_by_id;
use idp_domain::membership::{Membership, MembershipStatus, Source};
use idp_domain::person::{Person, PersonStatus, fold_name};
use idp_domain::site::Site;
use idp_domain::{MembershipId, PersonId, SiteId, Slug, Timestamp};
use idp_store::links::Link;
use idp_store::mails::MailKind;
use idp_store::{Effects, Signal, StoreError};

use crate::Directory;
use crate::asker::Asker;
use crate::changes::{changes_between, in_words};
use crate::error::{DirectoryError, FieldFault, Result};
use crate::grants::{Wanted, regrant, revived};

/// A person to be given access to a site.
#[derive(Clone, Debug, Default)]
pub struct Invitation {
    /// Where.
    pub site: Option<Slug>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Address as typed.
    pub email: String,
    /// Groups and scope.
    pub wanted: Wanted,
    /// First moment.
    pub starts_at: Option<Timestamp>,
    /// Moment from which it is over.
    pub ends_at: Option<Timestamp>,
}

/// What a membership is to become.
#[derive(Clone, Debug)]
pub struct Change {
    /// Groups and scope.
    pub wanted: Wanted,
    /// First moment.
    pub starts_at: Option<Timestamp>,
    /// Moment from which it is over.
    pub ends_at: Option<Timestamp>,
    /// Active, paused or ended.
    pub status: MembershipStatus,
}

impl Directory {
    /// Gives a person access to a site; a new identity if the address is new. Answers the person.
    pub async fn invite(&self, asker: &Asker, invitation: &Invitation) -> Result<PersonId> {
        let seen = invitation.site.as_ref().and_then(|slug| asker.site(slug));
        let Some(seen) = seen else {
            return Err(DirectoryError::Faults(vec![FieldFault::new("site", "Choose a site")]));
        };
        let site = seen.site.clone();
        self.may(asker.person, seen, asker.elevated, ("edit", None, None))?;
        let email = self.checked_invitation(&site, invitation).await?;
        let known = self.owner_of(&email).await?;
        if let Some(person) = &known {
            self.allowed(asker, site.id, "edit", person.id)?;
            if self.context.store.membership_at(person.id, site.id).await?.is_some() {
                let message = format!("{} already has access to {}", person.full_name(), site.name);
                return Err(DirectoryError::Faults(vec![FieldFault::new("email", message)]));
            }
        }
        if known.is_none() {
            self.free_address(&email).await?;
        }
        let names = (invitation.first_name.as_str(), invitation.last_name.as_str());
        let person = known.clone().unwrap_or_else(|| self.new_person(names, Some(email.clone()), None));
        let membership =
            self.new_membership(&person, &site, Source::Manual, (invitation.starts_at, invitation.ends_at));
        let grants = regrant(&self.context, &[], &invitation.wanted, asker.person);
        let account = self.free_account(site.id, &person, &[]).await?;
        let membership = Membership { grants, account, ..membership };
        let mut batch = Batch::default();
        self.welcome(&mut batch, known.is_none(), (&person, &site), &asker.name).await?;
        batch.effects = self.approval_mails(batch.effects, &membership, &site).await?;
        let sentence = format!("{} gave {} access to {}", asker.name, person.full_name(), site.name);
        batch.effects.audit.push(self.entry("membership.created", sentence, &site).by(asker.person).about(person.id));
        batch.effects = batch.effects.signal(claims_change(&person, &site));
        batch.people.extend(known.is_none().then(|| person.clone()));
        batch.memberships.push(membership);
        self.save_batch(&batch).await?;
        Ok(person.id)
    }

    async fn checked_invitation(&self, site: &Site, invitation: &Invitation) -> Result<EmailAddress> {
        let mut faults = Vec::new();
        for (field, value, message) in [
            ("first_name", &invitation.first_name, "Enter a first name"),
            ("last_name", &invitation.last_name, "Enter a last name"),
        ] {
            if value.trim().is_empty() || value.chars().count() > 80 {
                faults.push(FieldFault::new(field, message));
            }
        }
        faults.extend(self.wanted_faults(site, &invitation.wanted, invitation.starts_at, invitation.ends_at).await?);
        match EmailAddress::parse(&invitation.email) {
            Ok(email) if email.looks_shared() => {
                let message = "This looks like a shared mailbox. Each person needs their own address.";
                faults.push(FieldFault::new("email", message));
                Err(DirectoryError::Faults(faults))
            }
            Ok(email) if faults.is_empty() => Ok(email),
            Ok(_) => Err(DirectoryError::Faults(faults)),
            Err(error) => {
                faults.push(FieldFault::new("email", error.to_string()));
                Err(DirectoryError::Faults(faults))
            }
        }
    }

    /// What is wrong with groups, classes and dates.
    pub(crate) async fn wanted_faults(
        &self,
        site: &Site,
        wanted: &Wanted,
        starts_at: Option<Timestamp>,
        ends_at: Option<Timestamp>,
    ) -> Result<Vec<FieldFault>> {
        let mut faults = Vec::new();
        if let (Some(start), Some(end)) = (starts_at, ends_at)
            && end <= start
        {
            faults.push(FieldFault::new("ends", "End date must be the same as or after the start date"));
        }
        for id in &wanted.groups {
            match group_by_id(id) {
                None => faults.push(FieldFault::new("groups", format!("“{id}” is not a user group"))),
                Some(group) if group.needs_end && ends_at.is_none() => {
                    faults.push(FieldFault::new("ends", format!("Enter an end date. {} always ends", group.name)));
                }
                Some(_) => {}
            }
        }
        let classes = self.context.store.classes(site.id).await?;
        for code in wanted.scope.classes() {
            if !classes.iter().any(|class| class.code == code) {
                faults.push(FieldFault::new(
                    "classes",
                    format!("“{code}” is not a class at {}", site.settings.short_name),
                ));
            }
        }
        Ok(faults)
    }

    /// Changes a membership.
    pub async fn change(&self, asker: &Asker, id: MembershipId, change: &Change) -> Result<()> {
        let old = self.context.store.membership(id).await?.ok_or(DirectoryError::NotFound)?;
        let site = self.allowed(asker, old.site, "edit", old.person)?.site.clone();
        if old.source == Source::Pass && change.status != MembershipStatus::Ended {
            return Err(DirectoryError::no("A day pass cannot be changed. End it, or invite them instead."));
        }
        let faults = self.wanted_faults(&site, &change.wanted, change.starts_at, change.ends_at).await?;
        if !faults.is_empty() {
            return Err(DirectoryError::Faults(faults));
        }
        let person = self.context.store.person(old.person).await?.ok_or(DirectoryError::NotFound)?;
        let mut grants = regrant(&self.context, &old.grants, &change.wanted, asker.person);
        let over = |ends: Option<Timestamp>, status| {
            status == MembershipStatus::Ended || ends.is_some_and(|end| self.context.now() >= end)
        };
        if over(old.ends_at, old.status) && !over(change.ends_at, change.status) {
            grants = revived(&self.context, grants, asker.person);
        }
        let new = Membership {
            grants,
            starts_at: change.starts_at,
            ends_at: change.ends_at,
            status: change.status,
            ..old.clone()
        };
        let now = self.context.now();
        if !idp_domain::rights::SiteRights::of(&new, now).is_ok_and(|rights| rights.administers()) {
            self.keep_an_admin(&site, old.person).await?;
        }
        let changes = changes_between(&old, &new);
        if changes.is_empty() {
            return Ok(());
        }
        let sentence = in_words(&changes);
        let told = format!("{} changed {} at {}: {sentence}", asker.name, person.full_name(), site.name);
        let entry = self.entry("membership.changed", told, &site).by(asker.person).about(person.id);
        let mut effects = Effects::audit(entry).signal(claims_change(&person, &site));
        let what = if new.status == MembershipStatus::Ended {
            MailKind::AccessEnded { site: site.name.clone() }
        } else {
            MailKind::AccessChanged { site: site.name.clone(), changes }
        };
        effects = effects.tell_from(&site, &person, what);
        if new.grants.iter().any(|grant| grant.pending && !old.grants.contains(grant)) {
            effects = self.approval_mails(effects, &new, &site).await?;
        }
        Ok(self.context.store.save_membership(&new, effects).await?)
    }

    /// No site is left without an admin (invariant 7).
    async fn keep_an_admin(&self, site: &Site, leaving: PersonId) -> Result<()> {
        let admins: Vec<PersonId> = self.context.admins_of(site).await?.iter().map(|admin| admin.id).collect();
        if admins == [leaving] {
            return Err(DirectoryError::Refused(format!(
                "Choose a new site admin for {} before removing the last one",
                site.name
            )));
        }
        Ok(())
    }

    /// Somebody who is not known yet, with an address or a username.
    pub(crate) fn new_person(
        &self,
        (first, last): (&str, &str),
        email: Option<EmailAddress>,
        username: Option<String>,
    ) -> Person {
        Person {
            id: PersonId::new(&*self.context.clock, &*self.context.random),
            first_name: first.trim().to_owned(),
            last_name: last.trim().to_owned(),
            email,
            username,
            password: None,
            status: PersonStatus::Active,
            epoch: 1,
            created_at: self.context.now(),
            language: idp_domain::Language::default(),
            text_size: idp_domain::TextSize::default(),
            contact: idp_domain::contact::Contact::default(),
        }
    }

    pub(crate) fn new_membership(
        &self,
        person: &Person,
        site: &Site,
        source: Source,
        (starts_at, ends_at): (Option<Timestamp>, Option<Timestamp>),
    ) -> Membership {
        Membership {
            id: MembershipId::new(&*self.context.clock, &*self.context.random),
            person: person.id,
            site: site.id,
            account: account_of(person),
            status: MembershipStatus::Active,
            starts_at,
            ends_at,
            source,
            last_used_at: None,
            main_contact: false,
            created_at: self.context.now(),
            grants: Vec::new(),
        }
    }

    /// A handle that nobody at the site has or had: an app that maps by it must never mix two people up.
    pub(crate) async fn free_account(&self, site: SiteId, person: &Person, also: &[Membership]) -> Result<String> {
        let there = self.context.store.memberships_at(site).await?;
        let taken = |handle: &str| there.iter().chain(also).any(|one| one.site == site && one.account == handle);
        let first = account_of(person);
        let numbered = (2..).map(|number| format!("{first}{number}"));
        let free = std::iter::once(first.clone()).chain(numbered).find(|handle| !taken(handle));
        Ok(free.unwrap_or(first))
    }

    /// The mail that tells somebody of their access, with a link for those who are new. Answers the link's address for
    /// people who have no mailbox, to be printed.
    pub(crate) async fn welcome(
        &self,
        batch: &mut Batch,
        new: bool,
        (person, site): (&Person, &Site),
        by: &str,
    ) -> Result<Option<String>> {
        let what = if new {
            let settings = self.context.settings_at(site).await?;
            let (kept, secret) = Link::make(&self.context, person.id, true, &settings);
            batch.links.push(kept);
            let link = self.link_address(&secret);
            if person.email.is_none() {
                return Ok(Some(link));
            }
            let days = settings.invite_days;
            MailKind::Invite { site: site.name.clone(), by: by.to_owned(), link, days }
        } else {
            // Mailed links lead to the provider alone: from there the site is one click away.
            let link = format!("{}/", self.origin);
            MailKind::AlsoAccess { site: site.name.clone(), link }
        };
        batch.effects = std::mem::take(&mut batch.effects).tell_from(site, person, what);
        Ok(None)
    }

    /// Mails to those who may approve what waits.
    pub(crate) async fn approval_mails(
        &self,
        mut effects: Effects,
        membership: &Membership,
        site: &Site,
    ) -> Result<Effects> {
        if !membership.grants.iter().any(|grant| grant.pending) {
            return Ok(effects);
        }
        let now = self.context.now();
        for other in self.context.store.memberships_at(site.id).await? {
            let approves = idp_domain::rights::SiteRights::of(&other, now).is_ok_and(|rights| {
                rights.groups.iter().any(|group| ["slt", "dsl", "site-admin"].contains(&group.as_str()))
            });
            if !approves || other.person == membership.person {
                continue;
            }
            if let Some(person) = self.context.store.person(other.person).await? {
                let what = MailKind::ApprovalNeeded {
                    site: site.name.clone(),
                    link: format!("{}/admin/approvals", self.origin),
                };
                effects = effects.tell_from(site, &person, what);
            }
        }
        Ok(effects)
    }

    pub(crate) fn entry(&self, event: &str, sentence: String, site: &Site) -> AuditEntry {
        AuditEntry::new(self.context.now(), event, sentence).at_site(site.id).in_trust(site.trust)
    }

    pub(crate) async fn save_batch(&self, batch: &Batch) -> std::result::Result<(), StoreError> {
        self.context.store.apply(batch).await
    }
}

pub use idp_store::imports::Batch;

/// What the gateway has to know after a change of somebody's place at a site.
pub(crate) fn claims_change(person: &Person, site: &Site) -> Signal {
    Signal::TokenClaimsChange { person: person.id, site: Some(site.slug.clone()) }
}

/// The handle at a site: first initial and last name, letters and digits only.
pub fn account_of(person: &Person) -> String {
    let plain = |text: &str| fold_name(text).chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let handle =
        format!("{}{}", plain(&person.first_name).chars().take(1).collect::<String>(), plain(&person.last_name));
    if handle.is_empty() { format!("p{}", plain(&person.id.to_string())) } else { handle }
}
