//! Uploaded spreadsheets, with the answers given so far.

use async_trait::async_trait;
use idp_domain::membership::Membership;
use idp_domain::person::Person;
use idp_domain::{ImportId, PersonId, Timestamp};

use crate::day_passes::DayPass;
use crate::effects::Effects;
use crate::error::Result;
use crate::links::Link;

/// An upload as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredImport {
    /// Its identifier.
    pub id: ImportId,
    /// Who uploaded it; nobody else sees it.
    pub by: PersonId,
    /// The file's name.
    pub file: String,
    /// What `idp/directory` keeps about it (JSON): the cells and the answers.
    pub body: String,
    /// When it was applied.
    pub applied_at: Option<Timestamp>,
    /// When it was uploaded.
    pub created_at: Timestamp,
}

/// Several changes that happen together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// New people.
    pub people: Vec<Person>,
    /// New or changed memberships.
    pub memberships: Vec<Membership>,
    /// Links for new people.
    pub links: Vec<Link>,
    /// Day passes of new people.
    pub day_passes: Vec<DayPass>,
    /// The upload that they come from, marked as applied.
    pub import: Option<StoredImport>,
    /// What follows.
    pub effects: Effects,
}

/// The port.
#[async_trait]
pub trait Imports: Send + Sync {
    /// Adds an upload or saves its answers.
    async fn save_import(&self, import: &StoredImport) -> Result<()>;
    /// The upload that this person applied last.
    async fn latest_applied(&self, by: PersonId) -> Result<Option<StoredImport>>;
    /// Carries out a batch in one transaction.
    async fn apply(&self, batch: &Batch) -> Result<()>;
    /// One upload.
    async fn import(&self, id: ImportId) -> Result<Option<StoredImport>>;
}
