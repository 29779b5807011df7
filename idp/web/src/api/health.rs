//! Whether the process runs, and whether it can do its work.

use axum::extract::State;
use axum::http::StatusCode;

use crate::Web;

pub(crate) async fn live() -> &'static str {
    "live\n"
}

pub(crate) async fn ready(State(web): State<Web>) -> (StatusCode, &'static str) {
    match web.signin.context.store.sites_version().await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n"),
    }
}
