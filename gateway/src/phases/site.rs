//! The site of a Host. An unknown one gets the same answer whatever it is; there is no first site (G-08). One that a site
//! had before leads on to where it is now, for ever.

use std::sync::Arc;

use http::{HeaderValue, Method, Request, Response, StatusCode, header};

use super::refuse::Target;
use crate::body::Sent;
use crate::error::Refusal;
use crate::registry::Site;
use crate::{Body, Inner, body, held};

/// Where a host leads.
pub(crate) enum Found {
    /// To this site.
    Here(Arc<Site>),
    /// To this one, which had another address before: this slug.
    Moved(Arc<Site>, String),
}

/// Finds the site.
pub(crate) fn find(inner: &Inner, target: &Target) -> Result<Found, Refusal> {
    let pattern = host_pattern(&inner.settings.site_origin);
    let (before, after) = pattern.split_once("{slug}").ok_or(Refusal::UnknownSite)?;
    let slug = target.host.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    let slug = slug.filter(|slug| !slug.contains('.')).ok_or(Refusal::UnknownSite)?;
    if let Some(site) = inner.registry.site(slug) {
        return Ok(Found::Here(site));
    }
    let site = inner.registry.moved(slug).ok_or(Refusal::UnknownSite)?;
    Ok(Found::Moved(site, slug.to_owned()))
}

/// Leads on. What somebody typed on a page that lay open while its site moved is held for them there.
pub(crate) async fn lead_on(
    inner: &Inner,
    request: Request<Sent>,
    site: &Site,
    old: &str,
) -> Result<Response<Body>, Refusal> {
    let mut path = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let mut status = StatusCode::PERMANENT_REDIRECT;
    if *request.method() == Method::POST {
        path = held::hold(inner, request, (site, old), None).await?.unwrap_or_else(|| "/".to_owned());
        status = StatusCode::SEE_OTHER;
    }
    let mut response = Response::new(body::full(""));
    *response.status_mut() = status;
    let to = HeaderValue::from_str(&format!("{}{path}", inner.settings.origin_of(&site.entry.slug)));
    response.headers_mut().insert(header::LOCATION, to.map_err(|_| Refusal::NotFound)?);
    // A site may get its old address back.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The host part of `https://{slug}.example.org:8443`.
fn host_pattern(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    host.split_once(':').map_or(host, |(host, _)| host)
}
