//! Signing in and out, first and forgotten password, support: the pages for people who are not signed in yet.

mod attempt;
mod first_time;
mod form;
mod key;
mod link;
mod signout;
mod support;

use axum::Router;
use axum::routing::get;

use crate::Web;

pub(crate) use attempt::forward;
pub(crate) use key::code_words;
pub(crate) use signout::cleared;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/signin", get(form::show_form).post(form::submit))
        .route("/signin/key", get(key::show_form).post(key::submit))
        .route("/signin/passkey", axum::routing::post(key::submit_passkey))
        .route("/first-time", get(first_time::show_form).post(first_time::submit))
        .route("/link", get(link::look).post(link::open))
        .route("/link/password", axum::routing::post(link::set))
        .route("/signout", get(signout::ask).post(signout::submit))
        .route("/signed-out", get(signout::done))
        .route("/support", get(support::show_form).post(support::submit))
}
