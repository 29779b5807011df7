//! Takes away everything that a client could have made up: hop-by-hop headers, identity headers in any spelling, our
//! cookies, forwarding headers, method overrides. Deleting comes before adding, always (H-01 to H-06, H-15, G-17).

use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Request};

use super::refuse::Target;
use crate::Inner;
use crate::error::Refusal;
use crate::session::Cookie;

const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "proxy-connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "proxy-authorization",
    "proxy-authenticate",
];

/// Headers with which a client could pretend to be a proxy or another method.
const PRETENDED: [&str; 18] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-forwarded-uri",
    "x-forwarded-prefix",
    "x-forwarded-server",
    "x-original-url",
    "x-original-uri",
    "x-original-host",
    "x-rewrite-url",
    "x-real-ip",
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-forwarded-user",
    "remote-user",
];

/// What has to be kept to pass a WebSocket on.
pub(crate) struct Upgrade;

/// Strips a request.
pub(crate) fn strip<B>(inner: &Inner, mut request: Request<B>, target: &Target) -> Result<Request<B>, Refusal> {
    let websocket = is_websocket(request.headers());
    if websocket && !same_origin(inner, request.headers(), target) {
        return Err(Refusal::ForeignOrigin);
    }
    let headers = request.headers_mut();
    let nominated = nominated(headers);
    let doomed: Vec<HeaderName> = headers
        .keys()
        .filter(|name| {
            let plain = name.as_str();
            HOP_BY_HOP.contains(&plain) || is_ours(plain) || pretends(plain) || nominated.contains(name)
        })
        .cloned()
        .collect();
    for name in doomed {
        headers.remove(name);
    }
    strip_cookies(headers);
    strip_own_token(headers);
    if websocket {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        request.extensions_mut().insert(std::sync::Arc::new(Upgrade));
    }
    Ok(request)
}

/// Names that `Connection` declares hop by hop (RFC 9110 §7.6.1).
pub(crate) fn nominated(headers: &HeaderMap) -> Vec<HeaderName> {
    let listed = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

/// CGI and WSGI turn hyphens, underscores and dots into the same name (H-02).
fn folded(name: &str) -> String {
    name.replace(['_', '.'], "-").to_ascii_lowercase()
}

fn is_ours(name: &str) -> bool {
    let name = folded(name);
    name.starts_with("x-lanyard-") || name.starts_with("http-x-lanyard-")
}

fn pretends(name: &str) -> bool {
    PRETENDED.contains(&folded(name).as_str())
}

/// Whether the client wants a WebSocket, and nothing else.
fn is_websocket(headers: &HeaderMap) -> bool {
    let says = |name: HeaderName, word: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word)))
    };
    says(header::CONNECTION, "upgrade") && says(header::UPGRADE, "websocket")
}

/// A WebSocket carries cookies from any page: only the site's own may open one (H-23).
fn same_origin(inner: &Inner, headers: &HeaderMap, target: &Target) -> bool {
    let slug = target.host.split('.').next().unwrap_or_default();
    let own = inner.settings.origin_of(slug);
    headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).is_some_and(|origin| origin == own)
}

/// Removes our cookies and leaves the site's (H-15).
fn strip_cookies(headers: &mut HeaderMap) {
    let kept: Vec<&[u8]> = headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|b| *b == b';'))
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty() && !Cookie::is_ours(pair))
        .collect();
    let kept = kept.join(&b"; "[..]);
    headers.remove(header::COOKIE);
    if !kept.is_empty()
        && let Ok(value) = HeaderValue::from_bytes(&kept)
    {
        headers.insert(header::COOKIE, value);
    }
}

/// A token of ours is nobody else's business, nor its proof; the upstream gets the assertion instead.
fn strip_own_token(headers: &mut HeaderMap) {
    let begins = |value: &HeaderValue, scheme: &[u8]| {
        value.as_bytes().get(..scheme.len()).is_some_and(|own| own.eq_ignore_ascii_case(scheme))
    };
    let is_token = |value: &HeaderValue| begins(value, b"bearer ") || begins(value, b"dpop ");
    if headers.get_all(header::AUTHORIZATION).iter().any(is_token) {
        headers.remove(header::AUTHORIZATION);
    }
    headers.remove(super::token::DPOP);
}
