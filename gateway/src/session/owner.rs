//! Whose session a cookie was, for as long as a page may lie open with words in it: what they typed goes back to them alone.

use super::cache::{Live, Sessions};
use super::store::StoreAway;
use crate::ports::hash;

/// Seconds for which the owner of an ended session is remembered: as long as a page may lie open with words in it.
const OWNED: i64 = 12 * 3600;

impl Sessions {
    /// Whose session a cookie is or was today, so that what was typed is given back to the right person.
    pub async fn owner(&self, cookie: &str) -> Result<Option<String>, StoreAway> {
        let hash = hash(cookie);
        if let Some(live) = self.read().live.get(&hash) {
            return Ok(Some(live.record.sub.clone()));
        }
        if let Some(stored) = self.store.get(&hash).await? {
            return Ok(Some(stored.sub));
        }
        let kept = self.store.look_bag(&owner_of(&hash), self.clock.now()).await?;
        Ok(kept.and_then(|sub| String::from_utf8(sub).ok()))
    }

    pub(super) async fn note_owner(&self, live: &Live) -> Result<(), StoreAway> {
        let until = self.clock.now() + OWNED;
        self.store.put_bag(&owner_of(&live.hash), live.record.sub.as_bytes(), until).await
    }
}

/// The bag in which the owner of an ended session is remembered.
fn owner_of(hash: &str) -> String {
    format!("owner:{hash}")
}
