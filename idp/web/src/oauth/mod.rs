//! The protocol's addresses: thin handlers over `idp/oauth`.

mod authorize;
mod consent;
mod cors;
mod device;
mod discovery;
mod logout;
mod register;
mod sender;
mod ssf;
mod token;

use axum::Router;
use axum::routing::{get, post};

use crate::Web;

pub(crate) use consent::facts_of;
pub(crate) use sender::Sender;
pub(crate) use token::refused;

/// Addresses that a browser visits.
pub(crate) fn pages() -> Router<Web> {
    Router::new()
        .route("/authorize", get(authorize::by_query).post(authorize::by_form))
        .route("/authorize/resume", get(authorize::resume))
        .route("/device", get(device::show_form).post(device::submit))
        .route("/consent", get(consent::ask).post(consent::submit))
        .route("/logout", get(logout::by_query).post(logout::by_form))
}

/// Addresses that programs call.
pub(crate) fn machines() -> Router<Web> {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery::metadata))
        .route("/.well-known/ssf-configuration", get(ssf::metadata))
        .route(
            "/ssf/stream",
            get(ssf::stream).post(ssf::stream).patch(ssf::stream).put(ssf::stream).delete(ssf::stream),
        )
        .route("/ssf/status", get(ssf::status).post(ssf::set_status))
        .route("/ssf/verify", post(ssf::verify))
        .route("/ssf/poll", post(ssf::poll))
        .route("/ssf/subjects/add", post(ssf::add_subject))
        .route("/ssf/subjects/remove", post(ssf::remove_subject))
        .route("/jwks", get(discovery::jwks))
        .route("/token", post(token::token).options(cors::preflight))
        .route("/register", post(register::register))
        .route("/par", post(token::push).options(cors::preflight))
        .route("/device_authorization", post(token::device))
        .route("/bc-authorize", post(token::ask_person))
        .route("/revoke", post(token::revoke).options(cors::preflight))
        .route("/introspect", post(token::introspect))
        .route("/userinfo", get(token::userinfo).post(token::userinfo).options(cors::preflight))
}
