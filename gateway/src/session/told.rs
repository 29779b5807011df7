//! Several gateways on one store: what one ends, all end, within a second; and none trusts its memory for longer than a few
//! seconds without word from the others.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::Instant;

use super::cache::{Live, Sessions, stored};
use super::record::Record;
use super::store::{Listening, StoreAway, Stored, Told};

/// How often each gateway says something, for itself to hear.
const BEAT: Duration = Duration::from_secs(1);
/// After how long without it the way is taken for broken, though it does not say so.
const SILENCE: Duration = Duration::from_secs(3);
/// For how long memory is trusted that could neither be told anything nor be compared with the store (invariant 4).
const TRUST: Duration = Duration::from_secs(5);
/// So many sessions are compared at once.
const BLOCK: usize = 200;
/// Pause before the next try.
const PAUSE: Duration = Duration::from_millis(500);

/// Listens for ever.
pub(crate) async fn keep_told(sessions: &Sessions) {
    if !sessions.store().is_shared() {
        return;
    }
    let mut trusted = Instant::now();
    loop {
        match sessions.store().listen().await {
            Ok(listening) => follow(sessions, listening, &mut trusted).await,
            Err(error) => tracing::warn!(%error, "the other gateways cannot be heard"),
        }
        // What was told meanwhile is made up for; where that cannot be, the memory is soon worth nothing.
        if sessions.compare().await.is_ok() {
            trusted = Instant::now();
        }
        sessions.trust(trusted.elapsed() < TRUST);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Follows what is told, until the way breaks or is silent.
async fn follow(sessions: &Sessions, mut listening: Listening, trusted: &mut Instant) {
    // What was told before the way was open.
    if sessions.compare().await.is_err() {
        return;
    }
    sessions.trust(true);
    *trusted = Instant::now();
    let mut beats = tokio::time::interval(BEAT);
    loop {
        tokio::select! {
            told = listening.next() => match told {
                Some((from, Told::Beat)) if from == sessions.me => *trusted = Instant::now(),
                // What this one did, it did before it said so.
                Some((from, told)) if from != sessions.me => {
                    if sessions.hear(told).await.is_err() {
                        return;
                    }
                }
                Some(_) => {}
                None => return,
            },
            _ = beats.tick() => {
                if sessions.owes.swap(false, Ordering::Relaxed) && sessions.tell(&Told::Compare).await.is_err() {
                    return;
                }
                let beat = sessions.tell(&Told::Beat).await;
                if beat.is_err() || trusted.elapsed() > SILENCE {
                    return;
                }
            }
        }
    }
}

impl Sessions {
    /// Whether memory is worth anything. While it is not, it is empty: open streams end, and whoever comes is asked of the
    /// store again.
    fn trust(&self, trusted: bool) {
        if self.cut_off.swap(!trusted, Ordering::Relaxed) == trusted {
            tracing::warn!(trusted, "whether sessions in memory are trusted has changed");
        }
        if !trusted {
            for (_, live) in self.write().live.drain() {
                live.ended.cancel();
            }
        }
    }

    /// Tells the other gateways. What they could not be told, they find by comparing as soon as they can be told so.
    pub(super) async fn tell(&self, told: &Told) -> Result<(), StoreAway> {
        let outcome = self.store.tell(&self.me, told).await;
        if outcome.is_err() {
            self.owes.store(true, Ordering::Relaxed);
        }
        outcome
    }

    /// Does here what another gateway did there.
    async fn hear(&self, told: Told) -> Result<(), StoreAway> {
        match told {
            Told::Beat => Ok(()),
            Told::Compare => self.compare().await,
            Told::Of { sub, sid, site } => {
                let (ended, ending) = self.forget(&sub, sid.as_deref(), site.as_deref());
                for live in &ended {
                    // One that began here meanwhile is not among those that the other one took out of the store.
                    self.store.remove(&live.hash).await?;
                    self.note_owner(live).await?;
                }
                drop(ending);
                Ok(())
            }
            Told::Keys { sub, changed_at } => {
                let (lowered, ending) = self.lower(&sub, changed_at);
                drop(ending);
                for live in lowered {
                    // A save that was under way may have written it down as it was.
                    self.store.update(&stored(&live)?).await?;
                }
                Ok(())
            }
            Told::One { hash } => {
                self.end_here(&hash);
                self.store.remove(&hash).await
            }
            Told::Base { hash } => {
                let known = self.read().live.get(&hash).cloned();
                let Some(live) = known else { return Ok(()) };
                live.drop_elevation();
                self.store.update(&stored(&live)?).await
            }
        }
    }

    fn end_here(&self, hash: &str) {
        if let Some(live) = self.write().live.remove(hash) {
            live.ended.cancel();
        }
    }

    /// Makes of a session in memory what the store says of it; false when it is over.
    pub(super) fn agrees(&self, live: &Live, kept: Option<Stored>) -> bool {
        match kept.and_then(|kept| serde_json::from_str::<Record>(&kept.body).ok()) {
            None => {
                self.end_here(&live.hash);
                return false;
            }
            Some(record) if record.elevation.is_none() => live.drop_elevation(),
            Some(_) => {}
        }
        true
    }

    /// Compares memory with the store: what is not there any more ends, and elevated access that is not.
    async fn compare(&self) -> Result<(), StoreAway> {
        let all: Vec<Arc<Live>> = self.read().live.values().cloned().collect();
        for block in all.chunks(BLOCK) {
            let hashes: Vec<String> = block.iter().map(|live| live.hash.clone()).collect();
            for (live, kept) in block.iter().zip(self.store().get_all(&hashes).await?) {
                self.agrees(live, kept);
            }
        }
        Ok(())
    }
}
