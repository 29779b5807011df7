//! How many alerts wait for somebody at a site. The provider asks, with a token that says who they are there; the site's own
//! server answers a number, and nothing else of its answer is passed on.

use std::time::Duration;

use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use serde::Deserialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::events::verified;
use crate::body::{Sent, json};
use crate::error::Refusal;
use crate::login::SiteFacts;
use crate::registry::Site;
use crate::session::Live;
use crate::{Body, Inner, phases};

/// `typ` of the provider's token.
const TYP: &str = "lanyard-alerts+jwt";
/// Where a site's own server counts.
const PATH: &str = "/.well-known/lanyard/alerts";
/// Oldest token that is believed, in seconds.
const OLDEST: i64 = 60;
/// Longest answer of a site, in bytes.
const MOST: usize = 1024;
/// Longest wait for it: somebody looks at the list of their sites meanwhile.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a site's own server says.
#[derive(Deserialize)]
struct Counted {
    count: u32,
}

/// The same over HTTP, for a provider in another process.
pub(super) async fn answer(inner: &Inner, headers: &HeaderMap, site: &Site) -> Result<Response<Body>, Refusal> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    match waiting(inner, site, bearer.unwrap_or_default()).await {
        Some(count) => Ok(json(StatusCode::OK, &format!("{{\"count\":{count}}}"))),
        None => Err(Refusal::NotFound),
    }
}

/// The number for whom a token of the provider names; none when it is not believed or the site does not say.
pub(super) async fn waiting(inner: &Inner, site: &Site, token: &str) -> Option<u32> {
    let claims = verified(inner, token, (TYP, &site.entry.client_id), OLDEST).await?;
    // Somebody at this site with base access, as if they had just signed in there.
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let own: SiteFacts = serde_json::from_value(claims.get("lanyard")?.clone()).ok()?;
    let now = inner.ports.clock.now();
    let live = (own.site == site.entry.slug)
        .then(|| Live::passing(own.record((text("sub"), text("name")), now), &CancellationToken::new()))?;
    let _permit = site.budget.clone().try_acquire_owned().ok()?;
    let uri = Uri::builder().scheme("http").authority(site.upstream.clone()?).path_and_query(PATH).build().ok()?;
    let request = Request::builder().method(Method::GET).uri(uri).body(Sent::Kept(Full::default())).ok()?;
    let request = phases::identity::add(inner, request, site, Some(&live)).ok()?;
    let asked = async {
        let answer = inner.upstream.send(request).await.ok().filter(|answer| answer.status() == StatusCode::OK)?;
        let body = Limited::new(answer.into_body(), MOST).collect().await.ok()?;
        serde_json::from_slice::<Counted>(&body.to_bytes()).ok()
    };
    Some(tokio::time::timeout(PATIENCE, asked).await.ok()??.count)
}
