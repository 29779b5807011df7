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
        let is_over = |live: &Live| !live.record.is_live(now, live.seen_at());
        let is_idle = live.record.is_live(now, now) && (is_over(live) || runs_out(live, now));
        if is_idle && self.store.is_shared() {
            // A store that is away says nothing about them: what is idle here ends here.
            let _ = self.catch_up(live).await;
        }
        if is_over(live) {
            self.leave(live, now);
            return self.end(live).await;
        }
        if runs_out(live, now) {
            live.let_run_out(now);
            return self.drop_elevation(live).await;
        }
        if save && live.seen_at() - live.saved.swap(live.seen_at(), Ordering::Relaxed) > 0 {
            return self.store.update(&stored(live)?).await;
        }
        Ok(())
    }

    /// Learns from the store when the owner of a session was last seen, at whatever gateway.
    pub(super) async fn catch_up(&self, live: &Live) -> Result<(), StoreAway> {
        let kept = self.store.get(&live.hash).await?;
        if let Some(record) = kept.and_then(|kept| serde_json::from_str::<Record>(&kept.body).ok()) {
            live.seen.fetch_max(record.seen_at, Ordering::Relaxed);
            live.saved.fetch_max(record.seen_at, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Forgets what is over in the store.
    pub(super) async fn sweep_store(&self) -> Result<(), StoreAway> {
        self.store.sweep(self.clock.now()).await
    }
}

/// Whether elevated access is at its end and does not know it yet.
fn runs_out(live: &Live, now: i64) -> bool {
    live.record.elevation.is_some() && !live.is_elevated(now) && !live.elevation_is_over()
}
