//! Bookworm: an invented school app that lets staff sign in with OpenID Connect, by the openidconnect crate alone.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use gateway::ports::{BackChannel, BackChannelError};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClientId, CsrfToken, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
};

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
    /// Cookie → name.
    readers: Arc<Mutex<HashMap<String, String>>>,
}

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

    async fn finish(&self, answer: &HashMap<String, String>) -> Option<String> {
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
        let claims = tokens.id_token()?.claims(&verifier, &Nonce::new(nonce)).ok()?;
        Some(claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()).unwrap_or_default())
    }
}

async fn home(State(app): State<Bookworm>, headers: HeaderMap) -> Html<String> {
    let cookie = headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let id = cookie.split(';').find_map(|pair| pair.trim().strip_prefix("bookworm="));
    let reader = id.and_then(|id| app.readers.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned());
    let body = match reader {
        Some(name) => format!("<h1>Bookworm</h1><p id=\"reader\">Hello {}.</p><p>Your class has read 214 books this term.</p>", safe(&name)),
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
    let Some(name) = app.finish(&answer).await else {
        let words = "<h1>Bookworm</h1><p>You were not signed in.</p><p><a href=\"/\">Back</a></p>";
        return simple("Bookworm", STYLE, words).into_response();
    };
    let id = app.secret();
    app.readers.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), name);
    let cookie = format!("bookworm={id}; Path=/; HttpOnly; SameSite=Lax");
    ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}
