//! `client_secret_basic` and `client_secret_post`: a long random secret, compared by its hash in constant time (I-21).

use idp_domain::{Secret, SecretHash};

/// Both are compared whichever fits, so that the time says nothing.
pub(super) fn check(stored: &SecretHash, before: Option<&SecretHash>, given: &str) -> bool {
    let given = Secret::presented(given).hash();
    let (now, old) = (stored.matches(&given), before.is_some_and(|before| before.matches(&given)));
    now | old
}
