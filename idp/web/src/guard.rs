//! What stands before every page: forms come from our own pages only, and every answer carries the safe headers.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::{PageError, Web};

/// Refuses a form that another origin sends. `same-site` is not trusted: a school's own page is one (L-07).
pub(crate) async fn same_origin(State(web): State<Web>, request: Request, next: Next) -> Result<Response, PageError> {
    if is_own(&web, &request) { Ok(next.run(request).await) } else { Err(PageError::ForeignForm) }
}

fn is_own(web: &Web, request: &Request) -> bool {
    if *request.method() == Method::GET || *request.method() == Method::HEAD {
        return true;
    }
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    // Where a browser says which page a form is from, that is the answer: with `no-referrer` its Origin is `null`.
    let own = match header("sec-fetch-site") {
        Some(from) => from == "same-origin",
        None => header("origin").is_some_and(|origin| origin == web.provider.issuer),
    };
    // The authorization endpoint takes POST from anywhere (OpenID Connect Core §3.1.2.1); it changes nothing by itself.
    own || ["/authorize", "/logout"].contains(&request.uri().path())
}

/// Turns what an extractor says about a missing part into a page in plain words.
pub(crate) async fn in_words(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let plain =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    match response.status().as_u16() {
        413 if plain => PageError::TooLarge.into_response(),
        400 | 415 | 422 if plain => PageError::Incomplete.into_response(),
        _ => response,
    }
}

/// What a page may frame: origins. Pages without it frame nothing.
#[derive(Clone)]
pub(crate) struct Frames(pub String);

/// Adds the headers that every answer needs (L-08).
pub(crate) async fn headers(State(web): State<Web>, request: Request, next: Next) -> Response {
    let in_frame = request.uri().path() == "/switcher";
    let mut response = next.run(request).await;
    let frames = response.extensions_mut().remove::<Frames>().map(|Frames(origins)| format!("; frame-src {origins}"));
    let headers = response.headers_mut();
    let set = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (
            header::HeaderName::from_static("permissions-policy"),
            "publickey-credentials-get=(self), camera=(), microphone=()",
        ),
    ];
    for (name, value) in set {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    // Sites may frame the list of sites; nothing may frame anything else. `form-action` is left out on purpose: after a
    // form, browsers apply it to the redirect back to a client as well.
    let ancestors = if in_frame { web.settings.address_of("*") } else { "'none'".to_owned() };
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; frame-ancestors {ancestors}{}",
        frames.unwrap_or_default()
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if web.settings.secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}
