//! Token, revocation, introspection, pushed requests, userinfo: JSON in the forms of their standards.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use idp_oauth::OAuthError;
use idp_oauth::introspection::Introspection;
use idp_oauth::token::TokenRequest;
use idp_oauth::userinfo::Userinfo;
use serde_json::json;

use super::cors::readable;
use super::sender::{DPOP, Sender};
use crate::Web;

/// Media type of a signed introspection (RFC 9701 §4).
const SIGNED_INTROSPECTION: &str = "application/token-introspection+jwt";

/// The one table from an [`OAuthError`] to an answer of a program's address.
pub(crate) fn refused(error: &OAuthError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = Json(json!({ "error": error.code, "error_description": error.description }));
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")], body).into_response();
    let challenge = match error.code {
        "invalid_client" => Some("Basic realm=\"lanyard\""),
        "invalid_token" => Some("Bearer error=\"invalid_token\""),
        "insufficient_scope" => Some("Bearer error=\"insufficient_scope\""),
        _ => None,
    };
    if let Some(challenge) = challenge {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response
}

/// The same where a token is used: what is wrong with a proof is then a challenge (RFC 9449 §7.1 and §9).
fn refused_at_resource(error: &OAuthError) -> Response {
    let mut response = refused(error);
    let challenge = match error.code {
        "use_dpop_nonce" => "DPoP error=\"use_dpop_nonce\"",
        "invalid_dpop_proof" => "DPoP error=\"invalid_dpop_proof\"",
        _ => return response,
    };
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

/// Answers a client: its makers are told what was wrong, and a page of its own origin may read it.
async fn answered<T>(
    web: &Web,
    (path, sender, body): (&'static str, &Sender, &str),
    run: impl AsyncFnOnce(TokenRequest<'_>) -> Result<T, OAuthError>,
    shown: impl FnOnce(T) -> Response,
) -> Response {
    let request = match sender.request(body) {
        Ok(request) => request,
        Err(error) => return refused(&error),
    };
    let client = request.claimed_client();
    let redirect_uri = request.params.get("redirect_uri").unwrap_or_default().to_owned();
    let answer = run(request).await;
    if let Err(error) = &answer {
        web.errors.note(client.as_deref(), web.signin.context.now(), (path, &redirect_uri), error);
    }
    let response = answer.map_or_else(|error| refused(&error), shown);
    readable(web, &sender.headers, client.as_deref(), with_nonce(web, &sender.headers, response)).await
}

/// Whoever sent a proof learns the nonce for the next one (RFC 9449 §8.2).
fn with_nonce(web: &Web, headers: &HeaderMap, mut response: Response) -> Response {
    if headers.contains_key(DPOP)
        && let Ok(nonce) = HeaderValue::from_str(&web.provider.dpop_nonce())
    {
        response.headers_mut().insert(HeaderName::from_static("dpop-nonce"), nonce);
    }
    response
}

pub(super) fn no_store(response: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], response).into_response()
}

pub(crate) async fn token(State(web): State<Web>, sender: Sender, body: String) -> Response {
    let run = async |request: TokenRequest<'_>| web.provider.token(request).await;
    answered(&web, ("/token", &sender, &body), run, |answer| no_store(Json(answer))).await
}

pub(crate) async fn push(State(web): State<Web>, sender: Sender, body: String) -> Response {
    let run = async |request: TokenRequest<'_>| web.provider.push(request).await;
    let created = |answer| no_store((StatusCode::CREATED, Json(answer)));
    answered(&web, ("/par", &sender, &body), run, created).await
}

pub(crate) async fn device(State(web): State<Web>, sender: Sender, body: String) -> Response {
    let run = async |request: TokenRequest<'_>| web.provider.device(request).await;
    answered(&web, ("/device_authorization", &sender, &body), run, |answer| no_store(Json(answer))).await
}

pub(crate) async fn ask_person(State(web): State<Web>, sender: Sender, body: String) -> Response {
    let run = async |request: TokenRequest<'_>| web.provider.ask_person(request).await;
    answered(&web, ("/bc-authorize", &sender, &body), run, |answer| no_store(Json(answer))).await
}

pub(crate) async fn revoke(State(web): State<Web>, sender: Sender, body: String) -> Response {
    let run = async |request: TokenRequest<'_>| web.provider.revoke(request).await;
    answered(&web, ("/revoke", &sender, &body), run, |()| StatusCode::OK.into_response()).await
}

pub(crate) async fn introspect(State(web): State<Web>, sender: Sender, body: String) -> Response {
    let signed = sender.text(header::ACCEPT).is_some_and(|accept| accept.contains(SIGNED_INTROSPECTION));
    let run = async |request: TokenRequest<'_>| web.provider.introspect(request, signed).await;
    let shown = |answer| match answer {
        Introspection::Plain(answer) => no_store(Json(answer)),
        Introspection::Signed(answer) => no_store(([(header::CONTENT_TYPE, SIGNED_INTROSPECTION)], answer)),
    };
    answered(&web, ("/introspect", &sender, &body), run, shown).await
}

pub(crate) async fn userinfo(State(web): State<Web>, method: Method, uri: Uri, sender: Sender) -> Response {
    let (response, client) = match web.provider.userinfo(sender.bearing((method.as_str(), uri.path()))).await {
        Ok((Userinfo::Plain(claims), client)) => (no_store(Json(claims)), Some(client)),
        Ok((Userinfo::Signed(claims), client)) => {
            (no_store(([(header::CONTENT_TYPE, "application/jwt")], claims)), Some(client))
        }
        Err(error) => (refused_at_resource(&error), None),
    };
    readable(&web, &sender.headers, client.as_deref(), with_nonce(&web, &sender.headers, response)).await
}
