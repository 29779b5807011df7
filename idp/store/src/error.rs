//! What can go wrong with memory.

/// Result of every port.
pub type Result<T> = std::result::Result<T, StoreError>;

/// What went wrong. "Not found" is not here: it is `None`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The backend does not answer; try again later.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// Something that must be unique is there already.
    #[error("{0} is taken")]
    Conflict(String),
    /// What was read makes no sense; somebody has to look.
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
}
