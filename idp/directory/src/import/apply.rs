//! Uploading, answering, applying. Applying is one transaction; applying the same file again changes nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use idp_domain::email::EmailAddress;
use idp_domain::membership::{Membership, Source};
use idp_domain::person::{Person, fold_name};
use idp_domain::site::{Class, Site};
use idp_domain::{ImportId, PersonId, SiteId};
use idp_store::imports::StoredImport;
use serde::{Deserialize, Serialize};

use super::plan::{Known, Plan, Row, RowState, full_name, plan};
use super::read::ReadFault;
use crate::Directory;
use crate::asker::Asker;
use crate::changes::{changes_between, in_words};
use crate::error::{DirectoryError, Result};
use crate::grants::with_group;
use crate::memberships::{Batch, claims_change};

/// Why an upload is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportFault {
    /// The file.
    #[error(transparent)]
    File(#[from] ReadFault),
    /// Anything else.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl From<idp_store::StoreError> for ImportFault {
    fn from(error: idp_store::StoreError) -> Self {
        Self::Directory(error.into())
    }
}

/// What an applied import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// New identities.
    pub people: usize,
    /// New memberships.
    pub memberships: usize,
    /// Memberships that changed.
    pub changed: usize,
    /// Rows that said what was so already.
    pub unchanged: usize,
    /// Rows that still wait for an answer.
    pub waiting: usize,
    /// Rows that the rules do not let this admin apply, and why.
    pub refused: Vec<String>,
    /// Set-up addresses to be handed over on paper, for people without a mailbox. Shown once.
    pub printed: Vec<(String, String)>,
}

/// What a line would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A new identity with its first place.
    NewPerson,
    /// Somebody who is known gets a place at one more site.
    NewPlace,
    /// A place changes: before and after in words.
    Changes(String),
    /// It says what is so already.
    Nothing,
}

/// What is kept of an upload.
#[derive(Serialize, Deserialize)]
struct Kept {
    file: Vec<u8>,
    answers: BTreeMap<String, String>,
}

/// Sites and classes that an asker may import into.
struct Ground {
    sites: Vec<Site>,
    classes: HashMap<SiteId, Vec<Class>>,
}

impl Directory {
    /// Takes a file. Answers given to an earlier import are remembered, so that the same file asks nothing twice.
    pub async fn upload(&self, asker: &Asker, name: &str, file: Vec<u8>) -> std::result::Result<ImportId, ImportFault> {
        let ground = self.ground(asker).await?;
        let earlier = self.context.store.latest_applied(asker.person).await?;
        let earlier = earlier.and_then(|import| serde_json::from_str::<Kept>(&import.body).ok());
        let kept = Kept { file, answers: earlier.map(|kept| kept.answers).unwrap_or_default() };
        plan(&kept.file, &ground.known(&kept.answers))?;
        let id = ImportId::new(&*self.context.clock, &*self.context.random);
        let import = StoredImport {
            id,
            by: asker.person,
            file: name.chars().take(120).collect(),
            body: serde_json::to_string(&kept).unwrap_or_default(),
            applied_at: None,
            created_at: self.context.now(),
        };
        self.context.store.save_import(&import).await?;
        Ok(id)
    }

    async fn ground(&self, asker: &Asker) -> Result<Ground> {
        let mut sites = Vec::new();
        let mut refused = None;
        for seen in &asker.sites {
            match self.may(asker.person, seen, asker.elevated, ("edit", None, None)) {
                Ok(()) => sites.push(seen.site.clone()),
                Err(verdict) => refused = Some(verdict),
            }
        }
        if sites.is_empty() {
            return Err(refused.map_or(DirectoryError::NotFound, DirectoryError::from));
        }
        let mut classes = HashMap::new();
        for site in &sites {
            classes.insert(site.id, self.context.store.classes(site.id).await?);
        }
        Ok(Ground { sites, classes })
    }

    async fn kept(&self, asker: &Asker, id: ImportId) -> Result<(StoredImport, Kept)> {
        let import = self.context.store.import(id).await?.filter(|import| import.by == asker.person);
        let import = import.ok_or(DirectoryError::NotFound)?;
        let kept = serde_json::from_str(&import.body).map_err(|_| DirectoryError::NotFound)?;
        Ok((import, kept))
    }

    /// The plan of an upload, with the answers so far.
    pub async fn import_plan(&self, asker: &Asker, id: ImportId) -> std::result::Result<Plan, ImportFault> {
        let (_, kept) = self.kept(asker, id).await?;
        let ground = self.ground(asker).await?;
        Ok(plan(&kept.file, &ground.known(&kept.answers))?)
    }

    /// The plan with what each ready line would do, by its number.
    pub async fn import_preview(
        &self,
        asker: &Asker,
        id: ImportId,
    ) -> std::result::Result<(Plan, BTreeMap<usize, Effect>), ImportFault> {
        let (_, kept) = self.kept(asker, id).await?;
        let ground = self.ground(asker).await?;
        let plan = plan(&kept.file, &ground.known(&kept.answers))?;
        let mut effects = BTreeMap::new();
        let mut made = HashSet::new();
        for row in plan.ready() {
            let Some(site) = row.site.and_then(|id| ground.sites.iter().find(|site| site.id == id)) else { continue };
            let effect = match self.find(row, &ground, &Batch::default()).await? {
                Found::New(_) if made.insert(made_key(row)) => Effect::NewPerson,
                Found::New(_) => Effect::NewPlace,
                Found::Known(person) => {
                    let old = self.context.store.membership_at(person.id, site.id).await?;
                    match (self.membership_of(asker, row, (&person, site), old.as_ref()), old) {
                        (None, _) => Effect::Nothing,
                        (Some(_), None) => Effect::NewPlace,
                        (Some(new), Some(old)) => Effect::Changes(in_words(&changes_between(&old, &new))),
                    }
                }
            };
            effects.insert(row.number, effect);
        }
        Ok((plan, effects))
    }

    /// Keeps answers.
    pub async fn answer_import(&self, asker: &Asker, id: ImportId, answers: BTreeMap<String, String>) -> Result<()> {
        let (import, mut kept) = self.kept(asker, id).await?;
        kept.answers.extend(answers);
        let body = serde_json::to_string(&kept).unwrap_or_default();
        Ok(self.context.store.save_import(&StoredImport { body, ..import }).await?)
    }

    /// Applies every ready row whose questions are answered.
    pub async fn apply_import(&self, asker: &Asker, id: ImportId) -> std::result::Result<Applied, ImportFault> {
        let (import, kept) = self.kept(asker, id).await?;
        let ground = self.ground(asker).await?;
        let plan = plan(&kept.file, &ground.known(&kept.answers))?;
        let mut batch = Batch::default();
        let mut applied = Applied::default();
        let mut made: HashMap<String, Person> = HashMap::new();
        let mut welcomed: HashSet<PersonId> = HashSet::new();
        for row in plan.rows.iter().filter(|row| matches!(row.state, RowState::Ready | RowState::Held)) {
            let site = row.site.and_then(|id| ground.sites.iter().find(|site| site.id == id));
            let Some(site) = site.filter(|_| row.waits_for.is_empty() && row.state == RowState::Ready) else {
                applied.waiting += 1;
                continue;
            };
            let found = match made.get(&made_key(row)) {
                Some(person) => Found::Known(Box::new(person.clone())),
                None => self.find(row, &ground, &batch).await?,
            };
            let (person, new) = match found {
                Found::Known(person) => (*person, false),
                Found::New(login) => (self.person_of(row, login), true),
            };
            if let Err(DirectoryError::Refused(reason)) = self.allowed(asker, site.id, "edit", person.id) {
                applied.refused.push(format!("Line {}: {reason}", row.number));
                continue;
            }
            let old = self.context.store.membership_at(person.id, site.id).await?;
            let Some(mut membership) = self.membership_of(asker, row, (&person, site), old.as_ref()) else {
                applied.unchanged += 1;
                continue;
            };
            if new {
                if let Some(email) = &person.email {
                    self.free_address(email).await?;
                }
                applied.people += 1;
                made.insert(made_key(row), person.clone());
                batch.people.push(person.clone());
            }
            if old.is_some() {
                applied.changed += 1;
            } else {
                applied.memberships += 1;
                membership.account = self.free_account(site.id, &person, &batch.memberships).await?;
                let first = welcomed.insert(person.id) && (new || made.contains_key(&made_key(row)));
                let printed = self.welcome(&mut batch, first, (&person, site), &asker.name).await?;
                applied.printed.extend(printed.map(|link| (full_name(row), link)));
            }
            let sentence =
                format!("{} imported {} at {} (line {})", asker.name, person.full_name(), site.name, row.number);
            let entry = self.entry("membership.imported", sentence, site).by(asker.person).about(person.id);
            batch.effects.audit.push(entry);
            batch.effects = std::mem::take(&mut batch.effects).signal(claims_change(&person, site));
            batch.effects = self.approval_mails(std::mem::take(&mut batch.effects), &membership, site).await?;
            batch.memberships.push(membership);
        }
        batch.import = Some(StoredImport { applied_at: Some(self.context.now()), ..import });
        self.save_batch(&batch).await?;
        Ok(applied)
    }

    /// Whom a row means. Without an address it is somebody of the same name at one of the asker's own sites, or somebody
    /// new with a username of their own: never a stranger who happens to have the same initials.
    async fn find(&self, row: &Row, ground: &Ground, batch: &Batch) -> Result<Found> {
        let store = &self.context.store;
        if row.email.is_some() {
            let email = row.email.as_deref().and_then(|email| EmailAddress::parse(email).ok());
            let known = match &email {
                Some(email) => self.owner_of(email).await?,
                None => None,
            };
            return Ok(known.map_or_else(|| Found::New(row.login.clone()), |person| Found::Known(Box::new(person))));
        }
        let sites: Vec<SiteId> = ground.sites.iter().map(|site| site.id).collect();
        for number in 1..1000 {
            let login = if number == 1 { row.login.clone() } else { format!("{}{number}", row.login) };
            match store.person_by_login(&login).await? {
                None if batch.people.iter().any(|one| one.username.as_ref() == Some(&login)) => {}
                None => return Ok(Found::New(login)),
                Some(person) => {
                    let same = fold_name(&person.full_name()) == fold_name(&full_name(row));
                    if same && !store.memberships_among(&[person.id], &sites).await?.is_empty() {
                        return Ok(Found::Known(Box::new(person)));
                    }
                }
            }
        }
        Err(DirectoryError::Refused(format!("Line {}: no username is free", row.number)))
    }

    fn person_of(&self, row: &Row, login: String) -> Person {
        let email = row.email.as_deref().and_then(|email| EmailAddress::parse(email).ok());
        let username = email.is_none().then_some(login);
        self.new_person((&row.first_name, &row.last_name), email, username)
    }

    /// What the row makes of a membership; nothing when it is so already.
    fn membership_of(
        &self,
        asker: &Asker,
        row: &Row,
        (person, site): (&Person, &Site),
        old: Option<&Membership>,
    ) -> Option<Membership> {
        let mut new = match old {
            Some(old) => old.clone(),
            None => self.new_membership(person, site, Source::Import, (row.starts_at, row.ends_at)),
        };
        new.grants = with_group(&self.context, &new.grants, (row.group, &row.scope), asker.person);
        new.starts_at = row.starts_at.or(new.starts_at);
        new.ends_at = row.ends_at.or(new.ends_at);
        new.main_contact |= row.main_contact;
        (old != Some(&new)).then_some(new)
    }
}

/// Whom a row means.
enum Found {
    Known(Box<Person>),
    /// Somebody new, with this login.
    New(String),
}

/// By what a person of this file is known again further down in it.
fn made_key(row: &Row) -> String {
    if row.email.is_some() { row.login.clone() } else { format!("{} {}", row.login, fold_name(&full_name(row))) }
}

impl Ground {
    fn known<'a>(&'a self, answers: &'a BTreeMap<String, String>) -> Known<'a> {
        Known { sites: &self.sites, classes: &self.classes, answers }
    }
}
