//! Signing in and out, first and forgotten password, support: the pages for people who are not signed in yet.

mod ask_access;
mod attempt;
mod begin;
mod concern_form;
mod day_pass;
mod feedback;
mod first_time;
mod form;
mod help;
mod key;
mod language;
mod link;
mod lost;
mod new_browser;
mod rescue;
mod session;
mod signout;
mod status;
mod support;
mod upstream;

use axum::Router;
use axum::routing::{get, post};

use crate::Web;

pub(crate) use attempt::{find, forward};
pub(crate) use begin::{Way, let_in, stepped_up};
pub(crate) use form::password_words;
pub(crate) use key::{code_fault, code_words};
pub(crate) use link::{NewPassword, lasted, link_fault, password_fault};
pub(crate) use signout::{cleared, leave, told};
pub(crate) use support::inbox;
pub(crate) use upstream::in_words;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/signin", get(form::show_form).post(form::submit))
        .route("/signin/key", get(key::show_form).post(key::submit))
        .route("/signin/with-passkey", post(form::submit_passkey))
        .route("/signin/browser", get(new_browser::show_form).post(new_browser::submit))
        .route("/signin/browser/resend", post(new_browser::resend))
        .route("/signin/upstream", post(upstream::begin))
        .route("/signin/upstream/callback", get(upstream::callback))
        .route("/signin/passkey", post(key::submit_passkey))
        .route("/signin/lost", get(lost::show_form).post(lost::submit))
        .route("/signin/lost/report", post(lost::report))
        .route("/first-time", get(first_time::show_form).post(first_time::submit))
        .route("/first-time/code", post(first_time::by_code))
        .route("/first-time/check", post(first_time::ask_school))
        .route("/link/again", post(link::send_again))
        .route("/link", get(link::look).post(link::open))
        .route("/link/password", post(link::set))
        .route("/signout", get(signout::ask).post(signout::submit))
        .route("/signed-out", get(signout::done))
        .route("/session", get(session::look).post(session::keep))
        .route("/ask-access", get(ask_access::show_form).post(ask_access::submit))
        .route("/language", post(language::choose))
        .route("/feedback", post(feedback::take))
        .route("/pass", get(day_pass::show_form).post(day_pass::submit))
        .route("/status", get(status::show_status))
        .route("/concern-form", get(concern_form::show_form))
        .route("/rescue", get(rescue::look).post(rescue::decide))
        .route("/help", get(help::list))
        .route("/help/{sheet}", get(help::sheet))
        .route("/accessibility", get(help::accessibility))
        .route("/support", get(support::show_form).post(support::submit))
}
