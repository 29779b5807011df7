//! Keys of people.

use async_trait::async_trait;
use idp_domain::key::{Key, KeyKind};
use idp_domain::{KeyId, PersonId, Timestamp};

use crate::effects::Effects;
use crate::error::Result;

/// The port.
#[async_trait]
pub trait Keys: Send + Sync {
    /// Adds a key; `Conflict` when the same passkey is registered already, to anybody (W-07).
    async fn add_key(&self, key: &Key, credential_id: Option<&str>, effects: Effects) -> Result<()>;
    /// The keys of a person, oldest first.
    async fn keys_of(&self, person: PersonId) -> Result<Vec<Key>>;
    /// The kinds of key that work of some people, each kind once, with whose it is.
    async fn working_keys_of(&self, people: &[PersonId]) -> Result<Vec<(PersonId, KeyKind)>>;
    /// Uses a time step of a soft key once: false when that step or a later one was used before (RFC 6238 §5.2).
    async fn use_step(&self, id: KeyId, step: i64, now: Timestamp) -> Result<bool>;
    /// Saves the passkey's new state after a use.
    async fn save_key_use(&self, id: KeyId, material: &[u8], now: Timestamp) -> Result<()>;
    /// Suspends a key of this person, or switches it on again; false when that changes nothing. What a suspended key
    /// proved counts no more, in any browser.
    async fn suspend_key(
        &self,
        person: PersonId,
        id: KeyId,
        since: Option<Timestamp>,
        effects: Effects,
    ) -> Result<bool>;
    /// Gives a key of this person another name; false when there is none.
    async fn rename_key(&self, person: PersonId, id: KeyId, name: &str, effects: Effects) -> Result<bool>;
    /// Removes a key of this person; false when there is none, or no other one that works: somebody who is left without a key
    /// is somebody whom a password alone lets in.
    async fn remove_key(&self, person: PersonId, id: KeyId, effects: Effects) -> Result<bool>;
}
