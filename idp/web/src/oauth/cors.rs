//! Cross-origin calls of apps that run in a browser (Fetch standard §3.3): from the origins of a client's own redirect
//! addresses, without cookies, and from nowhere else (I-34).

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use idp_domain::client::{Client, ClientKind};

use crate::{PageError, Web};

/// What a page of an app may send along, and read.
const SENT: &str = "authorization, content-type, dpop";
const READ: &str = "dpop-nonce, www-authenticate";
/// Seconds for which a browser may keep the answer to its question.
const KEPT: &str = "600";

/// Whether an origin is one to which a client sends people back.
fn is_own(client: &Client, origin: &str) -> bool {
    let origin_of = |address: &String| url::Url::parse(address).ok().map(|url| url.origin().ascii_serialization());
    client.kind == ClientKind::App && client.redirect_uris.iter().filter_map(origin_of).any(|own| own == origin)
}

/// A browser asks whether a page may call: it does not say for which client, so any app of that origin will do.
pub(crate) async fn preflight(State(web): State<Web>, headers: HeaderMap) -> Result<Response, PageError> {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
    let known =
        web.signin.context.store.clients().await?.iter().any(|client| !client.disabled && is_own(client, origin));
    let mut response = StatusCode::NO_CONTENT.into_response();
    if known {
        allow(&mut response, origin);
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(SENT));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(KEPT));
    }
    Ok(response)
}

/// Lets the page that called read an answer, if the client is one of its origin.
pub(crate) async fn readable(web: &Web, headers: &HeaderMap, client: Option<&str>, mut response: Response) -> Response {
    let Some(origin) = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()) else { return response };
    let client = match client {
        Some(id) => web.signin.context.store.client(id).await.ok().flatten(),
        None => None,
    };
    if client.is_some_and(|client| is_own(&client, origin)) {
        allow(&mut response, origin);
    }
    response
}

fn allow(response: &mut Response, origin: &str) {
    let headers = response.headers_mut();
    if let Ok(origin) = HeaderValue::from_str(origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(READ));
    }
    // What is said depends on who asks.
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}
