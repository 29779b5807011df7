//! A person's own pages: my sites, account settings, security keys, activity.

mod keys;
mod passkey;
mod settings;
mod sites;
mod soft_key;

use axum::Router;
use axum::routing::{get, post};

use crate::Web;

pub(crate) use sites::roles;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/", get(sites::show_sites))
        .route("/switcher", get(sites::switcher))
        .route("/me", get(settings::show_settings))
        .route("/me/keys", get(keys::list))
        .route("/me/keys/first", get(keys::first))
        .route("/me/keys/add", get(keys::choose))
        .route("/me/keys/remove", post(keys::remove))
        .route("/me/keys/soft", get(soft_key::begin).post(soft_key::submit))
        .route("/me/keys/passkey", get(passkey::begin).post(passkey::submit))
}
