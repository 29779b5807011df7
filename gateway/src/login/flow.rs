//! The way to the provider: state, nonce and PKCE verifier stay here under a one-use name, bound to the browser.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{
    AuthenticationContextClass, CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::Duration;

use crate::body::full;
use crate::error::Refusal;
use crate::ports::{hash, secret};
use crate::registry::{Site, SiteEntry};
use crate::session::Cookie;
use crate::{Body, Inner};

/// Seconds for which a flow can be finished (S-20).
const LIFE: i64 = 15 * 60;

/// What a flow is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// To sign in.
    SignIn,
    /// To elevate the session with this hash.
    Elevate {
        /// Hash of its cookie.
        session: String,
    },
}

/// A flow as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Flow {
    pub site: String,
    pub kind: Kind,
    pub nonce: String,
    pub verifier: String,
    pub browser: String,
    pub return_to: String,
    pub acr: Option<String>,
    pub max_age: Option<i64>,
    pub started_at: i64,
    /// It was begun anew because an earlier one came back to another browser.
    pub again: bool,
}

/// What begins a flow.
pub(crate) struct Start {
    /// What for.
    pub kind: Kind,
    /// Path on this site to come back to.
    pub return_to: String,
    /// Begun anew because an earlier one came back to another browser.
    pub again: bool,
}

impl Start {
    /// To sign in, and come back to a path of this site.
    pub fn sign_in(return_to: String) -> Self {
        Self { kind: Kind::SignIn, return_to, again: false }
    }
}

/// `acr` values of the seam.
pub(super) const ACR_KEY: &str = "urn:lanyard:acr:key";
pub(super) const ACR_PHISHING_RESISTANT: &str = "urn:lanyard:acr:key-phishing-resistant";

/// Sends the browser to the provider.
pub(crate) async fn start(
    inner: &Inner,
    headers: &HeaderMap,
    site: &Site,
    start: Start,
) -> Result<Response<Body>, Refusal> {
    let entry = &site.entry;
    // A redirect to a provider that is away would end on the browser's own error page.
    if !inner.login.answers(inner).await {
        return Err(Refusal::ProviderAway);
    }
    let client = inner.login.relying_party(inner, &entry.client_id, false).await.map_err(|error| {
        tracing::warn!(%error, "sign-in cannot begin");
        Refusal::ProviderAway
    })?;
    let (acr, max_age) = wanted(entry, &start.kind);
    let random = &*inner.ports.random;
    let verifier = PkceCodeVerifier::new(secret(random));
    let return_to = own_path(&start.return_to);
    let (state, nonce) = (state_for(inner, &return_to), secret(random));
    let (state_copy, nonce_copy) = (state.clone(), nonce.clone());
    let mut request = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state_copy),
            move || Nonce::new(nonce_copy),
        )
        .add_scope(Scope::new("profile".to_owned()))
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
        .set_redirect_uri(Cow::Owned(callback_uri(inner, &entry.slug)?));
    if let Some(acr) = acr {
        request = request.add_auth_context_value(AuthenticationContextClass::new(acr.to_owned()));
    }
    if let Some(age) = max_age {
        request = request.set_max_age(Duration::from_secs(u64::try_from(age).unwrap_or(0)));
    }
    let (url, _, _) = request.url();
    let known = Cookie::Flow.read(headers, inner.settings.secure).map(str::to_owned);
    let browser = known.clone().unwrap_or_else(|| secret(random));
    let now = inner.ports.clock.now();
    let flow = Flow {
        site: entry.slug.clone(),
        kind: start.kind,
        nonce,
        verifier: verifier.secret().clone(),
        browser: hash(&browser),
        return_to,
        acr: acr.map(str::to_owned),
        max_age,
        started_at: now,
        again: start.again,
    };
    let body = serde_json::to_vec(&flow).map_err(|_| Refusal::StoreAway)?;
    let name = format!("flow:{}", hash(&state));
    inner.sessions.store().put_bag(&name, &body, now + LIFE).await.map_err(|_| Refusal::StoreAway)?;
    let mut response = redirect(url.as_str());
    if known.is_none()
        && let Some(cookie) = Cookie::Flow.set(&browser, inner.settings.secure)
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The least `acr` that elevates at a site.
pub(crate) fn elevating_acr(entry: &SiteEntry) -> &'static str {
    if entry.phishing_resistant_only { ACR_PHISHING_RESISTANT } else { ACR_KEY }
}

/// What the provider has to be sure of: `acr_values` and `max_age`.
fn wanted(entry: &SiteEntry, kind: &Kind) -> (Option<&'static str>, Option<i64>) {
    match kind {
        Kind::Elevate { .. } => (Some(elevating_acr(entry)), Some(entry.carry_over)),
        Kind::SignIn if entry.key_to_sign_in => (Some(ACR_KEY), Some(12 * 3600)),
        Kind::SignIn => (None, None),
    }
}

/// Longest path that travels in a state; a longer one is lost with its flow.
const LONGEST: usize = 512;

/// A state: unpredictable, with the path to come back to sealed behind it, for a sign-in that outlives its flow.
fn state_for(inner: &Inner, return_to: &str) -> String {
    let random = &*inner.ports.random;
    let state = secret(random);
    let sealed = inner.held.seal(return_to.as_bytes(), random).filter(|_| return_to.len() <= LONGEST);
    sealed.map_or(state.clone(), |sealed| format!("{state}.{}", URL_SAFE_NO_PAD.encode(sealed)))
}

/// The path that a state of ours leads to, when nothing else is known of it any more.
pub(super) fn path_of(inner: &Inner, state: &str) -> Option<String> {
    let (_, sealed) = state.split_once('.')?;
    let path = inner.held.open(&URL_SAFE_NO_PAD.decode(sealed).ok()?)?;
    Some(own_path(std::str::from_utf8(&path).ok()?))
}

/// Where the provider sends the browser back to.
pub(super) fn callback_uri(inner: &Inner, slug: &str) -> Result<RedirectUrl, Refusal> {
    let uri = format!("{}/.lanyard/callback", inner.settings.origin_of(slug));
    RedirectUrl::new(uri).map_err(|_| Refusal::ProviderAway)
}

/// A redirect with GET (303).
pub(crate) fn redirect(location: &str) -> Response<Body> {
    let mut response = Response::new(full(""));
    match HeaderValue::from_str(location) {
        Ok(location) => {
            *response.status_mut() = StatusCode::SEE_OTHER;
            response.headers_mut().insert(header::LOCATION, location);
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        Err(_) => *response.status_mut() = StatusCode::BAD_REQUEST,
    }
    response
}

/// A path on the site's own origin, whatever was asked for: parsed as a browser would, compared, re-emitted.
pub(crate) fn own_path(asked: &str) -> String {
    let joined = url::Url::parse("https://own.invalid/").ok().and_then(|base| base.join(asked).ok());
    match joined {
        Some(url) if asked.starts_with('/') && url.origin().ascii_serialization() == "https://own.invalid" => {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            format!("{}{query}", url.path())
        }
        _ => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_01_only_the_sites_own_origin() {
        for evil in [
            "//evil.example",
            "/\\evil.example",
            "\\\\evil",
            "/\t/evil.example",
            "https:///evil.example",
            "https:evil",
            "javascript:alert(1)",
            "",
            "///evil.example",
            "/\r\n/evil.example",
        ] {
            let landed = url::Url::parse("https://larkmoor.example/x").unwrap().join(&own_path(evil)).unwrap();
            assert_eq!(landed.host_str(), Some("larkmoor.example"), "{evil:?}");
        }
        assert_eq!(own_path("/records/7?tab=2#note"), "/records/7?tab=2");
    }

    #[test]
    fn r_03_a_name_that_only_looks_like_the_sites_leads_home() {
        for evil in [
            "https://larkmoor.example%2eevil.example/x",
            "https://larkmoor.example.evil.example/x",
            "https://larkmoor.example@evil.example/x",
            "https://evil.example#larkmoor.example",
            "https://larkmoor。example/x",
            "https://larkmoor.example./x",
            "https://ｌarkmoor.example/x",
            "\u{ff0f}\u{ff0f}evil.example",
            "intent://x#Intent;end",
        ] {
            assert_eq!(own_path(evil), "/", "{evil:?}");
        }
    }
}
