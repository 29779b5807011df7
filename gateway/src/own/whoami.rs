//! Who is signed in here, for scripts; and the keys that verify assertions.

use std::sync::atomic::Ordering;

use http::{HeaderMap, Response, StatusCode};
use serde_json::json;

use crate::body::json as answer_json;
use crate::registry::Site;
use crate::session::{Cookie, Live};
use crate::words::clock_time;
use crate::{Body, Inner, words};

/// Nobody; with the moment until which a concern may still be sent, if access has just ended by its date.
pub(super) fn nobody(inner: &Inner, site: &Site, headers: &HeaderMap) -> Response<Body> {
    let cookie = Cookie::Session.read(headers, inner.settings.secure);
    let grace = cookie.and_then(|cookie| inner.sessions.grace_of(cookie, &site.entry.slug));
    let until = grace.and_then(|grace| grace.record.grace_until());
    let facts = json!({ "error": "login_required", "grace_until": until.map(clock_time) });
    answer_json(StatusCode::UNAUTHORIZED, &facts.to_string())
}

/// Facts of this site only. Asking is not activity.
pub(super) fn answer(inner: &Inner, site: &Site, live: &Live, query: &str) -> Response<Body> {
    let now = inner.ports.clock.now();
    let elevation = live.record.elevation.as_ref().filter(|_| live.is_elevated(now));
    let facts = json!({
        "site": { "slug": site.entry.slug, "name": site.entry.name, "short_name": site.entry.short_name, "colour": site.entry.colour },
        "name": live.record.name,
        "account": live.record.account,
        "groups": live.record.groups,
        "level": if elevation.is_some() { "elevated" } else { "base" },
        "may_elevate": live.record.may_elevate,
        "elevated_until": elevation.map(|elevation| elevation.until.min(live.seen_at() + elevation.idle)),
        "member_until": live.record.member_until,
        "concern_path": site.entry.concern_path,
        "hide_on_blur": site.entry.hide_on_blur,
        "idle_until": live.record.expires_at().min(live.seen_at() + live.record.idle),
        "provider_away": !inner.registry.is_followed(),
        "now": now,
        "language": words::lang(),
        // The bar asks for its words once; what follows every few seconds is facts only.
        "words": (query == "words").then(words::for_bar),
        "switcher": format!("{}/switcher", inner.settings.issuer),
        "support": format!("{}/support", inner.settings.issuer),
    });
    answer_json(StatusCode::OK, &facts.to_string())
}

/// One key press keeps a session alive while somebody writes (WCAG 2.2.1).
pub(super) fn stay(inner: &Inner, site: &Site, live: &Live) -> Response<Body> {
    let now = inner.ports.clock.now();
    live.let_run_out(now);
    live.seen.store(now, Ordering::Relaxed);
    answer(inner, site, live, "")
}

/// The gateway's public key as a JWKS (RFC 7517 §5).
pub(crate) fn jwks(inner: &Inner) -> Response<Body> {
    answer_json(StatusCode::OK, &format!(r#"{{"keys":[{}]}}"#, inner.signer.jwk()))
}
