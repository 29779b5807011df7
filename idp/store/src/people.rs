//! People and the addresses by which they sign in.

use async_trait::async_trait;
use idp_domain::person::{PasswordHash, Person, PersonStatus};
use idp_domain::{Language, PersonId, SiteId, TextSize};

use crate::effects::Effects;
use crate::error::Result;

/// What to look for among people, always within the sites that the asker may see.
#[derive(Clone, Debug, Default)]
pub struct PeopleQuery {
    /// Only people with a membership at one of these sites. Empty means nobody.
    pub sites: Vec<SiteId>,
    /// Part of a name or address, already folded.
    pub text: String,
    /// Only holders of this group (at one of the sites).
    pub group: String,
    /// How many at the most.
    pub limit: i64,
}

/// The port.
#[async_trait]
pub trait People: Send + Sync {
    /// One person.
    async fn person(&self, id: PersonId) -> Result<Option<Person>>;

    /// The person who signs in with this folded address or username.
    async fn person_by_login(&self, login: &str) -> Result<Option<Person>>;

    /// Adds a person; `Conflict` when the address or username is taken.
    async fn add_person(&self, person: &Person, effects: Effects) -> Result<()>;

    /// Sets whether a person may sign in, and counts the epoch up, which ends sessions and tokens. Answers the new epoch.
    async fn set_status(&self, id: PersonId, status: PersonStatus, effects: Effects) -> Result<i64>;

    /// Counts the epoch up, which ends sessions and tokens, and forgets in which browsers the person was known.
    async fn sign_out_everywhere(&self, id: PersonId, effects: Effects) -> Result<()>;

    /// In which language they read pages and e-mails from now on.
    async fn set_language(&self, id: PersonId, language: Language) -> Result<()>;

    /// How large they want the text of pages from now on.
    async fn set_text_size(&self, id: PersonId, size: TextSize) -> Result<()>;

    /// Sets the password of somebody who knew the old one in this epoch, and counts the epoch up. Answers the new epoch;
    /// `None` when the epoch was counted up meanwhile, by a reset for example, whose password then stays.
    async fn set_password(
        &self,
        (id, epoch): (PersonId, i64),
        hash: &PasswordHash,
        effects: Effects,
    ) -> Result<Option<i64>>;

    /// Replaces the stored hash of the same password by one with newer parameters. Nothing else changes, and nothing at
    /// all when another hash is stored by now.
    async fn rehash_password(&self, id: PersonId, old: Option<&PasswordHash>, hash: &PasswordHash) -> Result<()>;

    /// People who match, by last name.
    async fn people(&self, query: &PeopleQuery) -> Result<Vec<Person>>;

    /// People with exactly this folded full name, for "possibly the same person".
    async fn people_named(&self, folded_name: &str) -> Result<Vec<Person>>;
}
