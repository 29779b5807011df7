//! Why an admin's wish is not carried out.

use idp_domain::site::SettingError;
use idp_store::StoreError;
use policies::Verdict;

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// There is no such thing, or it is none of the asker's business (P-01): the same answer.
    #[error("not found")]
    NotFound,
    /// A key is needed first.
    #[error("elevate first")]
    ElevateFirst,
    /// A rule says no.
    #[error("{0}")]
    Refused(String),
    /// Fields that need mending, all at once.
    #[error("the form needs mending")]
    Faults(Vec<FieldFault>),
    /// Memory does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DirectoryError {
    /// A rule says no, in these words.
    pub(crate) fn no(words: &str) -> Self {
        Self::Refused(words.to_owned())
    }

    /// Nobody is the second person for their own wish.
    pub(crate) fn own_wish() -> Self {
        Self::no("Someone else needs to approve this because you asked for it.")
    }
}

/// Settings that are out of their range, as fields of the form.
pub(crate) fn refuse_faults(faults: Vec<SettingError>) -> Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(DirectoryError::Faults(faults.into_iter().map(|fault| FieldFault::new(fault.field, fault.message)).collect()))
}

/// One field that needs mending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// Its name in the form.
    pub field: &'static str,
    /// What to show beside it.
    pub message: String,
}

impl FieldFault {
    /// A fault of a field.
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

impl From<Verdict> for DirectoryError {
    fn from(verdict: Verdict) -> Self {
        if verdict.rule == "elevated-only" { Self::ElevateFirst } else { Self::Refused(verdict.reason) }
    }
}

/// Result of every operation here.
pub type Result<T> = std::result::Result<T, DirectoryError>;
