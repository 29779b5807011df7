//! The console of trusts and sites.

use axum::Router;

use crate::Web;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
}
