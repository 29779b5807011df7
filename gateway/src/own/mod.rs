//! `/.lanyard/` on every site host: ours, whatever the upstream would say. It shows no tokens (H-16).

mod alerts;
mod bar_js;
mod elevate;
mod events;
mod home;
mod signout;
mod whoami;

pub(crate) use whoami::jwks;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Limited};

use crate::body::Sent;
use crate::error::Refusal;
use crate::login::{self, redirect};
use crate::origin::is_own_form;
use crate::registry::Site;
use crate::session::Live;
use crate::{Body, Inner, held, phases};

/// Most bytes of a body sent to us.
const MOST: usize = 64 * 1024;

/// Longest wait for such a body (D-02).
const BODY: Duration = Duration::from_secs(15);

/// The table of our addresses. `path` is what follows `/.lanyard`.
pub(crate) async fn answer(
    inner: &Inner,
    request: Request<Sent>,
    site: &Arc<Site>,
    path: &str,
) -> Result<Response<Body>, Refusal> {
    let headers = request.headers().clone();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let method = request.method().clone();
    if path == "/events" && method == Method::POST {
        return events::receive(inner, read(request).await?).await;
    }
    if method == Method::GET {
        match path {
            "/callback" => return login::finish(inner, &headers, &query, site).await,
            "/login" => return login::initiate(inner, &headers, &query, site).await,
            "/bar.js" => return Ok(bar_js::script()),
            "/alerts" => return alerts::answer(inner, &headers, site).await,
            _ => {}
        }
    } else if method != Method::HEAD && !is_own_form(&inner.settings, &headers, &site.entry.slug) {
        return Err(Refusal::ForeignOrigin);
    }
    let session = phases::session::find(inner, &headers, site).await?;
    match (&method, path) {
        (&Method::GET, "/whoami") | (&Method::POST, "/stay") => Ok(match session.as_deref() {
            None => whoami::nobody(inner, site, &headers),
            Some(live) if method == Method::POST => whoami::stay(inner, site, live),
            Some(live) => whoami::answer(inner, site, live, &query),
        }),
        (&Method::GET, "" | "/") => Ok(home::page(inner, site, session.as_deref())),
        (&Method::GET, "/switch") => Ok(redirect(&format!("{}/", inner.settings.issuer))),
        (&Method::GET, "/elevate") => Ok(elevate::ask(site, session.as_deref(), &query)),
        (&Method::POST, "/elevate") => elevate::begin(inner, &headers, site, session, read(request).await?).await,
        (&Method::POST, "/drop") => elevate::drop_back(inner, session).await,
        (&Method::POST, "/signout") => signout::end(inner, session).await,
        (&Method::GET, "/held") => offered(inner, &headers, &query, (site, session)).await,
        _ => Err(Refusal::NotFound),
    }
}

/// One pushed event, from wherever it came.
pub(crate) async fn receive_event(inner: &Inner, token: String) -> bool {
    events::receive(inner, token).await.is_ok_and(|answer| answer.status() == http::StatusCode::ACCEPTED)
}

/// How many alerts wait for somebody at a site; `token` is the provider's and says who it is.
pub(crate) async fn alerts_at(inner: &Inner, slug: &str, token: &str) -> Option<u32> {
    alerts::waiting(inner, &*inner.registry.site(slug)?, token).await
}

async fn offered(
    inner: &Inner,
    headers: &HeaderMap,
    query: &str,
    (site, session): (&Site, Option<Arc<Live>>),
) -> Result<Response<Body>, Refusal> {
    match session {
        Some(live) => held::offer(inner, query, site, &live).await,
        None => {
            let return_to = format!("/.lanyard/held?{query}");
            login::start(inner, headers, site, login::Start::sign_in(return_to)).await
        }
    }
}

async fn read(request: Request<Sent>) -> Result<String, Refusal> {
    let body = tokio::time::timeout(BODY, Limited::new(request.into_body(), MOST).collect()).await;
    let body = body.map_err(|_| Refusal::Malformed(http::StatusCode::REQUEST_TIMEOUT))?;
    let bytes = body.map_err(|_| Refusal::Malformed(http::StatusCode::PAYLOAD_TOO_LARGE))?.to_bytes();
    String::from_utf8(bytes.to_vec()).map_err(|_| Refusal::Malformed(http::StatusCode::BAD_REQUEST))
}
