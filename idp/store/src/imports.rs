//! Uploaded spreadsheets, with the answers given so far.

use async_trait::async_trait;
use idp_domain::{ImportId, PersonId, Timestamp};

use crate::error::Result;

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

/// The port.
#[async_trait]
pub trait Imports: Send + Sync {
    /// Adds an upload or saves its answers.
    async fn save_import(&self, import: &StoredImport) -> Result<()>;
    /// One upload.
    async fn import(&self, id: ImportId) -> Result<Option<StoredImport>>;
}
