//! Discovery and keys: the same for every caller, whatever Host it asks by (I-32).

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::Web;

const CACHE: [(header::HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "public, max-age=300"), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")];

pub(crate) async fn metadata(State(web): State<Web>) -> Response {
    (CACHE, Json(web.provider.metadata())).into_response()
}

pub(crate) async fn jwks(State(web): State<Web>) -> Response {
    (CACHE, Json(web.provider.keys.jwks())).into_response()
}
