//! Sessions in memory: what every request of a known session uses, and nothing else.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::record::Record;
use super::store::{SessionStore, StoreAway, Stored};
use crate::ports::{Clock, Random, hash, secret};

/// A session in memory.
pub(crate) struct Live {
    /// Hash of the cookie.
    pub hash: String,
    /// What it knows. Replaced by a new session, never changed.
    pub record: Record,
    /// When it was last used by a request that counts as activity.
    pub seen: AtomicI64,
    /// Ends open streams of this session.
    pub ended: CancellationToken,
    /// Ends open streams that were opened with elevated access.
    pub dropped: CancellationToken,
    /// The assertion in use, with the moment from which a new one is made.
    pub assertion: Mutex<Option<(i64, http::HeaderValue)>>,
    /// Decisions made for this session, by method and path.
    pub decisions: Mutex<HashMap<String, policies::Answer>>,
    elevation_over: std::sync::atomic::AtomicBool,
}

/// Most decisions that a session remembers; then it begins anew.
pub(crate) const DECISIONS: usize = 64;

impl Live {
    fn new(hash: String, record: Record, seen: i64) -> Self {
        let ended = CancellationToken::new();
        Self {
            hash,
            record,
            seen: AtomicI64::new(seen),
            dropped: ended.child_token(),
            ended,
            assertion: Mutex::default(),
            decisions: Mutex::default(),
            elevation_over: false.into(),
        }
    }

    /// When it was last used.
    pub fn seen_at(&self) -> i64 {
        self.seen.load(Ordering::Relaxed)
    }

    /// Whether elevated access counts now.
    pub fn is_elevated(&self, now: i64) -> bool {
        !self.elevation_over.load(Ordering::Acquire) && self.record.elevated(now, self.seen_at()).is_some()
    }

    /// Ends elevated access: streams that needed it, and everything that was decided with it.
    pub fn drop_elevation(&self) {
        if self.record.elevation.is_some() && !self.elevation_over.swap(true, Ordering::AcqRel) {
            self.dropped.cancel();
            self.forget();
        }
    }

    fn forget(&self) {
        self.assertion.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.decisions.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// All sessions.
pub(crate) struct Sessions {
    live: RwLock<HashMap<String, Arc<Live>>>,
    store: Arc<dyn SessionStore>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// Counts revocations: a session that was read from the store before one must not be kept after it.
    revocations: AtomicI64,
}

impl Sessions {
    pub(crate) fn new(store: Arc<dyn SessionStore>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { live: RwLock::default(), store, clock, random, revocations: AtomicI64::new(0) }
    }

    /// The store, for flows and held posts.
    pub fn store(&self) -> &dyn SessionStore {
        &*self.store
    }

    pub(crate) fn count(&self) -> usize {
        self.live.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The live session of a cookie at a site.
    pub async fn find(&self, cookie: &str, site: &str) -> Result<Option<Arc<Live>>, StoreAway> {
        let hash = hash(cookie);
        let now = self.clock.now();
        let known = self.live.read().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        let live = match known {
            Some(live) => live,
            None => match self.load(&hash, now).await? {
                Some(live) => live,
                None => return Ok(None),
            },
        };
        let counts = live.record.site == site && live.record.is_live(now, live.seen_at()) && !live.ended.is_cancelled();
        Ok(counts.then_some(live))
    }

    async fn load(&self, hash: &str, now: i64) -> Result<Option<Arc<Live>>, StoreAway> {
        let before = self.revocations.load(Ordering::Acquire);
        let Some(stored) = self.store.get(hash).await? else { return Ok(None) };
        let Ok(record) = serde_json::from_str::<Record>(&stored.body) else { return Ok(None) };
        // A restart must not shorten what people do; the store knows no last use, so it begins now.
        let live = Arc::new(Live::new(hash.to_owned(), record, now));
        let mut sessions = self.live.write().unwrap_or_else(PoisonError::into_inner);
        if self.revocations.load(Ordering::Acquire) != before {
            return Err(StoreAway("a revocation came in between; try again".to_owned()));
        }
        Ok(Some(sessions.entry(hash.to_owned()).or_insert(live).clone()))
    }

    /// Begins a session and answers its cookie. A session that it replaces dies with its cookie (S-01).
    pub async fn begin(&self, record: Record, replaces: Option<&Arc<Live>>) -> Result<String, StoreAway> {
        let cookie = secret(&*self.random);
        let hash = hash(&cookie);
        self.keep(&hash, &record).await?;
        let live = Arc::new(Live::new(hash.clone(), record, self.clock.now()));
        self.live.write().unwrap_or_else(PoisonError::into_inner).insert(hash, live);
        if let Some(old) = replaces {
            self.end(old).await?;
        }
        Ok(cookie)
    }

    async fn keep(&self, hash: &str, record: &Record) -> Result<(), StoreAway> {
        let body = serde_json::to_string(record).map_err(|error| StoreAway(error.to_string()))?;
        let stored = Stored {
            hash: hash.to_owned(),
            sub: record.sub.clone(),
            sid: record.sid.clone(),
            site: record.site.clone(),
            body,
            expires_at: record.expires_at(),
        };
        self.store.put(&stored).await
    }

    /// Goes back to base access.
    pub async fn drop_elevation(&self, live: &Arc<Live>) -> Result<(), StoreAway> {
        live.drop_elevation();
        self.keep(&live.hash, &Record { elevation: None, ..live.record.clone() }).await
    }

    /// Ends one session, its streams included.
    pub async fn end(&self, live: &Arc<Live>) -> Result<(), StoreAway> {
        live.ended.cancel();
        self.live.write().unwrap_or_else(PoisonError::into_inner).remove(&live.hash);
        self.store.remove(&live.hash).await
    }

    /// Ends the sessions of a person: at one site or all, of one provider session or all.
    pub async fn end_of(&self, sub: &str, sid: Option<&str>, site: Option<&str>) -> Result<(), StoreAway> {
        self.revocations.fetch_add(1, Ordering::AcqRel);
        self.live.write().unwrap_or_else(PoisonError::into_inner).retain(|_, live| {
            let record = &live.record;
            let meant = record.sub == sub
                && sid.is_none_or(|sid| sid == record.sid)
                && site.is_none_or(|site| site == record.site);
            if meant {
                live.ended.cancel();
            }
            !meant
        });
        self.store.remove_of(sub, sid, site).await
    }

    /// Drops elevated access of a person everywhere (a key was added or removed).
    pub async fn drop_of(&self, sub: &str) -> Result<(), StoreAway> {
        let meant: Vec<Arc<Live>> = {
            let sessions = self.live.read().unwrap_or_else(PoisonError::into_inner);
            sessions
                .values()
                .filter(|live| live.record.sub == sub && live.record.elevation.is_some())
                .cloned()
                .collect()
        };
        for live in meant {
            self.drop_elevation(&live).await?;
        }
        Ok(())
    }

    /// Ends what is over: sessions at their limits, elevation at its own.
    fn sweep(&self) {
        let now = self.clock.now();
        self.live.write().unwrap_or_else(PoisonError::into_inner).retain(|_, live| {
            let alive = live.record.is_live(now, live.seen_at());
            if !alive {
                live.ended.cancel();
            } else if live.record.elevation.is_some() && !live.is_elevated(now) {
                live.drop_elevation();
            }
            alive
        });
    }
}

/// Sweeps for ever: memory twice a second, so that a stream ends within a second; the store every few minutes.
pub(crate) async fn keep_swept(sessions: &Sessions) {
    let mut rounds = 0_u32;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        sessions.sweep();
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(600)
            && let Err(error) = sessions.store.sweep(sessions.clock.now()).await
        {
            tracing::warn!(%error, "expired sessions cannot be dropped");
        }
    }
}
