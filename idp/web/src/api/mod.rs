//! Addresses for gateways and operators.

mod health;
mod registry;

use axum::Router;
use axum::routing::get;

use crate::Web;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/gateway/v1/sites", get(registry::sites))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
}
