//! Clients as they were read within the same second: every request of an app asks for its client, some twice, and they hardly
//! ever change. What this process changes is known at once; what another one changed, a second later at the latest.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use idp_domain::Timestamp;
use idp_domain::client::Client;

/// Most clients that are kept; more than any trust has.
const MOST: usize = 10_000;

/// The clients.
#[derive(Default)]
pub(crate) struct Known {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Counts up with each change: what was read before it is not kept after it.
    changes: u64,
    /// Of this second.
    at: Timestamp,
    clients: HashMap<String, Client>,
}

impl Known {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client that was read in this second; else the mark to keep one with that is read now.
    pub fn look(&self, id: &str, now: Timestamp) -> Result<Client, u64> {
        let inner = self.inner();
        let known = inner.clients.get(id).filter(|_| inner.at == now);
        known.cloned().ok_or(inner.changes)
    }

    /// Keeps a client that was read since a mark, unless something has changed since.
    pub fn keep(&self, client: &Client, now: Timestamp, mark: u64) {
        let mut inner = self.inner();
        if inner.changes != mark {
            return;
        }
        if inner.at != now || inner.clients.len() >= MOST {
            inner.clients.clear();
            inner.at = now;
        }
        inner.clients.insert(client.id.clone(), client.clone());
    }

    /// A client has changed, or is about to.
    pub fn forget(&self) {
        let mut inner = self.inner();
        inner.changes += 1;
        inner.clients.clear();
    }
}
