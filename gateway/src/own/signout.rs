//! Signing out: the session here ends at once, then the provider ends the rest.

use std::sync::Arc;

use http::{HeaderValue, Response, header};

use crate::error::Refusal;
use crate::login::redirect;
use crate::session::{Cookie, Live};
use crate::{Body, Inner};

pub(super) async fn end(inner: &Inner, session: Option<Arc<Live>>) -> Result<Response<Body>, Refusal> {
    let mut to = format!("{}/signout", inner.settings.issuer);
    if let Some(live) = session {
        let hint = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("id_token_hint", &live.record.id_token)
            .finish();
        to = format!("{}/logout?{hint}", inner.settings.issuer);
        // Every site that this browser opened, whether or not the provider still knows the session.
        let (sub, sid) = (&live.record.sub, Some(live.record.sid.as_str()));
        inner.sessions.end_of(sub, sid, None).await.map_err(|_| Refusal::StoreAway)?;
    }
    let mut response = redirect(&to);
    let headers = response.headers_mut();
    if let Some(cookie) = Cookie::Session.clear(inner.settings.secure) {
        headers.append(header::SET_COOKIE, cookie);
    }
    headers.insert(header::HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    Ok(response)
}
