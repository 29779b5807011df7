//! A gateway tells that a site's own server does not answer; the site's support is told, once in a while.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use idp_domain::{Slug, Timestamp};
use idp_store::Effects;
use idp_store::mails::{Mail, MailKind};
use serde::Deserialize;
use serde_json::json;

use crate::oauth::{Sender, refused};
use crate::signin::inbox;
use crate::{PageError, Web};

/// Seconds in which support is told of a site once, however often it comes and goes.
const ONCE_IN: i64 = 3600;

#[derive(Deserialize)]
pub(crate) struct Down {
    site: Slug,
    /// Since when, in seconds.
    since: i64,
}

pub(crate) async fn note(State(web): State<Web>, sender: Sender, Json(down): Json<Down>) -> Response {
    if let Err(error) = web.provider.gateway(sender.bearing(("POST", "/gateway/v1/down"))).await {
        return refused(&error);
    }
    match tell(&web, &down).await {
        Ok(told_at) => Json(json!({ "told_at": told_at.0 })).into_response(),
        Err(error) => error.into_response(),
    }
}

/// When support was told of this outage, or of another one of the same site a moment ago.
async fn tell(web: &Web, down: &Down) -> Result<Timestamp, PageError> {
    let (context, now) = (&web.signin.context, web.signin.context.now());
    let site = context.store.site_by_slug(&down.site).await?.ok_or(PageError::NotFound)?;
    let counter = format!("site-down:{}", site.slug);
    let before = context.store.short.failures(&counter).await?;
    if before.failures > 0 && now.since(before.last_at) < ONCE_IN {
        return Ok(before.last_at);
    }
    let what = MailKind::SiteDown { site: site.name.clone(), since: Timestamp(down.since).min(now) };
    let mail = Mail::to_inbox(inbox(web, Some(&site)).await?, what);
    context.store.record(Effects::none().mail(mail)).await?;
    // Counted once it is written: what could not be written is tried again.
    context.store.short.count_failure(&counter, now, ONCE_IN).await?;
    Ok(now)
}
