//! The port: where sessions, flows and held posts are kept beside memory, and how gateways that share it tell each other.

use std::pin::Pin;

use async_trait::async_trait;
use futures_util::Stream;
use serde::{Deserialize, Serialize};

/// The store does not answer.
#[derive(Debug, thiserror::Error)]
#[error("the session store does not answer: {0}")]
pub struct StoreAway(pub String);

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Hash of the cookie.
    pub hash: String,
    /// Whose.
    pub sub: String,
    /// The provider's session behind it.
    pub sid: String,
    /// Which site.
    pub site: String,
    /// JSON.
    pub body: String,
    /// When it can be forgotten.
    pub expires_at: i64,
}

/// What one gateway tells the others that share its store, beside what it writes there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// Sessions of a person ended: at one site or all, of one provider session or all.
    Of {
        /// Whose.
        sub: String,
        /// The provider's session.
        sid: Option<String>,
        /// The site.
        site: Option<String>,
    },
    /// Elevated access of a person ended that was proven up to a moment.
    Keys {
        /// Whose.
        sub: String,
        /// The moment, in seconds.
        changed_at: i64,
    },
    /// One session ended.
    One {
        /// Hash of its cookie.
        hash: String,
    },
    /// One session went back to base access.
    Base {
        /// Hash of its cookie.
        hash: String,
    },
    /// Something was done that could not be told: compare.
    Compare,
    /// Nothing: what is told arrives.
    Beat,
}

/// What is told and by whom, as it comes. It ends when the store is lost.
pub type Listening = Pin<Box<dyn Stream<Item = (String, Told)> + Send>>;

/// The store. Bags hold short-lived single-use things under names that say their kind.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a session, replacing an older state of it.
    async fn put(&self, session: &Stored) -> Result<(), StoreAway>;
    /// Keeps a new state of a session that is still there; one that has ended is not brought back.
    async fn update(&self, session: &Stored) -> Result<(), StoreAway>;
    /// The session of a cookie's hash.
    async fn get(&self, hash: &str) -> Result<Option<Stored>, StoreAway>;
    /// Several, in the order in which they are asked for.
    async fn get_all(&self, hashes: &[String]) -> Result<Vec<Option<Stored>>, StoreAway>;
    /// Those of a person.
    async fn all_of(&self, sub: &str) -> Result<Vec<Stored>, StoreAway>;
    /// Forgets one.
    async fn remove(&self, hash: &str) -> Result<(), StoreAway>;
    /// Forgets those of a person: at one site or all, of one provider session or all.
    async fn remove_of(&self, sub: &str, sid: Option<&str>, site: Option<&str>) -> Result<(), StoreAway>;
    /// Keeps something, replacing what was there under this name.
    async fn put_bag(&self, name: &str, body: &[u8], expires_at: i64) -> Result<(), StoreAway>;
    /// Keeps a name for the first who comes with it, until a moment; true for that one.
    async fn first_bag(&self, name: &str, expires_at: i64) -> Result<bool, StoreAway>;
    /// Looks at it and leaves it there.
    async fn look_bag(&self, name: &str, now: i64) -> Result<Option<Vec<u8>>, StoreAway>;
    /// Takes it out; only one caller gets it.
    async fn take_bag(&self, name: &str, now: i64) -> Result<Option<Vec<u8>>, StoreAway>;
    /// Drops what has expired.
    async fn sweep(&self, now: i64) -> Result<(), StoreAway>;
    /// Whether other gateways use it as well.
    fn is_shared(&self) -> bool {
        false
    }
    /// Tells every gateway that listens.
    async fn tell(&self, _from: &str, _told: &Told) -> Result<(), StoreAway> {
        Ok(())
    }
    /// Listens to what is told from now on.
    async fn listen(&self) -> Result<Listening, StoreAway> {
        Ok(Box::pin(futures_util::stream::pending()))
    }
}
