//! How many alerts wait at the sites of somebody: asked of each site that counts them, never what they say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use idp_domain::person::Person;
use idp_domain::site::Site;
use idp_domain::{PersonId, SiteId, Timestamp};
use tokio::task::JoinSet;

use crate::Web;

/// Seconds for which a number counts; a site that does not answer is not asked again sooner either.
const FRESH: i64 = 60;
/// Longest wait for all sites together.
const PATIENCE: Duration = Duration::from_secs(1);
/// Most numbers that are kept.
const MOST: usize = 20_000;

/// The way to the gateway of a site.
#[async_trait]
pub trait AskSite: Send + Sync {
    /// The number for whom the token names; none when the site does not say.
    async fn waiting(&self, slug: &str, token: String) -> Option<u32>;
}

/// What a site said.
#[derive(Clone, Copy)]
struct Said {
    at: Timestamp,
    /// None when it did not say.
    count: Option<u32>,
}

/// What sites said lately.
#[derive(Default)]
pub struct Alerts {
    way: OnceLock<Arc<dyn AskSite>>,
    known: Mutex<HashMap<(PersonId, SiteId), Said>>,
}

impl Alerts {
    /// From now on, sites are asked this way. A second way changes nothing.
    pub fn ask_by(&self, way: Arc<dyn AskSite>) {
        drop(self.way.set(way));
    }

    fn kept(&self, of: (PersonId, SiteId), now: Timestamp) -> Option<Said> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&of).filter(|said| now.since(said.at) < FRESH).copied()
    }

    fn keep(&self, of: (PersonId, SiteId), said: Said) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.retain(|_, other| said.at.since(other.at) < FRESH);
        }
        if known.len() < MOST {
            known.insert(of, said);
        }
    }
}

/// The numbers of alerts at those sites that count them, all asked at once.
pub(super) async fn waiting(web: &Web, person: &Person, sites: &[&Site]) -> HashMap<SiteId, u32> {
    let now = web.signin.context.now();
    let mut found = HashMap::new();
    let mut asked = JoinSet::new();
    let Some(way) = web.alerts.way.get() else { return found };
    for site in sites.iter().filter(|site| site.settings.alerts) {
        match web.alerts.kept((person.id, site.id), now) {
            Some(said) => found.extend(said.count.map(|count| (site.id, count))),
            None => {
                // Until it answers, it does not say: one that is slow is not asked again at the next page.
                web.alerts.keep((person.id, site.id), Said { at: now, count: None });
                let (web, way, person, site) = (web.clone(), way.clone(), person.clone(), (*site).clone());
                asked.spawn(async move {
                    let token = web.provider.alerts_token(&site, &person).await.ok().flatten();
                    let count = match token {
                        Some(token) => way.waiting(site.slug.as_str(), token).await,
                        None => None,
                    };
                    web.alerts.keep((person.id, site.id), Said { at: now, count });
                    count.map(|count| (site.id, count))
                });
            }
        }
    }
    let all = async {
        while let Some(answer) = asked.join_next().await {
            found.extend(answer.ok().flatten());
        }
    };
    // A slow site delays nobody; those that have answered are shown.
    drop(tokio::time::timeout(PATIENCE, all).await);
    found
}
