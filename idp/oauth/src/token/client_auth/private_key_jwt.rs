//! `private_key_jwt` (RFC 7523 §3): short-lived, for this issuer, each `jti` once, durably (I-38).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idp_domain::Timestamp;
use idp_domain::client::Client;
use serde::Deserialize;

use crate::jws::Unverified;
use crate::{OAuthError, Provider};

/// `client_assertion_type`.
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// Longest life of an assertion, in seconds.
const LONGEST: i64 = 300;
/// Difference of clocks that is forgiven, in seconds.
const SKEW: i64 = 30;

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// The client that an assertion says it is from. Nothing is proven yet.
pub(super) fn claimed_client(assertion: &str) -> Option<String> {
    let payload = assertion.split('.').nth(1)?;
    let claims: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    Some(claims.get("sub")?.as_str()?.to_owned())
}

pub(super) async fn check(provider: &Provider, client: &Client, assertion: &str) -> Result<bool, OAuthError> {
    let Some(claims) = believed(provider, client, assertion).await else { return Ok(false) };
    let client = client.id.as_str();
    let now = provider.context.now().0;
    let for_us = match &claims.aud {
        Audience::One(audience) => *audience == provider.issuer,
        Audience::Many(audiences) => audiences.as_slice() == [provider.issuer.clone()],
    };
    let right = claims.iss == client
        && claims.sub == client
        && for_us
        && claims.exp > now - SKEW
        && claims.exp <= now + LONGEST + SKEW
        && !claims.jti.is_empty()
        && claims.jti.len() <= 128;
    if !right {
        return Ok(false);
    }
    let expires = Timestamp(claims.exp + SKEW);
    Ok(provider.context.store.first_use("client-assertion", &format!("{client} {}", claims.jti), expires).await?)
}

/// The claims of an assertion that one of the client's own keys has signed.
async fn believed(provider: &Provider, client: &Client, assertion: &str) -> Option<Claims> {
    let read = Unverified::read(assertion)?;
    read.claims_by_any(&provider.keys_of(client, read.header("kid")).await)
}
