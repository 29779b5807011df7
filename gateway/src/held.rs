//! What somebody typed when their access ran out: kept sealed for 10 minutes, given back to the same person once.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use serde::{Deserialize, Serialize};

use crate::body::Sent;
use crate::error::Refusal;
use crate::origin::is_own_form;
use crate::page::{escape, raw};
use crate::ports::{Random, hash, secret};
use crate::registry::Site;
use crate::session::{Cookie, Live};
use crate::words::t;
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

    pub(crate) fn seal(&self, plain: &[u8], random: &dyn Random) -> Option<Vec<u8>> {
        let mut nonce = [0_u8; NONCE_LEN];
        random.fill(&mut nonce);
        let mut sealed = plain.to_vec();
        let key = self.key.as_ref()?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    pub(crate) fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
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

/// Holds a POST of a form; the address at which it waits, or nothing when it is not for holding. What its own page sent
/// and cannot be held is refused in words: it is never lost in silence (S-23). `asked_by` is the slug in the address of
/// the page, which may be one that the site had before.
pub(crate) async fn hold(
    inner: &Inner,
    request: Request<Sent>,
    (site, asked_by): (&Site, &str),
    session: Option<&Live>,
) -> Result<Option<String>, Refusal> {
    let kind = text(request.headers(), "content-type").unwrap_or_default().to_owned();
    let is_form = kind.starts_with("application/x-www-form-urlencoded") || kind.starts_with("multipart/form-data");
    // A form that another page sends must not be kept for the person to send (S-24).
    let own_form = is_own_form(&inner.settings, request.headers(), asked_by);
    let Some(cookie) = Cookie::Session.read(request.headers(), inner.settings.secure) else { return Ok(None) };
    let owner = match session {
        Some(live) => Some(live.record.sub.clone()),
        None => inner.sessions.owner(cookie).await.map_err(|_| Refusal::StoreAway)?,
    };
    // What nobody is known to have typed is shown to nobody (S-23).
    let Some(sub) = owner.filter(|_| is_form && own_form) else { return Ok(None) };
    let path = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    let body = Limited::new(request.into_body(), MOST).collect().await;
    let body = body.map_err(|_| Refusal::TooLargeToHold)?.to_bytes().to_vec();
    let held = Held { site: site.entry.slug.clone(), sub, path, kind, body, until: inner.ports.clock.now() + LIFE };
    let plain = serde_json::to_vec(&held).map_err(|_| Refusal::StoreAway)?;
    let sealed = inner.held.seal(&plain, &*inner.ports.random).ok_or(Refusal::StoreAway)?;
    let name = secret(&*inner.ports.random);
    let kept = inner.sessions.store().put_bag(&format!("held:{}", hash(&name)), &sealed, held.until).await;
    kept.map_err(|_| Refusal::StoreAway)?;
    Ok(Some(format!("/.lanyard/held?id={name}")))
}

/// Offers what was held to the person who typed it: one click sends it on. Looking spends nothing, whoever looks.
pub(crate) async fn offer(inner: &Inner, query: &str, site: &Site, session: &Live) -> Result<Response<Body>, Refusal> {
    let (id, name) = named(query);
    let sealed = inner.sessions.store().look_bag(&name, inner.ports.clock.now()).await;
    let held = opened(inner, sealed.map_err(|_| Refusal::StoreAway)?.as_deref());
    let Some(held) = held.filter(|held| held.is_of(site, session)) else { return Ok(nothing(site)) };
    let shown: String = url::form_urlencoded::parse(&held.body)
        .filter(|(_, value)| held.is_plain() && value.chars().count() > 20)
        .map(|(_, value)| format!("<blockquote>{}</blockquote>", escape(&value)))
        .collect();
    let title = t("What you typed is safe");
    let words = |english: &str| escape(&t(english));
    let main = format!(
        "<h1>{}</h1><p class=\"soft\">{}</p><p>{}</p>{shown}<form method=\"post\" action=\"/.lanyard/held?id={}\" \
         id=\"held\"><button type=\"submit\">{}</button></form><p><a href=\"/\">{}</a></p>",
        escape(&title),
        escape(&site.entry.name),
        words("Your access ran out while you were writing. Send it now, or go on without sending it."),
        escape(&id),
        words("Send what I typed"),
        words("Do not send it"),
    );
    Ok(raw(StatusCode::OK, &title, &site.entry.colour, &main))
}

/// Takes what was held, once, and makes of it the request that it was. The answer of an error is ready to be sent.
pub(crate) async fn restore(
    inner: &Inner,
    request: Request<Sent>,
    site: &Site,
    session: Option<&Live>,
) -> Result<Request<Sent>, Result<Response<Body>, Refusal>> {
    let (_, name) = named(request.uri().query().unwrap_or_default());
    let Some(session) = session else { return Err(Ok(nothing(site))) };
    let away = |_| Err(Refusal::StoreAway);
    let now = inner.ports.clock.now();
    let seen = opened(inner, inner.sessions.store().look_bag(&name, now).await.map_err(away)?.as_deref());
    if !seen.is_some_and(|held| held.is_of(site, session)) {
        return Err(Ok(nothing(site)));
    }
    let taken = inner.sessions.store().take_bag(&name, now).await.map_err(away)?;
    let Some(held) = opened(inner, taken.as_deref()) else { return Err(Ok(nothing(site))) };
    let (mut parts, _) = request.into_parts();
    parts.uri = held.path.parse().map_err(|_| Err(Refusal::NotFound))?;
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::TRANSFER_ENCODING);
    let kind = header::HeaderValue::from_str(&held.kind).map_err(|_| Err(Refusal::NotFound))?;
    parts.headers.insert(header::CONTENT_TYPE, kind);
    Ok(Request::from_parts(parts, Sent::Kept(Full::new(held.body.into()))))
}

impl Held {
    fn is_of(&self, site: &Site, session: &Live) -> bool {
        self.site == site.entry.slug && self.sub == session.record.sub
    }

    fn is_plain(&self) -> bool {
        self.kind.starts_with("application/x-www-form-urlencoded")
    }
}

/// The name in an address, and the bag that it names.
fn named(query: &str) -> (String, String) {
    let id = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "id");
    let id = id.map(|(_, value)| value.into_owned()).unwrap_or_default();
    let bag = format!("held:{}", hash(&id));
    (id, bag)
}

fn opened(inner: &Inner, sealed: Option<&[u8]>) -> Option<Held> {
    serde_json::from_slice(&inner.held.open(sealed?)?).ok()
}

fn nothing(site: &Site) -> Response<Body> {
    let (title, words) = (t("Nothing is waiting here"), |english: &str| escape(&t(english)));
    let main = format!(
        "<h1>{}</h1><p>{}</p><p><a class=\"button\" href=\"/\">{}</a></p>",
        escape(&title),
        words("It was sent already, or kept for more than 10 minutes."),
        words("Go on"),
    );
    raw(StatusCode::GONE, &title, &site.entry.colour, &main)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
