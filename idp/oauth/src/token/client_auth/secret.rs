//! `client_secret_basic` and `client_secret_post`: a long random secret, compared by its hash in constant time (I-21).

use idp_domain::{Secret, SecretHash};

pub(super) fn check(stored: &SecretHash, given: &str) -> bool {
    Secret::presented(given).hash().matches(stored)
}
