//! What ends by itself: sessions at their limits, elevated access at its own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::cache::{Live, Sessions, stored};
use super::record::Record;
use super::store::StoreAway;

impl Sessions {
    /// Ends what is over: sessions at their limits, elevation at its own; with `save`, writes down the last use. One
    /// session that cannot be written keeps no other from its end.
    pub(crate) async fn sweep(&self, save: bool) -> Result<(), StoreAway> {
        self.write().graces.sweep(self.clock.now());
        let all: Vec<Arc<Live>> = self.read().live.values().cloned().collect();
        let mut outcome = Ok(());
        for live in all {
            outcome = self.sweep_one(&live, save).await.and(outcome);
        }
        outcome
    }

    /// Takes a session out of memory that is over. Only one that is still there leaves a grace: a revocation that came
    /// meanwhile leaves none.
    fn leave(&self, live: &Arc<Live>, now: i64) {
        let mut kept = self.write();
        if kept.live.get(&live.hash).is_some_and(|known| Arc::ptr_eq(known, live)) {
            kept.graces.note(&live.hash, &live.record, (now, live.seen_at()));
            kept.live.remove(&live.hash);
        }
    }

    async fn sweep_one(&self, live: &Arc<Live>, save: bool) -> Result<(), StoreAway> {
        let now = self.clock.now();
        if !live.record.is_live(now, live.seen_at()) && !self.is_used_elsewhere(live, now).await? {
            self.leave(live, now);
            return self.end(live).await;
        }
        if live.record.elevation.is_some() && !live.is_elevated(now) && !live.elevation_is_over() {
            live.let_run_out(now);
            return self.drop_elevation(live).await;
        }
        if save && live.seen_at() - live.saved.swap(live.seen_at(), Ordering::Relaxed) > 0 {
            return self.store.update(&stored(live)?).await;
        }
        Ok(())
    }

    /// Whether another gateway has seen its owner since, who was idle only here.
    async fn is_used_elsewhere(&self, live: &Live, now: i64) -> Result<bool, StoreAway> {
        if !self.store.is_shared() || live.ended.is_cancelled() {
            return Ok(false);
        }
        let Some(kept) = self.store.get(&live.hash).await? else { return Ok(false) };
        let Ok(record) = serde_json::from_str::<Record>(&kept.body) else { return Ok(false) };
        let seen = live.seen.fetch_max(record.seen_at, Ordering::Relaxed).max(record.seen_at);
        live.saved.fetch_max(record.seen_at, Ordering::Relaxed);
        Ok(live.record.is_live(now, seen))
    }

    /// Forgets what is over in the store.
    pub(super) async fn sweep_store(&self) -> Result<(), StoreAway> {
        self.store.sweep(self.clock.now()).await
    }
}
