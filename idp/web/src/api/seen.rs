//! A gateway tells which sessions were used at its sites, so that work at a school keeps the person signed in.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use idp_domain::Timestamp;

use crate::Web;
use crate::oauth::{Sender, refused};

/// `sid` → when it was last used, in seconds. A time that is still to come counts as now.
pub(crate) async fn note(State(web): State<Web>, sender: Sender, Json(uses): Json<HashMap<String, i64>>) -> Response {
    if let Err(error) = web.provider.gateway(sender.bearing(("POST", "/gateway/v1/seen"))).await {
        return refused(&error);
    }
    let now = web.signin.context.now();
    let uses: Vec<(String, Timestamp)> = uses.into_iter().map(|(sid, at)| (sid, Timestamp(at).min(now))).collect();
    match web.signin.context.store.touch_sids(&uses).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error.into()),
    }
}
