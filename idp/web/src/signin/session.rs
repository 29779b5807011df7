//! How long a session still lasts, for the page that warns before it ends; and one press that keeps it (WCAG 2.2.1).

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

use crate::browser::Visitor;
use crate::cookies::Cookie;
use crate::{PageError, Web};

/// What the page is told.
#[derive(Serialize)]
pub(crate) struct Lasts {
    /// Seconds until it ends when nothing is done; none are left when it is over.
    left: i64,
    /// How many are left when the page warns.
    warn: i64,
}

/// Looks, which is no use: a page that asks keeps nobody signed in (S-10).
pub(crate) async fn look(State(web): State<Web>, headers: HeaderMap) -> Result<Json<Lasts>, PageError> {
    let cookie = Cookie::Session.read(&headers, &web.settings);
    let (left, warn) = web.signin.lasts(cookie.as_ref()).await?;
    Ok(Json(Lasts { left, warn }))
}

/// Keeps it.
pub(crate) async fn keep(
    State(web): State<Web>,
    headers: HeaderMap,
    Visitor(visitor): Visitor,
) -> Result<Json<Lasts>, PageError> {
    if let Some((session, _)) = &visitor {
        web.signin.context.store.touch_session(&session.hash, web.signin.context.now()).await?;
    }
    look(State(web), headers).await
}
