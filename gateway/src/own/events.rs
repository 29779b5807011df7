//! Security Event Tokens pushed by the provider (RFC 8935): what is revoked here is gone within a second.

use http::{Response, StatusCode};
use openidconnect::JsonWebKey;
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde_json::Value;

use crate::body::json;
use crate::error::Refusal;
use crate::jws::Parts;
use crate::login::keys_of;
use crate::{Body, Inner};

/// `typ` of an event (RFC 8417 §2.3).
const TYP: &str = "secevent+jwt";
/// Oldest event that is believed, in seconds: the outbox tries for a day.
const OLDEST: i64 = 24 * 3600;

/// Takes one event. The same event twice does the same, so a repeated delivery needs no memory.
pub(super) async fn receive(inner: &Inner, token: String) -> Result<Response<Body>, Refusal> {
    let for_us = (TYP, inner.settings.events_audience.as_str());
    let Some(claims) = verified(inner, token.trim(), for_us, OLDEST).await else {
        return Ok(json(
            StatusCode::BAD_REQUEST,
            r#"{"err":"invalid_request","description":"the event is not believed"}"#,
        ));
    };
    let away = |_| Refusal::StoreAway;
    let sub = claims.pointer("/sub_id/sub").and_then(Value::as_str).unwrap_or_default();
    for (kind, event) in claims.get("events").and_then(Value::as_object).into_iter().flatten() {
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        match kind.rsplit(['/', ':']).next().unwrap_or_default() {
            "session-revoked" => inner.sessions.end_of(sub, text("sid"), text("site")).await.map_err(away)?,
            "token-claims-change" => inner.sessions.end_of(sub, None, text("site")).await.map_err(away)?,
            "credential-change" if text("change_type") != Some("create") => {
                let changed_at = event.get("event_timestamp").and_then(Value::as_i64).unwrap_or(i64::MAX);
                inner.sessions.drop_of(sub, changed_at).await.map_err(away)?;
            }
            "registry-change" => {
                crate::follow::refresh(inner, false).await;
            }
            _ => {}
        }
        metrics::counter!("lanyard_gateway_events_total").increment(1);
    }
    Ok(json(StatusCode::ACCEPTED, ""))
}

/// The claims of a token that is signed by the provider, of this kind and for this audience, and not older than that.
pub(super) async fn verified(inner: &Inner, token: &str, (typ, audience): (&str, &str), oldest: i64) -> Option<Value> {
    let parts = Parts::of(token, super::MOST)?;
    let header: Value = serde_json::from_slice(&parts.header).ok()?;
    let right_kind = header.get("typ")?.as_str()? == typ && header.get("alg")?.as_str()? == "ES256";
    if !right_kind || header.get("crit").is_some() {
        return None;
    }
    let kid = header.get("kid")?.as_str()?;
    let mut believed = false;
    for again in [false, true] {
        let keys = keys_of(inner, again).await?;
        let key = keys.iter().find(|key| key.key_id().is_some_and(|id| id.as_str() == kid));
        if let Some(key) = key {
            let alg = CoreJwsSigningAlgorithm::EcdsaP256Sha256;
            believed = key.verify_signature(&alg, parts.signed.as_bytes(), &parts.signature).is_ok();
            break;
        }
    }
    let claims: Value = serde_json::from_slice(&parts.payload).ok()?;
    let now = inner.ports.clock.now();
    let for_us = claims.get("iss")?.as_str()? == inner.settings.issuer
        && claims.get("aud")?.as_str()? == audience
        && claims.get("iat")?.as_i64().is_some_and(|iat| now - iat < oldest && iat - now < 300);
    (believed && for_us).then_some(claims)
}
