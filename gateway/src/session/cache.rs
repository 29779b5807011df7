//! Sessions in memory: what every request of a known session uses, and nothing else.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio_util::sync::CancellationToken;

use super::grace::{Grace, Graces};
use super::record::Record;
use super::revocations::{Revocations, Revoked};
use super::store::{SessionStore, StoreAway, Stored, Told};
use super::tokens::Known;
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
    elevation_over: AtomicBool,
    /// After how long elevated access ran out by itself, in seconds; none while it did not.
    ran_out: AtomicI64,
    /// The last use that is written down.
    pub(super) saved: AtomicI64,
}

/// Most decisions that a session remembers; then it begins anew.
pub(crate) const DECISIONS: usize = 64;

impl Live {
    pub(super) fn new(hash: String, record: Record, seen: i64) -> Self {
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
            ran_out: AtomicI64::new(0),
            saved: AtomicI64::new(seen),
        }
    }

    /// Somebody who has no session here, for one request: because the provider asks something for them, or a grace lasts.
    pub fn passing(record: Record, ended: &CancellationToken) -> Self {
        let seen = record.seen_at;
        Self { ended: ended.clone(), dropped: ended.child_token(), ..Self::new(String::new(), record, seen) }
    }

    /// When it was last used.
    pub fn seen_at(&self) -> i64 {
        self.seen.load(Ordering::Relaxed)
    }

    /// Whether elevated access counts now.
    pub fn is_elevated(&self, now: i64) -> bool {
        !self.elevation_over.load(Ordering::Acquire) && self.record.elevated(now, self.seen_at()).is_some()
    }

    pub(super) fn elevation_is_over(&self) -> bool {
        self.elevation_over.load(Ordering::Acquire)
    }

    /// Ends elevated access: streams that needed it, and everything that was decided with it.
    pub fn drop_elevation(&self) {
        if self.record.elevation.is_some() && !self.elevation_over.swap(true, Ordering::AcqRel) {
            self.dropped.cancel();
            self.forget();
        }
    }

    /// Ends elevated access that has run out, and keeps in mind after how long, for whoever asks why.
    pub fn let_run_out(&self, now: i64) {
        let Some(elevation) = self.record.elevation.as_ref().filter(|_| !self.elevation_is_over()) else { return };
        if !self.is_elevated(now) {
            let whole = elevation.until - elevation.auth_time;
            self.ran_out.store(if now >= elevation.until { whole } else { elevation.idle }, Ordering::Relaxed);
            self.drop_elevation();
        }
    }

    /// After how many seconds elevated access ran out, if it did by itself.
    pub fn ran_out_after(&self) -> Option<i64> {
        Some(self.ran_out.load(Ordering::Relaxed)).filter(|seconds| *seconds > 0)
    }

    fn forget(&self) {
        self.assertion.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.decisions.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The sessions, and what was revoked a moment ago, under the same lock.
#[derive(Default)]
pub(super) struct Kept {
    pub live: HashMap<String, Arc<Live>>,
    /// Whom apps act for, by the hash of site and token; see [`super::tokens`].
    pub(super) tokens: HashMap<String, Known>,
    pub(super) revocations: Revocations,
    pub graces: Graces,
}

/// Seconds without use here after which somebody may have been at another gateway: the last use is written down as often.
const QUIET: i64 = 60;

/// Marks a revocation as one whose sessions are leaving the store, for as long as it lives.
pub(super) struct Ending<'a> {
    sessions: &'a Sessions,
    number: u64,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.sessions.write().revocations.over(self.number);
    }
}

/// All sessions.
pub(crate) struct Sessions {
    kept: RwLock<Kept>,
    pub(super) store: Arc<dyn SessionStore>,
    pub(super) clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// By what name other gateways on the same store know this one.
    pub(super) me: String,
    /// What was ended elsewhere may not be known here: nothing in memory is trusted.
    pub(super) cut_off: AtomicBool,
    /// Something ended here that the other gateways could not be told.
    pub(super) owes: AtomicBool,
}

impl Sessions {
    pub(crate) fn new(store: Arc<dyn SessionStore>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let me = secret(&*random);
        Self {
            kept: RwLock::default(),
            store,
            clock,
            random,
            me,
            cut_off: AtomicBool::new(false),
            owes: AtomicBool::new(false),
        }
    }

    /// The store, for flows and held posts.
    pub fn store(&self) -> &dyn SessionStore {
        &*self.store
    }

    pub(crate) fn count(&self) -> usize {
        self.read().live.len()
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Kept> {
        self.kept.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A mark in the order of revocations, to be taken before anything is read that a revocation could overtake.
    pub fn mark(&self) -> u64 {
        self.read().revocations.mark()
    }

    /// The live session of a cookie at a site.
    pub async fn find(&self, cookie: &str, site: &str) -> Result<Option<Arc<Live>>, StoreAway> {
        if self.cut_off.load(Ordering::Relaxed) {
            return Err(StoreAway("cut off from the other gateways".to_owned()));
        }
        let hash = hash(cookie);
        let now = self.clock.now();
        let known = self.read().live.get(&hash).cloned();
        let live = match known {
            Some(live) => {
                // Its owner may have been at another gateway; one that is away says nothing about them.
                if self.store.is_shared() && now - live.seen_at() > QUIET {
                    let _ = self.catch_up(&live).await;
                }
                live
            }
            None => match self.load(&hash).await? {
                Some(live) => live,
                None => return Ok(None),
            },
        };
        let counts = live.record.site == site && live.record.is_live(now, live.seen_at()) && !live.ended.is_cancelled();
        Ok(counts.then_some(live))
    }

    /// The grace of a cookie whose session's membership ended by its date a moment ago.
    pub fn grace_of(&self, cookie: &str, site: &str) -> Option<Grace> {
        let (hash, now) = (hash(cookie), self.clock.now());
        let mut kept = self.write();
        if let Some(live) = kept.live.get(&hash).filter(|live| !live.record.is_live(now, live.seen_at())).cloned() {
            // Not swept yet.
            kept.graces.note(&hash, &live.record, (now, live.seen_at()));
        }
        kept.graces.of(&hash, now).filter(|grace| grace.record.site == site)
    }

    async fn load(&self, hash: &str) -> Result<Option<Arc<Live>>, StoreAway> {
        let mark = self.mark();
        let Some(stored) = self.store.get(hash).await? else { return Ok(None) };
        let Ok(record) = serde_json::from_str::<Record>(&stored.body) else { return Ok(None) };
        let seen = record.seen_at;
        let live = Arc::new(Live::new(hash.to_owned(), record, seen));
        let live = {
            let mut kept = self.write();
            if kept.revocations.since(mark, &live.record) {
                return Ok(None);
            }
            kept.live.entry(hash.to_owned()).or_insert(live).clone()
        };
        // What another gateway ended or lowered while it was on its way may have been told before it was here.
        if self.store.is_shared() && !self.agrees(&live, self.store.get(hash).await?) {
            return Ok(None);
        }
        Ok(Some(live))
    }

    /// Begins a session and answers its cookie. A session that it replaces dies with its cookie (S-01). `mark` was taken
    /// before the provider was asked: what was revoked since then keeps the session out, and there is no cookie.
    pub async fn begin(
        &self,
        record: Record,
        replaces: Option<&Arc<Live>>,
        mark: u64,
    ) -> Result<Option<String>, StoreAway> {
        let cookie = secret(&*self.random);
        let hash = hash(&cookie);
        let live = Arc::new(Live::new(hash.clone(), record, self.clock.now()));
        self.store.put(&stored(&live)?).await?;
        let overtaken = {
            let mut kept = self.write();
            let overtaken = kept.revocations.since(mark, &live.record);
            if !overtaken {
                kept.live.insert(hash.clone(), live);
            }
            overtaken
        };
        if overtaken {
            self.store.remove(&hash).await?;
            return Ok(None);
        }
        if let Some(old) = replaces {
            self.end(old).await?;
        }
        Ok(Some(cookie))
    }

    /// Goes back to base access.
    pub async fn drop_elevation(&self, live: &Arc<Live>) -> Result<(), StoreAway> {
        live.drop_elevation();
        self.store.update(&stored(live)?).await?;
        self.tell(&Told::Base { hash: live.hash.clone() }).await
    }

    /// Ends one session, its streams included.
    pub async fn end(&self, live: &Arc<Live>) -> Result<(), StoreAway> {
        live.ended.cancel();
        self.write().live.remove(&live.hash);
        self.store.remove(&live.hash).await?;
        self.tell(&Told::One { hash: live.hash.clone() }).await?;
        self.note_owner(live).await
    }

    /// Ends the sessions of a person: at one site or all, of one provider session or all. Memory first, so that streams
    /// end at once; then the store, from which nothing of theirs is read again meanwhile.
    pub async fn end_of(&self, sub: &str, sid: Option<&str>, site: Option<&str>) -> Result<(), StoreAway> {
        let (ended, ending) = self.forget(sub, sid, site);
        self.store.remove_of(sub, sid, site).await?;
        drop(ending);
        let [sid, site] = [sid, site].map(|one| one.map(str::to_owned));
        self.tell(&Told::Of { sub: sub.to_owned(), sid, site }).await?;
        for live in ended {
            self.note_owner(&live).await?;
        }
        Ok(())
    }

    /// Ends what is in memory, and answers it with the mark that keeps the rest in the store.
    pub(super) fn forget(&self, sub: &str, sid: Option<&str>, site: Option<&str>) -> (Vec<Arc<Live>>, Ending<'_>) {
        let mut kept = self.write();
        let revoked = Revoked { sub: sub.to_owned(), sid: sid.map(str::to_owned), site: site.map(str::to_owned) };
        let ended: Vec<Arc<Live>> = kept.live.values().filter(|live| revoked.means(&live.record)).cloned().collect();
        kept.graces.forget(&revoked);
        kept.tokens.retain(|_, known| known.stays(&revoked));
        for live in &ended {
            live.ended.cancel();
            kept.live.remove(&live.hash);
        }
        let ending = Ending { sessions: self, number: kept.revocations.begin(revoked) };
        (ended, ending)
    }

    /// Drops elevated access of a person everywhere (a key was removed): their sessions go on at base access. What was proven
    /// after `changed_at`, in seconds, was proven with another key.
    pub async fn drop_of(&self, sub: &str, changed_at: i64) -> Result<(), StoreAway> {
        let (_, ending) = self.lower(sub, changed_at);
        for kept in self.store.all_of(sub).await? {
            let Ok(record) = serde_json::from_str::<Record>(&kept.body) else { continue };
            if record.elevation.as_ref().is_some_and(|own| own.auth_time <= changed_at) {
                let body = serde_json::to_string(&Record { elevation: None, ..record });
                let body = body.map_err(|error| StoreAway(error.to_string()))?;
                // In place: nothing that has ended comes back by it.
                self.store.update(&Stored { body, ..kept }).await?;
            }
        }
        drop(ending);
        self.tell(&Told::Keys { sub: sub.to_owned(), changed_at }).await
    }

    /// Drops elevated access in memory, and answers the sessions with the mark that keeps the rest in the store. Memory
    /// comes first: a store that is away must not keep a removed key elevated.
    pub(super) fn lower(&self, sub: &str, changed_at: i64) -> (Vec<Arc<Live>>, Ending<'_>) {
        let mut kept = self.write();
        // What is on its way in was proven with the old keys: it has to be proven again.
        let number = kept.revocations.begin(Revoked { sub: sub.to_owned(), sid: None, site: None });
        let meant: Vec<Arc<Live>> = kept.live.values().filter(|live| live.record.sub == sub).cloned().collect();
        let older = |live: &&Arc<Live>| live.record.elevation.as_ref().is_some_and(|own| own.auth_time <= changed_at);
        let by_token = kept.tokens.values().map(|known| &known.live).filter(|live| live.record.sub == sub);
        for live in meant.iter().chain(by_token).filter(older) {
            live.drop_elevation();
        }
        (meant, Ending { sessions: self, number })
    }

    /// The last use of each of the provider's sessions that is in memory, so that the provider keeps it alive.
    pub fn last_uses(&self) -> HashMap<String, i64> {
        let mut uses = HashMap::new();
        for live in self.read().live.values() {
            let seen = uses.entry(live.record.sid.clone()).or_insert(0);
            *seen = live.seen_at().max(*seen);
        }
        uses
    }

    /// Ends elevated access at a site whose rules have become stricter (E5).
    pub fn drop_at(&self, site: &str) {
        let kept = self.read();
        let all = kept.live.values().chain(kept.tokens.values().map(|known| &known.live));
        for live in all.filter(|live| live.record.site == site) {
            live.drop_elevation();
        }
    }
}

/// The state to write down: without elevated access that is over, with the last use.
pub(super) fn stored(live: &Live) -> Result<Stored, StoreAway> {
    let elevation = live.record.elevation.clone().filter(|_| !live.elevation_is_over());
    let record = Record { elevation, seen_at: live.seen_at(), ..live.record.clone() };
    Ok(Stored {
        hash: live.hash.clone(),
        sub: record.sub.clone(),
        sid: record.sid.clone(),
        site: record.site.clone(),
        body: serde_json::to_string(&record).map_err(|error| StoreAway(error.to_string()))?,
        expires_at: record.expires_at(),
    })
}
