//! The session of a cookie. A malformed cookie is no cookie (H-18); a store that does not answer is a 503 (H-19).

use std::sync::Arc;

use http::HeaderMap;

use crate::Inner;
use crate::error::Refusal;
use crate::registry::Site;
use crate::session::{Cookie, Live};
use crate::words;

/// Finds the session.
pub(crate) async fn find(inner: &Inner, headers: &HeaderMap, site: &Site) -> Result<Option<Arc<Live>>, Refusal> {
    let Some(cookie) = Cookie::Session.read(headers, inner.settings.secure) else { return Ok(None) };
    let found = inner.sessions.find(cookie, &site.entry.slug).await.map_err(|error| {
        tracing::error!(%error, "sessions");
        Refusal::StoreAway
    })?;
    if let Some(live) = &found {
        words::prefer(&live.record.language);
    }
    Ok(found)
}
