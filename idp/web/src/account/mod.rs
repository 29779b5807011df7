//! A person's own pages: my sites, account settings, security keys, browsers, access, activity.

mod access;
mod accounts;
mod alerts;
mod browsers;
mod contact;
mod display;
mod join;
mod keys;
mod notices;
mod passkey;
mod printed;
mod requests;
mod settings;
mod sites;
mod soft_key;
mod undo;

use axum::Router;
use axum::routing::{get, post};

use crate::Web;

pub use alerts::{Alerts, AskSite};
pub(crate) use sites::roles;

/// How long somebody who came back without a key may change keys, in minutes.
pub(crate) const RECOVERED_MINUTES: i64 = idp_signin::factors::recovery::RECOVERED / 60;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/", get(sites::show_sites))
        .route("/start", get(sites::start))
        .route("/switcher", get(sites::switcher))
        .route("/me", get(settings::show_settings))
        .route("/me/name", get(settings::show_name).post(settings::save_name))
        .route("/me/contact", get(contact::show_contact).post(contact::save_contact))
        .route("/me/password", get(settings::show_password).post(settings::save_password))
        .route("/me/address", get(settings::show_address).post(settings::ask_address))
        .route("/me/address/code", post(settings::save_address))
        .route("/me/address/alias", post(settings::remove_alias))
        .route("/me/browsers", get(browsers::list).post(browsers::end))
        .route("/me/apps/disconnect", post(browsers::disconnect))
        .route("/me/display", get(display::show_form).post(display::save))
        .route("/me/notifications", get(notices::list).post(notices::read))
        .route("/me/requests", get(requests::list))
        .route("/me/requests/app", post(requests::answer))
        .route("/me/accounts", get(accounts::list).post(accounts::link))
        .route("/me/accounts/unlink", post(accounts::unlink))
        .route("/me/join", get(join::begin).post(join::proven))
        .route("/me/join/other", get(join::look).post(join::join))
        .route("/me/access", get(access::explain))
        .route("/me/activity", get(access::activity))
        .route("/me/recovery-codes", get(printed::ask_recovery).post(printed::make_recovery))
        .route("/me/keys", get(keys::list).post(keys::change))
        .route("/me/keys/first", get(keys::first))
        .route("/me/keys/add", get(keys::choose))
        .route("/me/keys/soft", get(soft_key::begin).post(soft_key::submit))
        .route("/me/keys/passkey", get(passkey::begin).post(passkey::submit))
        .route("/me/keys/card", get(printed::ask_card).post(printed::make_card))
        .route("/undo-address", get(undo::look).post(undo::submit))
}
