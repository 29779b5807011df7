//! Forwards, by proof of a decision only, and streams the answer back.

use std::sync::Arc;
use std::time::Duration;

use http::uri::{PathAndQuery, Scheme, Uri};
use http::{Request, Response, StatusCode, Version, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use policies::Allowed;
use tokio_util::sync::CancellationToken;

use super::rewrite::{self, Place};
use super::strip::{Upgrade, nominated};
use crate::body::Sent;
use crate::error::{Asks, Outage, Refusal};
use crate::registry::Site;
use crate::session::{Cookie, Live};
use crate::upstream::tunnel;
use crate::words::clock_time;
use crate::{Body, BoxError, Inner};

/// Longest wait for the first byte of an answer to a request without a body.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longest wait for the first byte of an answer to an upload, the upload itself included.
const UPLOAD: Duration = Duration::from_secs(30 * 60);

/// Sends the request to the site's own server. `_allowed` is why it may be sent.
pub(crate) async fn forward(
    inner: &Inner,
    mut request: Request<Sent>,
    _allowed: Allowed,
    site: &Arc<Site>,
    session: Option<Arc<Live>>,
) -> Result<Response<Body>, Refusal> {
    let away = || away(inner, site);
    let permit = site.budget.clone().try_acquire_owned().map_err(|_| Refusal::SiteBusy)?;
    let place = Place { _permit: permit, _session: session.clone() };
    let authority = site.upstream.clone().ok_or_else(away)?;
    let page = Asks::of(request.headers()).navigates && site.entry.bar && session.is_some();
    let upgrade = request.extensions().get::<Arc<Upgrade>>().is_some();
    let down = upgrade.then(|| hyper::upgrade::on(&mut request));
    if page {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    parts.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| away())?;
    *request.version_mut() = Version::HTTP_11;
    let patience = if request.body().is_end_stream() { PATIENCE } else { UPLOAD };
    let ends = stream_end(inner, session.as_deref());
    let sent = tokio::select! {
        sent = tokio::time::timeout(patience, inner.upstream.send(request)) => sent,
        // Uploads and long polls end with their session, too (H-24).
        () = ends.cancelled() => return Err(Refusal::Ended),
    };
    let mut answer = match sent {
        Ok(Ok(answer)) => answer,
        Ok(Err(problem)) => {
            tracing::warn!(site = %site.entry.slug, %problem, "upstream");
            // A body that its sender broke off says nothing about the server.
            return Err(if problem.is_connect() { away() } else { unanswered(inner, site) });
        }
        Err(_) => return Err(away()),
    };
    site.answered();
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        let Some(down) = down else { return Err(away()) };
        let up = hyper::upgrade::on(&mut answer);
        tokio::spawn(async move {
            tunnel(down, up, ends).await;
            drop(place);
        });
        let (parts, _) = answer.into_parts();
        return Ok(Response::from_parts(parts, crate::body::full("")));
    }
    let (mut parts, body) = answer.into_parts();
    clean(&mut parts.headers);
    let body = body.map_err(BoxError::from).boxed_unsync();
    let body = rewrite::ending(body, ends, place);
    if page && rewrite::is_page(&parts) {
        return Ok(rewrite::with_bar(parts, body));
    }
    Ok(Response::from_parts(parts, body))
}

/// Its server cannot be reached; from now on it counts as down.
fn away(inner: &Inner, site: &Site) -> Refusal {
    site.failed(inner.ports.clock.now());
    unanswered(inner, site)
}

fn unanswered(inner: &Inner, site: &Site) -> Refusal {
    let entry = &site.entry;
    Refusal::UpstreamAway(Box::new(Outage {
        site: entry.name.clone(),
        since: site.down_before(inner.ports.clock.now()).map(clock_time),
        told: site.told().map(clock_time),
        dsl: entry.dsl_contact.clone(),
        phone: entry.support_phone.clone(),
        form: format!("{}/concern-form?site={}", inner.settings.issuer, entry.slug),
    }))
}

/// What ends an open stream: the session's end, or the end of elevated access if it was opened with it.
fn stream_end(inner: &Inner, session: Option<&Live>) -> CancellationToken {
    match session {
        Some(live) if live.is_elevated(inner.ports.clock.now()) => live.dropped.clone(),
        Some(live) => live.ended.clone(),
        None => CancellationToken::new(),
    }
}

/// What an upstream may not say for us: hop-by-hop headers, our cookies (G-33); and what is private stays so (INV-6).
fn clean(headers: &mut http::HeaderMap) {
    for name in nominated(headers) {
        headers.remove(name);
    }
    // `Clear-Site-Data: "cookies"` would sign people out of every school of the registrable domain.
    for name in [
        "clear-site-data",
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ] {
        headers.remove(name);
    }
    if let header::Entry::Occupied(cookies) = headers.entry(header::SET_COOKIE) {
        let (name, values) = cookies.remove_entry_mult();
        let kept: Vec<_> = values.filter(|value| !Cookie::is_ours(value.as_bytes())).collect();
        for value in kept {
            headers.append(name.clone(), value);
        }
    }
    headers.entry(header::CACHE_CONTROL).or_insert(header::HeaderValue::from_static("no-store"));
}
