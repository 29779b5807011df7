//! Giving suspended people their access back, by two people.

use async_trait::async_trait;
use idp_domain::{PersonId, Timestamp};

use crate::effects::Effects;
use crate::error::Result;

/// A wish that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restore {
    /// Whose access.
    pub person: PersonId,
    /// Who asked.
    pub by: PersonId,
    /// That person's name.
    pub by_name: String,
    /// When.
    pub at: Timestamp,
}

/// The port.
#[async_trait]
pub trait Restores: Send + Sync {
    /// Notes a wish. False when there is one already.
    async fn ask_restore(&self, restore: &Restore, effects: Effects) -> Result<bool>;
    /// The wish about a person.
    async fn restore_asked(&self, person: PersonId) -> Result<Option<Restore>>;
    /// Makes the person active again and the wish gone, if it is there and `by` is not who asked. False otherwise.
    async fn restore(&self, person: PersonId, by: PersonId, effects: Effects) -> Result<bool>;
    /// Drops a wish. False when there was none.
    async fn drop_restore(&self, person: PersonId, effects: Effects) -> Result<bool>;
}
