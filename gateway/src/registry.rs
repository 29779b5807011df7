//! The sites: fetched from the provider with a long poll, the last good copy kept on disk.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

/// Most requests of one site that may be under way at once: one dead school never slows another.
const BUDGET: usize = 512;

/// Seconds after which a server that does not answer is more than a hiccup, and support is told.
const LASTS: i64 = 10;

/// What the provider says about a site.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own, as the provider sends it")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteEntry {
    /// The slug.
    pub slug: String,
    /// Slugs that it had before.
    #[serde(default)]
    pub former: Vec<String>,
    /// Its client identifier, also the audience of its assertions.
    pub client_id: String,
    /// Its full name.
    pub name: String,
    /// Name in the bar.
    pub short_name: String,
    /// Accent colour `#rrggbb`.
    pub colour: String,
    /// Where a key proof counts.
    pub place: String,
    /// Address of the site's own server.
    pub upstream: String,
    /// Whether signing in needs a key.
    pub key_to_sign_in: bool,
    /// Whether only passkeys and security keys elevate.
    pub phishing_resistant_only: bool,
    /// The rules for single user groups; only that they change is of interest here.
    #[serde(default)]
    pub group_keys: String,
    /// Seconds without a request until elevation ends.
    pub elevation_idle: i64,
    /// Seconds until elevation ends whatever happens.
    pub elevation_absolute: i64,
    /// Seconds for which a key proof carries over.
    pub carry_over: i64,
    /// Where to write for help.
    pub support_email: String,
    /// Where to ring for help.
    pub support_phone: String,
    /// Whether the bar is put into pages.
    pub bar: bool,
    /// Path at which the site takes a concern; empty when there is none.
    #[serde(default)]
    pub concern_path: String,
    /// Path under which apps may call the site for people; empty when none may.
    #[serde(default)]
    pub api_path: String,
    /// How the DSL is reached when the site does not answer, in the school's own words.
    #[serde(default)]
    pub dsl_contact: String,
    /// Whether pages hide by themselves when somebody turns to another window.
    #[serde(default)]
    pub hide_on_blur: bool,
}

/// The registry as the provider sends it and as the copy keeps it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Document {
    version: i64,
    sites: Vec<SiteEntry>,
}

/// A site with what the gateway keeps about it while it runs.
pub struct Site {
    /// What the provider says.
    pub entry: SiteEntry,
    /// Where requests go; parsed once.
    pub upstream: Option<http::uri::Authority>,
    /// Its budget of requests.
    pub budget: Arc<Semaphore>,
    /// Since when its own server has not answered (seconds since 1970); 0 while it does.
    pub down_since: Arc<AtomicI64>,
    /// When support was told of that; 0 while it was not.
    pub told_at: Arc<AtomicI64>,
}

impl Site {
    /// Whether apps may call a path for people.
    pub(crate) fn is_api(&self, path: &str) -> bool {
        let api = &self.entry.api_path;
        !api.is_empty() && path.strip_prefix(api.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Its server has answered.
    pub(crate) fn answered(&self) {
        if self.down_since.load(Ordering::Relaxed) != 0 {
            self.down_since.store(0, Ordering::Relaxed);
            self.told_at.store(0, Ordering::Relaxed);
        }
    }

    /// Since when its server has not answered, if that lasts and nobody was told yet.
    pub(crate) fn to_be_told(&self, now: i64) -> Option<i64> {
        let since = self.down_since.load(Ordering::Relaxed);
        let lasts = since != 0 && now - since >= LASTS && self.told_at.load(Ordering::Relaxed) == 0;
        lasts.then_some(since)
    }

    /// Support was told at a moment that it has not answered since another one.
    pub(crate) fn was_told(&self, since: i64, at: i64) {
        // It may have answered meanwhile: then that was of an outage that is over.
        if self.down_since.load(Ordering::Relaxed) == since {
            self.told_at.store(at, Ordering::Relaxed);
        }
    }

    /// When support was told that its server does not answer, if it was.
    pub(crate) fn told(&self) -> Option<i64> {
        Some(self.told_at.load(Ordering::Relaxed)).filter(|at| *at != 0)
    }

    /// Its server has not answered.
    pub(crate) fn failed(&self, now: i64) {
        let _ = self.down_since.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Since when it does not, if that did not begin just now.
    pub(crate) fn down_before(&self, now: i64) -> Option<i64> {
        Some(self.down_since.load(Ordering::Relaxed)).filter(|since| *since != 0 && *since < now)
    }
}

/// All sites by slug. Swapped as a whole: no request sees a mix (G-37).
pub struct Registry {
    sites: RwLock<Arc<HashMap<String, Arc<Site>>>>,
    /// Slugs that sites had before, and those that they have now.
    former: RwLock<Arc<HashMap<String, String>>>,
    version: AtomicI64,
    /// Whether the provider answered when it was last asked.
    followed: AtomicBool,
    file: PathBuf,
}

impl Registry {
    /// Begins with the last good copy; without one there are no sites yet.
    pub(crate) fn open(file: PathBuf) -> Self {
        let document: Document =
            std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let registry = Self {
            sites: RwLock::default(),
            former: RwLock::default(),
            version: 0.into(),
            followed: true.into(),
            file,
        };
        registry.swap(&document);
        registry
    }

    /// The site of a slug.
    pub(crate) fn site(&self, slug: &str) -> Option<Arc<Site>> {
        self.sites.read().unwrap_or_else(PoisonError::into_inner).get(slug).cloned()
    }

    /// The site that had a slug before.
    pub(crate) fn moved(&self, slug: &str) -> Option<Arc<Site>> {
        let now = self.former.read().unwrap_or_else(PoisonError::into_inner).get(slug).cloned();
        self.site(&now?)
    }

    /// Every site.
    pub(crate) fn all(&self) -> Vec<Arc<Site>> {
        self.sites.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The version of the copy in use.
    pub(crate) fn version(&self) -> i64 {
        self.version.load(Ordering::Relaxed)
    }

    /// Whether the provider answered when it was last asked.
    pub(crate) fn is_followed(&self) -> bool {
        self.followed.load(Ordering::Relaxed)
    }

    /// Notes whether the provider answers.
    pub(crate) fn note(&self, answers: bool) {
        self.followed.store(answers, Ordering::Relaxed);
    }

    /// Takes a new document into use. Answers the slugs of sites whose rules for elevated access have become stricter.
    pub(crate) fn swap(&self, document: &Document) -> Vec<String> {
        let old = self.sites.read().unwrap_or_else(PoisonError::into_inner).clone();
        let sites = document.sites.iter().map(|entry| {
            let kept =
                old.get(&entry.slug).map(|site| (site.budget.clone(), site.down_since.clone(), site.told_at.clone()));
            let begun = || (Arc::new(Semaphore::new(BUDGET)), Arc::default(), Arc::default());
            let (budget, down_since, told_at) = kept.unwrap_or_else(begun);
            let upstream =
                entry.upstream.strip_prefix("http://").and_then(|rest| rest.trim_end_matches('/').parse().ok());
            (entry.slug.clone(), Arc::new(Site { entry: entry.clone(), upstream, budget, down_since, told_at }))
        });
        let stricter = |entry: &&SiteEntry| {
            old.get(&entry.slug).is_some_and(|site| {
                let was = &site.entry;
                (entry.phishing_resistant_only && !was.phishing_resistant_only)
                    || entry.group_keys != was.group_keys
                    || (entry.key_to_sign_in && !was.key_to_sign_in)
                    || entry.elevation_idle < was.elevation_idle
                    || entry.elevation_absolute < was.elevation_absolute
            })
        };
        let tightened = document.sites.iter().filter(stricter).map(|entry| entry.slug.clone()).collect();
        let former =
            document.sites.iter().flat_map(|site| site.former.iter().map(|old| (old.clone(), site.slug.clone())));
        *self.former.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(former.collect());
        *self.sites.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(sites.collect());
        self.version.store(document.version, Ordering::Relaxed);
        tightened
    }

    /// Keeps the copy whole or not at all.
    pub(crate) fn save(&self, document: &Document) -> std::io::Result<()> {
        let draft = self.file.with_extension("new");
        std::fs::write(&draft, serde_json::to_vec(document).unwrap_or_default())?;
        std::fs::rename(&draft, &self.file)
    }
}
