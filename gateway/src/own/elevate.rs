//! Elevating, by the person's own click, and dropping back.

use std::sync::Arc;

use http::{HeaderMap, Response};

use crate::error::Refusal;
use crate::login::{Kind, Start, own_path, redirect, start};
use crate::phases::detour::elevate_page;
use crate::registry::Site;
use crate::session::Live;
use crate::{Body, Inner};

fn return_of(encoded: &str) -> String {
    let found = url::form_urlencoded::parse(encoded.as_bytes()).find(|(name, _)| name == "return");
    own_path(&found.map_or_else(|| "/".to_owned(), |(_, value)| value.into_owned()))
}

/// GET only asks: nobody is elevated by a link.
pub(super) fn ask(site: &Site, session: Option<&Live>, query: &str) -> Response<Body> {
    elevate_page(site, session, "Elevated access opens what your role allows at this school", &return_of(query))
}

/// POST goes to the provider for a proof with a key.
pub(super) async fn begin(
    inner: &Inner,
    headers: &HeaderMap,
    site: &Site,
    session: Option<Arc<Live>>,
    form: String,
) -> Result<Response<Body>, Refusal> {
    let return_to = return_of(&form);
    let kind = match &session {
        Some(live) if live.record.may_elevate => Kind::Elevate { session: live.hash.clone() },
        Some(_) => {
            let reason = "Your role at this school does not elevate".to_owned();
            return Err(Refusal::Denied { site: site.entry.name.clone(), reason });
        }
        None => Kind::SignIn,
    };
    start(inner, headers, site, Start { kind, return_to, again: false }).await
}

/// Back to base access.
pub(super) async fn drop_back(inner: &Inner, session: Option<Arc<Live>>) -> Result<Response<Body>, Refusal> {
    if let Some(live) = session {
        inner.sessions.drop_elevation(&live).await.map_err(|_| Refusal::StoreAway)?;
    }
    Ok(redirect("/"))
}
