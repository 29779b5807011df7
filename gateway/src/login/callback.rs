//! Back from the provider: state, issuer, code, ID token; then a session with a new cookie.

use http::{HeaderMap, Response, header};
use openidconnect::core::CoreJwsSigningAlgorithm;
use openidconnect::{AuthorizationCode, ClaimsVerificationError, Nonce, PkceCodeVerifier, TokenResponse as _};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::assertion::{TYPE, client_assertion};
use super::flow::{ACR_KEY, ACR_PHISHING_RESISTANT, Flow, Kind, Start, callback_uri, elevating_acr, path_of, redirect};
use super::provider::{Claims, Http, RelyingParty, TokenResponse};
use crate::error::Refusal;
use crate::ports::hash;
use crate::registry::Site;
use crate::session::{Cookie, Elevation, Live, Record};
use crate::{Body, Inner};

const AGAIN: Refusal =
    Refusal::LoginFailed { reason: "This sign-in took too long or was begun in another browser. Try again." };
const UNTRUE: Refusal =
    Refusal::LoginFailed { reason: "The answer to the sign-in was not what we asked for. Try again." };

/// Differences of clocks that are forgiven, in seconds.
const SKEW: i64 = 30;

/// Finishes a flow.
pub(crate) async fn finish(
    inner: &Inner,
    headers: &HeaderMap,
    query: &str,
    site: &Site,
) -> Result<Response<Body>, Refusal> {
    let mut answer = HashMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()).into_owned() {
        if answer.insert(name, value).is_some() {
            return Err(UNTRUE);
        }
    }
    // What is revoked from here on counts against the session that this will become.
    let mark = inner.sessions.mark();
    let flow = match take_flow(inner, headers, &answer, site).await? {
        Back::Own(flow) => flow,
        // Once only: a browser that keeps no cookies would go round for ever (S-17).
        Back::Elsewhere(flow) if !flow.again => {
            let start = Start { kind: Kind::SignIn, return_to: flow.return_to, again: true };
            return super::flow::start(inner, headers, site, start).await;
        }
        Back::Elsewhere(_) => return Err(AGAIN),
        Back::Late(return_to) => {
            let start = Start { kind: Kind::SignIn, return_to, again: true };
            return super::flow::start(inner, headers, site, start).await;
        }
    };
    // RFC 9207 §2.4: an answer of another issuer, or of none, is somebody else's.
    if answer.get("iss") != Some(&inner.settings.issuer) {
        return Err(UNTRUE);
    }
    if let Some(error) = answer.get("error") {
        tracing::info!(error = %error.chars().take(64).collect::<String>(), "the provider refused");
        return Err(Refusal::LoginFailed {
            reason: "Signing in was cancelled, or you do not have access to this site.",
        });
    }
    let code = answer.get("code").ok_or(UNTRUE)?;
    let mut client =
        inner.login.relying_party(inner, &site.entry.client_id, false).await.map_err(|_| Refusal::ProviderAway)?;
    let tokens = exchange(inner, &client, site, code, &flow).await?;
    let facts = match verify(inner, &client, &tokens, &flow) {
        Err(Unverified::UnknownKey) => {
            // The provider may have new keys: look once more, then believe what is found.
            client = inner
                .login
                .relying_party(inner, &site.entry.client_id, true)
                .await
                .map_err(|_| Refusal::ProviderAway)?;
            verify(inner, &client, &tokens, &flow)
        }
        other => other,
    };
    let facts = facts.map_err(|_| UNTRUE)?;
    session_for(inner, headers, site, (&flow, mark), facts).await
}

/// A flow that came back.
enum Back {
    /// To the browser that began it.
    Own(Flow),
    /// To one that cannot show that it did (S-14).
    Elsewhere(Flow),
    /// After its time; where it was to lead.
    Late(String),
}

async fn take_flow(
    inner: &Inner,
    headers: &HeaderMap,
    answer: &HashMap<String, String>,
    site: &Site,
) -> Result<Back, Refusal> {
    let state = answer.get("state").ok_or(AGAIN)?;
    let browser = Cookie::Flow.read(headers, inner.settings.secure);
    let name = format!("flow:{}", hash(state));
    let now = inner.ports.clock.now();
    let body = inner.sessions.store().take_bag(&name, now).await.map_err(|_| Refusal::StoreAway)?;
    let Some(body) = body else { return path_of(inner, state).map(Back::Late).ok_or(AGAIN) };
    let flow: Flow = serde_json::from_slice(&body).map_err(|_| AGAIN)?;
    if flow.site != site.entry.slug {
        return Err(AGAIN);
    }
    // Several tabs began at once and the last cookie won: nothing of this answer is used, the way there begins again.
    Ok(if browser.is_some_and(|browser| flow.browser == hash(browser)) {
        Back::Own(flow)
    } else {
        Back::Elsewhere(flow)
    })
}

async fn exchange(
    inner: &Inner,
    client: &RelyingParty,
    site: &Site,
    code: &str,
    flow: &Flow,
) -> Result<TokenResponse, Refusal> {
    let assertion = client_assertion(inner, &site.entry.client_id).ok_or(Refusal::ProviderAway)?;
    let http = Http(&*inner.ports.back_channel);
    client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier.clone()))
        .set_redirect_uri(Cow::Owned(callback_uri(inner, &site.entry.slug)?))
        .add_extra_param("client_assertion_type", TYPE)
        .add_extra_param("client_assertion", assertion)
        .request_async(&http)
        .await
        .map_err(|error| match error {
            // Display only: other forms of this error repeat the provider's answer.
            openidconnect::RequestTokenError::Request(_) => Refusal::ProviderAway,
            _ => UNTRUE,
        })
}

/// What an ID token says, once it is believed.
struct Facts {
    sub: String,
    name: String,
    email: String,
    language: String,
    claims: Claims,
    acr: String,
    amr: Vec<String>,
    auth_time: i64,
    id_token: String,
}

enum Unverified {
    UnknownKey,
    Untrue,
}

fn verify(inner: &Inner, client: &RelyingParty, tokens: &TokenResponse, flow: &Flow) -> Result<Facts, Unverified> {
    let now = inner.ports.clock.now();
    let token = tokens.id_token().ok_or(Unverified::Untrue)?;
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs([CoreJwsSigningAlgorithm::EcdsaP256Sha256])
        .set_time_fn(move || moment(now - SKEW).into());
    let claims = token.claims(&verifier, &Nonce::new(flow.nonce.clone())).map_err(|error| {
        tracing::warn!(%error, "an ID token was not believed");
        match error {
            ClaimsVerificationError::SignatureVerification(_) => Unverified::UnknownKey,
            _ => Unverified::Untrue,
        }
    })?;
    let auth_time = claims.auth_time().map(|time| time.timestamp()).ok_or(Unverified::Untrue)?;
    let acr = claims.auth_context_ref().map(|acr| acr.as_str().to_owned()).unwrap_or_default();
    // Asked for a key and told of none, or of an old one: not elevated (I-28).
    let strong = flow.acr.as_deref().is_none_or(|asked| acr_at_least(&acr, asked));
    let age = flow.max_age.map_or(i64::MAX, |age| age.saturating_add(now - flow.started_at).saturating_add(SKEW));
    if !strong || now - auth_time > age {
        return Err(Unverified::Untrue);
    }
    let text = |value: Option<String>| value.unwrap_or_default();
    Ok(Facts {
        sub: claims.subject().to_string(),
        name: text(claims.name().and_then(|name| name.get(None)).map(|name| name.to_string())),
        email: text(claims.email().map(|email| email.to_string())),
        language: text(claims.locale().map(ToString::to_string)),
        claims: claims.additional_claims().clone(),
        acr,
        amr: claims.auth_method_refs().into_iter().flatten().map(|amr| amr.to_string()).collect(),
        auth_time,
        id_token: token.to_string(),
    })
}

pub(super) fn acr_at_least(given: &str, asked: &str) -> bool {
    given == asked || (asked == ACR_KEY && given == ACR_PHISHING_RESISTANT)
}

/// openidconnect counts in the host's time type.
fn moment(seconds: i64) -> std::time::SystemTime {
    std::time::UNIX_EPOCH + std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

async fn session_for(
    inner: &Inner,
    headers: &HeaderMap,
    site: &Site,
    (flow, mark): (&Flow, u64),
    facts: Facts,
) -> Result<Response<Body>, Refusal> {
    let now = inner.ports.clock.now();
    let own = facts.claims.lanyard.clone().filter(|own| own.site == site.entry.slug).ok_or(UNTRUE)?;
    let cookie = Cookie::Session.read(headers, inner.settings.secure);
    let current: Option<Arc<Live>> = match cookie {
        Some(cookie) => inner.sessions.find(cookie, &site.entry.slug).await.map_err(|_| Refusal::StoreAway)?,
        None => None,
    };
    let lifted = match &flow.kind {
        // A key that signed in lifts where the provider says so, and is as strong as one that is asked for (E2).
        Kind::SignIn => own.elevates && acr_at_least(&facts.acr, elevating_acr(&site.entry)),
        // Only the same person in the same session is elevated (P-07).
        Kind::Elevate { session } => {
            current.as_ref().is_some_and(|live| live.hash == *session && live.record.sub == facts.sub)
        }
    };
    let elevation = (lifted && own.may_elevate).then(|| Elevation {
        acr: facts.acr.clone(),
        amr: facts.amr.clone(),
        auth_time: facts.auth_time,
        until: now + site.entry.elevation_absolute,
        idle: site.entry.elevation_idle,
    });
    let created_at = match (&flow.kind, &current) {
        (Kind::Elevate { .. }, Some(live)) if live.record.sub == facts.sub => live.record.created_at,
        _ => now,
    };
    let record = Record {
        sid: facts.claims.sid.clone().unwrap_or_default(),
        email: facts.email,
        auth_time: facts.auth_time,
        created_at,
        id_token: facts.id_token,
        elevation,
        amr: facts.amr,
        language: facts.language,
        ..own.record((facts.sub, facts.name), now)
    };
    let begun = inner.sessions.begin(record, current.as_ref(), mark).await.map_err(|_| Refusal::StoreAway)?;
    let mut response = redirect(&flow.return_to);
    // Somebody’s rights changed between the provider’s answer and now: the page they go back to asks the provider again.
    let Some(cookie) = begun else { return Ok(response) };
    if let Some(cookie) = Cookie::Session.set(&cookie, inner.settings.secure) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
