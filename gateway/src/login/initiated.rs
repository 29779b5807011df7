//! A sign-in that somebody else begins (OpenID Connect Core §4): our provider alone, and to a page of this site alone.

use http::{HeaderMap, Response};

use super::flow::{Start, own_path, redirect, start};
use crate::error::Refusal;
use crate::registry::Site;
use crate::{Body, Inner, phases};

/// Begins it, or goes straight on for somebody who is signed in. Where the page is not one of this site, it leads to the
/// first one: nobody is sent anywhere by a link of ours.
pub(crate) async fn initiate(
    inner: &Inner,
    headers: &HeaderMap,
    query: &str,
    site: &Site,
) -> Result<Response<Body>, Refusal> {
    let asked = |name: &str| {
        url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    if asked("iss").is_none_or(|issuer| issuer != inner.settings.issuer) {
        return Err(Refusal::NotFound);
    }
    let origin = inner.settings.origin_of(&site.entry.slug);
    let target = asked("target_link_uri").unwrap_or_default();
    let path = own_path(target.strip_prefix(origin.as_str()).unwrap_or("/"));
    if phases::session::find(inner, headers, site).await?.is_some() {
        return Ok(redirect(&path));
    }
    start(inner, headers, site, Start::sign_in(path)).await
}
