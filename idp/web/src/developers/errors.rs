//! What went wrong with an app’s requests lately, for its makers: the parameter is named, and no secret is kept.
//!
//! It lives in the memory of this process, the newest entries only: it helps while somebody looks, and is no record.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use idp_domain::Timestamp;
use idp_oauth::OAuthError;

/// Most entries of all apps together.
const MOST: usize = 2000;
/// Most entries that one app is shown.
const SHOWN: usize = 30;
/// Most characters of what was asked for.
const LONGEST: usize = 200;

/// One request that was refused.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    client: String,
    /// When.
    pub at: Timestamp,
    /// At which address of ours.
    pub path: &'static str,
    /// Why.
    pub error: OAuthError,
    /// The redirect address that it named.
    pub redirect_uri: String,
}

/// The log.
#[derive(Debug, Default)]
pub struct ErrorLog(Mutex<VecDeque<Logged>>);

impl ErrorLog {
    /// Writes down why a request of a client was refused.
    pub(crate) fn note(
        &self,
        client: Option<&str>,
        at: Timestamp,
        (path, redirect_uri): (&'static str, &str),
        error: &OAuthError,
    ) {
        let Some(client) = client.filter(|client| client.len() <= 64) else { return };
        let redirect_uri = redirect_uri.chars().take(LONGEST).collect();
        let logged = Logged { client: client.to_owned(), at, path, error: error.clone(), redirect_uri };
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() >= MOST {
            log.pop_front();
        }
        log.push_back(logged);
    }

    /// The newest of one app, newest first.
    pub(crate) fn of(&self, client: &str) -> Vec<Logged> {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().rev().filter(|logged| logged.client == client).take(SHOWN).cloned().collect()
    }
}
