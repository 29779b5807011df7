//! Bookworm: an invented school app that lets staff sign in with OpenID Connect, by the openidconnect crate alone.

use std::collections::HashMap;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use base64::Engine;
use gateway::ports::{BackChannel, BackChannelError};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata,
};
use openidconnect::{
    AdditionalClaims, AsyncHttpClient, AuthorizationCode, ClientId, CsrfToken, HttpRequest, HttpResponse, IdToken,
    IssuerUrl, JsonWebKey, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};
use serde::{Deserialize, Serialize};

use super::html::{safe, simple};
use crate::assemble::Chance;

/// Its `client_id`.
pub(super) const CLIENT_ID: &str = "bookworm";

/// The app.
#[derive(Clone)]
pub(super) struct Bookworm {
    http: Arc<dyn BackChannel>,
    issuer: String,
    origin: String,
    chance: Chance,
    /// State → what has to be remembered until the browser comes back.
    flows: Arc<Mutex<HashMap<String, (String, String)>>>,
    /// Cookie → who.
    readers: Arc<Mutex<HashMap<String, Reader>>>,
}

/// Somebody who is signed in.
#[derive(Clone)]
struct Reader {
    name: String,
    sub: String,
    /// Their session at the provider.
    sid: Option<String>,
}

/// What a logout token says (OpenID Connect Back-Channel Logout 1.0 §2.4).
#[derive(Deserialize)]
struct SignOut {
    iss: String,
    aud: String,
    sub: String,
    sid: Option<String>,
    exp: i64,
    events: HashMap<String, serde_json::Value>,
    nonce: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sid {
    sid: Option<String>,
}

impl AdditionalClaims for Sid {}

type WithSid = IdToken<Sid, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

struct Http<'a>(&'a dyn BackChannel);

impl<'c> AsyncHttpClient<'c> for Http<'_> {
    type Error = BackChannelError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, BackChannelError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.0.send(request)
    }
}

const STYLE: &str = "body{font:17px/1.6 Georgia,serif;max-width:640px;margin:40px auto;padding:0 18px;color:#2b2118;background:#fbf6ea}\
    h1{font-size:2rem;letter-spacing:-.01em}a.go{display:inline-block;background:#5a3d1b;color:#fff;padding:11px 18px;border-radius:8px;text-decoration:none;font-family:system-ui}";

impl Bookworm {
    pub(super) fn new(http: Arc<dyn BackChannel>, (issuer, origin): (String, String), chance: Chance) -> Self {
        Self { http, issuer, origin, chance, flows: Arc::default(), readers: Arc::default() }
    }

    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/", get(home))
            .route("/login", get(login))
            .route("/callback", get(callback))
            .route("/signed-out-elsewhere", post(signed_out))
            .with_state(self)
    }

    fn secret(&self) -> String {
        idp_domain::Secret::new(&*self.chance.random).reveal().to_owned()
    }

    async fn metadata(&self) -> Option<CoreProviderMetadata> {
        let issuer = IssuerUrl::new(self.issuer.clone()).ok()?;
        CoreProviderMetadata::discover_async(issuer, &Http(&*self.http)).await.ok()
    }

    async fn begin(&self) -> Option<String> {
        let redirect = RedirectUrl::new(format!("{}/callback", self.origin)).ok()?;
        let client =
            CoreClient::from_provider_metadata(self.metadata().await?, ClientId::new(CLIENT_ID.to_owned()), None)
                .set_redirect_uri(redirect);
        let (state, nonce) = (self.secret(), self.secret());
        let verifier = PkceCodeVerifier::new(self.secret());
        let (kept_state, kept_nonce) = (state.clone(), nonce.clone());
        let (url, _, _) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || CsrfToken::new(state), || Nonce::new(nonce))
            .add_scope(Scope::new("profile".to_owned()))
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        let mut flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner);
        if flows.len() > 1000 {
            flows.clear();
        }
        flows.insert(kept_state, (kept_nonce, verifier.secret().clone()));
        Some(url.into())
    }

    async fn finish(&self, answer: &HashMap<String, String>) -> Option<Reader> {
        let kept = self.flows.lock().unwrap_or_else(PoisonError::into_inner).remove(answer.get("state")?);
        let (nonce, verifier) = kept?;
        let redirect = RedirectUrl::new(format!("{}/callback", self.origin)).ok()?;
        let client =
            CoreClient::from_provider_metadata(self.metadata().await?, ClientId::new(CLIENT_ID.to_owned()), None)
                .set_redirect_uri(redirect);
        let tokens = client
            .exchange_code(AuthorizationCode::new(answer.get("code")?.clone()))
            .ok()?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier))
            .request_async(&Http(&*self.http))
            .await
            .ok()?;
        let now = self.chance.clock.now().0;
        let time =
            move || (std::time::UNIX_EPOCH + std::time::Duration::from_secs(u64::try_from(now).unwrap_or(0))).into();
        let verifier = client.id_token_verifier().set_time_fn(time);
        // The crate's own type of answer leaves `sid` out, so the token is read once more.
        let token = WithSid::from_str(&tokens.id_token()?.to_string()).ok()?;
        let claims = token.claims(&verifier, &Nonce::new(nonce)).ok()?;
        Some(Reader {
            name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()).unwrap_or_default(),
            sub: claims.subject().to_string(),
            sid: claims.additional_claims().sid.clone(),
        })
    }

    /// The claims of a logout token, if it is the provider's, for this app, and of this moment (§2.6).
    async fn believed(&self, token: &str) -> Option<SignOut> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let decoded = |part: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).ok();
        let header: serde_json::Value = serde_json::from_slice(&decoded(header)?).ok()?;
        if header.get("typ")?.as_str()? != "logout+jwt" || header.get("alg")?.as_str()? != "RS256" {
            return None;
        }
        let metadata = self.metadata().await?;
        let kid = header.get("kid")?.as_str()?;
        let key = metadata.jwks().keys().iter().find(|key| key.key_id().is_some_and(|id| id.as_str() == kid))?;
        let algorithm = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
        key.verify_signature(&algorithm, signed.as_bytes(), &decoded(signature)?).ok()?;
        let claims: SignOut = serde_json::from_slice(&decoded(payload)?).ok()?;
        let right = claims.iss == self.issuer
            && claims.aud == CLIENT_ID
            && claims.exp > self.chance.clock.now().0
            && claims.nonce.is_none()
            && claims.events.contains_key("http://schemas.openid.net/event/backchannel-logout");
        right.then_some(claims)
    }
}

async fn home(State(app): State<Bookworm>, headers: HeaderMap) -> Html<String> {
    let cookie = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let id = cookie.split(';').find_map(|pair| pair.trim().strip_prefix("bookworm="));
    let reader = id.and_then(|id| app.readers.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned());
    let body = match reader {
        Some(reader) => format!("<h1>Bookworm</h1><p id=\"reader\">Hello {}.</p><p>Your class has read 214 books this term.</p>", safe(&reader.name)),
        None => "<h1>Bookworm</h1><p>The reading log for schools. Staff sign in with their Lanyard account.</p><p><a class=\"go\" \
                 id=\"login\" href=\"/login\">Sign in with Lanyard</a></p>"
            .to_owned(),
    };
    simple("Bookworm", STYLE, &body)
}

async fn login(State(app): State<Bookworm>) -> Response {
    match app.begin().await {
        Some(url) => Redirect::to(&url).into_response(),
        None => {
            simple("Bookworm", STYLE, "<h1>Bookworm</h1><p>Lanyard does not answer. Try again.</p>").into_response()
        }
    }
}

async fn callback(State(app): State<Bookworm>, Query(answer): Query<HashMap<String, String>>) -> Response {
    let Some(reader) = app.finish(&answer).await else {
        let words = "<h1>Bookworm</h1><p>You were not signed in.</p><p><a href=\"/\">Back</a></p>";
        return simple("Bookworm", STYLE, words).into_response();
    };
    let id = app.secret();
    app.readers.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), reader);
    let cookie = format!("bookworm={id}; Path=/; HttpOnly; SameSite=Lax");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

/// Somebody signed out at the provider, or was signed out there.
async fn signed_out(State(app): State<Bookworm>, Form(told): Form<HashMap<String, String>>) -> StatusCode {
    let token = told.get("logout_token").map(String::as_str).unwrap_or_default();
    let Some(claims) = app.believed(token).await else { return StatusCode::BAD_REQUEST };
    let meant = |reader: &Reader| reader.sub == claims.sub && (claims.sid.is_none() || reader.sid == claims.sid);
    app.readers.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, reader| !meant(reader));
    StatusCode::OK
}
