//! Token, revocation, userinfo: JSON in the forms of their standards.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use idp_oauth::OAuthError;
use idp_oauth::params::Params;
use idp_oauth::token::TokenRequest;
use serde_json::json;

use crate::Web;

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

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())
}

fn form(headers: &HeaderMap, body: &str) -> Result<Params, OAuthError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let plain = kind.split(';').next().unwrap_or_default().trim();
    if plain.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Params::parse(body)
    } else {
        Err(OAuthError::request("Content-Type must be application/x-www-form-urlencoded"))
    }
}

pub(crate) async fn token(State(web): State<Web>, headers: HeaderMap, body: String) -> Response {
    let answer = match form(&headers, &body) {
        Ok(params) => web.provider.token(TokenRequest { authorization: authorization(&headers), params }).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(answer) => ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response(),
        Err(error) => refused(&error),
    }
}

pub(crate) async fn revoke(State(web): State<Web>, headers: HeaderMap, body: String) -> Response {
    let answer = match form(&headers, &body) {
        Ok(params) => web.provider.revoke(TokenRequest { authorization: authorization(&headers), params }).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(()) => StatusCode::OK.into_response(),
        Err(error) => refused(&error),
    }
}

pub(crate) async fn userinfo(State(web): State<Web>, headers: HeaderMap) -> Response {
    match web.provider.userinfo(authorization(&headers)).await {
        Ok(claims) => ([(header::CACHE_CONTROL, "no-store")], Json(claims)).into_response(),
        Err(error) => refused(&error),
    }
}
