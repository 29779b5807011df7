//! The assertion: a JWT for this site alone, 60 seconds long, made once and used while it is young.

use std::sync::PoisonError;

use http::HeaderValue;
use serde_json::json;

use crate::Inner;
use crate::ports::{hash, secret};
use crate::registry::Site;
use crate::session::Live;

/// `typ` of the assertion.
pub(crate) const TYP: &str = "lanyard-assertion+jwt";
/// Life of an assertion, in seconds.
const LIFE: i64 = 60;
/// Seconds after which a kept one is replaced.
const REUSE: i64 = 30;

/// The assertion of a session at this moment.
pub(crate) fn of(inner: &Inner, site: &Site, live: &Live) -> Option<HeaderValue> {
    let now = inner.ports.clock.now();
    let elevation = live.record.elevation.as_ref().filter(|_| live.is_elevated(now));
    let mut kept = live.assertion.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((until, value)) = kept.as_ref()
        && now < *until
    {
        return Some(value.clone());
    }
    let record = &live.record;
    let mut claims = json!({
        "iss": inner.settings.origin_of(&site.entry.slug),
        "aud": site.entry.client_id,
        "sub": record.sub,
        "sid": hash(&record.sid),
        "name": record.name,
        "account": record.account,
        "groups": record.groups,
        "level": if elevation.is_some() { "elevated" } else { "base" },
        "scope": record.scope,
        "classes": record.classes,
        "years": record.years,
        "acr": elevation.map_or("urn:lanyard:acr:base", |elevation| elevation.acr.as_str()),
        "amr": elevation.map_or_else(|| record.amr.clone(), |elevation| elevation.amr.clone()),
        "auth_time": elevation.map_or(record.auth_time, |elevation| elevation.auth_time),
        "elevated_until": elevation.map(|elevation| elevation.until),
        "iat": now,
        "exp": now + LIFE,
        "jti": secret(&*inner.ports.random),
    });
    if let (Some(act), Some(claims)) = (&record.act, claims.as_object_mut()) {
        claims.insert("act".to_owned(), act.clone());
    }
    let value = HeaderValue::from_str(&inner.signer.sign(TYP, &claims.to_string())?).ok()?;
    // An elevation that ends sooner ends the assertion with it.
    let until = elevation.map_or(now + REUSE, |elevation| (now + REUSE).min(elevation.until));
    *kept = Some((until, value.clone()));
    Some(value)
}
