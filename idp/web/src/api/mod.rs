//! Addresses for gateways and operators.

mod down;
mod health;
mod registry;
mod seen;

use axum::Router;
use axum::routing::{get, post};

use crate::Web;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/gateway/v1/sites", get(registry::sites))
        .route("/gateway/v1/seen", post(seen::note))
        .route("/gateway/v1/down", post(down::note))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
}
