//! Apps that call a site for somebody: under the path that the site names for it, with a token that works with their own key or
//! certificate alone (RFC 9449 §7, RFC 8705 §3). One that works for whoever has it is not taken.

use std::sync::Arc;

use certs::client::Presented;
use http::{HeaderMap, Request, header};

use super::refuse::Target;
use crate::Inner;
use crate::error::Refusal;
use crate::login::{Told, told_of};
use crate::ports::hash;
use crate::proof::{ALGS, About, key_of};
use crate::registry::Site;
use crate::session::{Bound, Live};

/// The header of a proof.
pub(crate) const DPOP: &str = "dpop";

/// How a request names its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Bearer,
    Dpop,
}

/// The token of a request, if it has one and no more.
fn token_of(headers: &HeaderMap) -> Option<(Scheme, &str)> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (one, None) = (all.next()?.to_str().ok()?, all.next()) else { return None };
    let (scheme, token) = one.split_once(' ')?;
    let known = [("bearer", Scheme::Bearer), ("dpop", Scheme::Dpop)];
    let (_, scheme) = known.into_iter().find(|(name, _)| scheme.eq_ignore_ascii_case(name))?;
    Some((scheme, token.trim())).filter(|(_, token)| !token.is_empty())
}

/// The challenge (RFC 6750 §3, RFC 9449 §7.1) in the scheme of a request, with the reason why it got no further; without one
/// where it brought nothing.
pub(crate) fn challenge(headers: &HeaderMap, why: &str) -> String {
    match token_of(headers) {
        Some((Scheme::Bearer, _)) => format!("Bearer {why}"),
        _ => format!("DPoP algs=\"{}\"{}{why}", ALGS.join(" "), if why.is_empty() { "" } else { ", " }),
    }
}

fn refused(headers: &HeaderMap, code: &'static str) -> Refusal {
    Refusal::Token { code, challenge: challenge(headers, &format!("error=\"{code}\"")) }
}

/// Somebody for whom an app calls, if it does and may.
pub(crate) async fn find<B>(
    inner: &Inner,
    request: &Request<B>,
    target: &Target,
    site: &Site,
) -> Result<Option<Arc<Live>>, Refusal> {
    let headers = request.headers();
    let Some((scheme, token)) = token_of(headers).filter(|_| site.is_api(&target.path)) else { return Ok(None) };
    // What one site hears of a token is no business of another.
    let name = hash(&format!("{} {token}", site.entry.slug));
    let (live, bound) = match inner.sessions.token(&name) {
        Some(known) => known,
        None => ask(inner, site, (&name, token), headers).await?,
    };
    let shown = request.extensions().get::<Presented>().map(|shown| &shown.thumbprint);
    if bound == Bound::default() || (bound.x5t.is_some() && bound.x5t.as_ref() != shown) {
        return Err(refused(headers, "invalid_token"));
    }
    match (&bound.jkt, scheme) {
        (None, Scheme::Bearer) => Ok(Some(live)),
        (Some(jkt), Scheme::Dpop) => {
            let mut proofs = headers.get_all(DPOP).iter();
            let (Some(proof), None) = (proofs.next().and_then(|proof| proof.to_str().ok()), proofs.next()) else {
                return Err(refused(headers, "invalid_dpop_proof"));
            };
            let address = format!("{}{}", inner.settings.origin_of(&site.entry.slug), target.path);
            let about = About { method: request.method().as_str(), address: &address, token };
            let key = key_of(inner, proof, &about).await.map_err(|error| {
                tracing::error!(%error, "proofs");
                Refusal::StoreAway
            })?;
            match key {
                Some(key) if key == *jkt => Ok(Some(live)),
                Some(_) => Err(refused(headers, "invalid_token")),
                None => Err(refused(headers, "invalid_dpop_proof")),
            }
        }
        _ => Err(refused(headers, "invalid_token")),
    }
}

/// Asks the provider of a token, within what a site may have under way at once.
async fn ask(
    inner: &Inner,
    site: &Site,
    (name, token): (&str, &str),
    headers: &HeaderMap,
) -> Result<(Arc<Live>, Bound), Refusal> {
    let _permit = site.budget.clone().try_acquire_owned().map_err(|_| Refusal::SiteBusy)?;
    // A flood of made-up tokens must not become one of questions; what was good a moment ago is asked about in any case.
    if !inner.sessions.knows_token(name) && !inner.login.may_look_up(inner.ports.clock.now()) {
        return Err(Refusal::SiteBusy);
    }
    let mark = inner.sessions.mark();
    let told = told_of(inner, site, token).await.map_err(|error| {
        tracing::warn!(%error, "a token cannot be looked up");
        Refusal::ProviderAway
    })?;
    let standing = match told {
        Told::For(standing) => Some(*standing),
        Told::Nothing => None,
        Told::Needs(acr) => {
            inner.sessions.told_of_token((name, token), None, mark);
            return Err(needs(headers, site, &acr));
        }
    };
    inner.sessions.told_of_token((name, token), standing, mark).ok_or_else(|| refused(headers, "invalid_token"))
}

/// The code for somebody who has not proven enough (RFC 9470 §3).
pub(crate) const STEP_UP: &str = "insufficient_user_authentication";

/// What has to be asked of the person, and how fresh it has to be.
pub(crate) fn step_up(acr: &str, max_age: i64) -> String {
    format!("error=\"{STEP_UP}\", acr_values=\"{acr}\", max_age=\"{max_age}\"")
}

/// Tells an app so.
pub(crate) fn needs(headers: &HeaderMap, site: &Site, acr: &str) -> Refusal {
    let why = step_up(acr, site.entry.elevation_absolute);
    Refusal::Token { code: STEP_UP, challenge: challenge(headers, &why) }
}
