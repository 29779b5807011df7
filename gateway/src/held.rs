//! What somebody typed when their access ran out: kept sealed for 10 minutes, given back to the same person once.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::origin::is_own_form;
use crate::page::{escape, raw};
use crate::ports::{Random, hash, secret};
use crate::registry::Site;
use crate::session::{Cookie, Live};
use crate::{Body, Inner};

/// Seconds for which it is kept.
const LIFE: i64 = 600;
/// Most bytes that are kept.
const MOST: usize = 1024 * 1024;

/// Seals what is kept: the store never sees what was typed.
pub(crate) struct Sealer {
    key: Option<LessSafeKey>,
}

impl Sealer {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key: UnboundKey::new(&AES_256_GCM, &key).ok().map(LessSafeKey::new) }
    }

    fn seal(&self, plain: &[u8], random: &dyn Random) -> Option<Vec<u8>> {
        let mut nonce = [0_u8; NONCE_LEN];
        random.fill(&mut nonce);
        let mut sealed = plain.to_vec();
        let key = self.key.as_ref()?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let mut buffer = sealed.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.key.as_ref()?.open_in_place(nonce, Aad::empty(), &mut buffer).ok()?;
        Some(plain.to_vec())
    }
}

/// A held form.
#[derive(Serialize, Deserialize)]
struct Held {
    site: String,
    /// Who typed it; nobody else ever sees it.
    sub: String,
    until: i64,
    path: String,
    kind: String,
    body: Vec<u8>,
}

/// Holds a POST of a form; the address at which it waits, or nothing when it is not for holding.
pub(crate) async fn hold(
    inner: &Inner,
    request: Request<Incoming>,
    site: &Site,
    session: Option<&Live>,
) -> Result<Option<String>, Refusal> {
    let kind = text(request.headers(), "content-type").unwrap_or_default().to_owned();
    let plain_form = kind.starts_with("application/x-www-form-urlencoded");
    // A form that another page sends must not be kept for the person to send (S-24).
    let own_form = is_own_form(&inner.settings, request.headers(), &site.entry.slug);
    let Some(cookie) = Cookie::Session.read(request.headers(), inner.settings.secure) else { return Ok(None) };
    let owner = match session {
        Some(live) => Some(live.record.sub.clone()),
        None => inner.sessions.owner(cookie).await.map_err(|_| Refusal::StoreAway)?,
    };
    // What nobody is known to have typed is shown to nobody (S-23).
    let Some(sub) = owner.filter(|_| plain_form && own_form) else { return Ok(None) };
    let path = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let body = Limited::new(request.into_body(), MOST).collect().await;
    let body = body.map_err(|_| Refusal::Malformed(StatusCode::PAYLOAD_TOO_LARGE))?.to_bytes().to_vec();
    let held = Held { site: site.entry.slug.clone(), sub, path, kind, body, until: inner.ports.clock.now() + LIFE };
    let plain = serde_json::to_vec(&held).map_err(|_| Refusal::StoreAway)?;
    let sealed = inner.held.seal(&plain, &*inner.ports.random).ok_or(Refusal::StoreAway)?;
    let name = secret(&*inner.ports.random);
    let kept = inner.sessions.store().put_bag(&format!("held:{}", hash(&name)), &sealed, held.until).await;
    kept.map_err(|_| Refusal::StoreAway)?;
    Ok(Some(format!("/.lanyard/held?id={name}")))
}

/// Offers what was held to the person who typed it: a page with the form again, to be sent by one click.
pub(crate) async fn offer(inner: &Inner, query: &str, site: &Site, session: &Live) -> Result<Response<Body>, Refusal> {
    let name =
        url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "id").map(|(_, value)| value.into_owned());
    let name = format!("held:{}", hash(&name.unwrap_or_default()));
    let now = inner.ports.clock.now();
    let sealed = inner.sessions.store().take_bag(&name, now).await.map_err(|_| Refusal::StoreAway)?;
    let held = sealed
        .as_ref()
        .and_then(|sealed| inner.held.open(sealed))
        .and_then(|plain| serde_json::from_slice::<Held>(&plain).ok());
    // Looking spends nothing, whoever looks: it stays until it is too old.
    if let (Some(held), Some(sealed)) = (&held, &sealed) {
        let kept = inner.sessions.store().put_bag(&name, sealed, held.until).await;
        kept.map_err(|_| Refusal::StoreAway)?;
    }
    let theirs = |held: &Held| held.site == site.entry.slug && held.sub == session.record.sub;
    let Some(held) = held.filter(theirs) else {
        let main = "<h1>Nothing is waiting here</h1><p>It was sent already, or kept for more than 10 minutes.</p>\
                    <p><a class=\"button\" href=\"/\">Go on</a></p>";
        return Ok(raw(StatusCode::GONE, "Nothing is waiting here", &site.entry.colour, main));
    };
    let fields: String = url::form_urlencoded::parse(&held.body)
        .map(|(name, value)| format!("<textarea name=\"{}\" hidden>\n{}</textarea>", escape(&name), escape(&value)))
        .collect();
    let main = format!(
        "<h1>What you typed is safe</h1><p class=\"soft\">{}</p><p>Your access ran out while you were writing. Send it now, or \
         go on without sending it.</p><form method=\"post\" action=\"{}\" id=\"held\">{fields}<button type=\"submit\">Send what \
         I typed</button></form><p><a href=\"/\">Do not send it</a></p>",
        escape(&site.entry.name),
        escape(&held.path),
    );
    let mut response = raw(StatusCode::OK, "What you typed is safe", &site.entry.colour, &main);
    // Shown once: a page in the history must not send it again.
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(response)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
