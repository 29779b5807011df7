//! A gateway tells that a site's own server does not answer; the site's support is told, once in a while.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use idp_domain::{Slug, Timestamp};
use idp_signin::throttle::within_budget;
use idp_store::Effects;
use idp_store::mails::{Mail, MailKind};
use serde::Deserialize;

use crate::oauth::{bearing, refused};
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

pub(crate) async fn note(State(web): State<Web>, headers: HeaderMap, Json(down): Json<Down>) -> Response {
    if let Err(error) = web.provider.gateway(bearing(&headers, ("POST", "/gateway/v1/down"))).await {
        return refused(&error);
    }
    match tell(&web, &down).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => error.into_response(),
    }
}

async fn tell(web: &Web, down: &Down) -> Result<(), PageError> {
    let context = &web.signin.context;
    let site = context.store.site_by_slug(&down.site).await?.ok_or(PageError::NotFound)?;
    if !within_budget(context, &format!("site-down:{}", site.slug), 1, ONCE_IN).await? {
        return Ok(());
    }
    let since = Timestamp(down.since).min(context.now());
    let what = MailKind::SiteDown { site: site.name.clone(), since };
    let (name, language, sender) = ("support".to_owned(), idp_domain::Language::En, String::new());
    let mail = Mail { to: inbox(web, Some(&site)).await?, name, what, language, sender, person: None };
    Ok(context.store.record(Effects::none().mail(mail)).await?)
}
