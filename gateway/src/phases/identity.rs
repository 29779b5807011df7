//! Adds what we vouch for: identity headers, the signed assertion, and how the request came to us.

use http::{HeaderValue, Request, header};

use crate::Inner;
use crate::error::Refusal;
use crate::identity;
use crate::registry::Site;
use crate::session::Live;

/// Adds identity.
pub(crate) fn add<B>(
    inner: &Inner,
    mut request: Request<B>,
    site: &Site,
    session: Option<&Live>,
) -> Result<Request<B>, Refusal> {
    let headers = request.headers_mut();
    let origin = inner.settings.origin_of(&site.entry.slug);
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    let host = HeaderValue::from_str(host).map_err(|_| Refusal::NotFound)?;
    headers.insert(header::HOST, host.clone());
    headers.insert("x-forwarded-host", host);
    let scheme = if inner.settings.secure { "https" } else { "http" };
    headers.insert("x-forwarded-proto", HeaderValue::from_static(scheme));
    if let Some(live) = session {
        identity::headers::add(inner, headers, site, live);
        if let Some(assertion) = identity::assertion::of(inner, site, live) {
            headers.insert("x-lanyard-assertion", assertion);
        }
    }
    Ok(request)
}
