//! Everything of the provider with a URL: thin handlers that join `idp/signin`, `idp/oauth` and `idp/directory`.
//!
//! To add a page: a handler in the folder that mirrors its address, a template, a line in that folder's table of routes.
//! What is deliberately absent: rules. Handlers read a form, call one operation and show its answer.

mod account;
mod admin;
mod api;
mod browser;
mod carry;
mod cookies;
mod developers;
mod error;
mod guard;
mod language;
mod log_words;
mod oauth;
mod page;
mod signin;

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use idp_directory::Directory;
use idp_domain::Slug;
use idp_oauth::Provider;
use idp_signin::SignIn;

pub use account::{Alerts, AskSite};
pub use developers::ErrorLog;
pub use error::PageError;
pub(crate) use language::{here, lang, other_language, t, t1, t2, text_size};

/// What the handlers work with. Each request takes this several times, so it is one pointer.
#[derive(Clone)]
pub struct Web(Arc<Parts>);

/// The parts of it.
pub struct Parts {
    /// Who somebody is.
    pub signin: SignIn,
    /// The protocol.
    pub provider: Provider,
    /// Managing people.
    pub directory: Directory,
    /// What depends on the deployment.
    pub settings: Settings,
    /// What went wrong lately with the requests of apps.
    pub errors: ErrorLog,
    /// How many alerts wait for people at their sites.
    pub alerts: Arc<Alerts>,
}

/// What depends on the deployment.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether the public origin is `https`: cookies are then `Secure` and carry the `__Host-` prefix.
    pub secure: bool,
    /// How a site's address is made from its slug: `https://{slug}.example.org`.
    pub site_address: String,
    /// Where mails of the support form go.
    pub support_email: String,
}

impl Settings {
    /// The public address of a site.
    pub fn address_of(&self, slug: &str) -> String {
        self.site_address.replace("{slug}", slug)
    }
}

impl Deref for Web {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Web {
    /// With these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The whole provider as one service.
    pub fn router(self) -> Router {
        let pages = Router::new()
            .merge(signin::routes())
            .merge(account::routes())
            .merge(admin::routes())
            .merge(oauth::pages())
            .merge(developers::routes())
            .route("/carry-on", get(carry::offer))
            .layer(axum::middleware::from_fn(guard::in_words))
            .layer(axum::middleware::from_fn_with_state(self.clone(), carry::keep))
            .layer(axum::middleware::from_fn_with_state(self.clone(), guard::same_origin))
            .layer(axum::middleware::from_fn_with_state(self.clone(), browser::remember));
        let machines = Router::new().merge(oauth::machines()).merge(api::routes());
        Router::new()
            .merge(pages)
            .merge(machines)
            .route("/static/lanyard.css", get(css))
            .route("/static/keys.js", get(keys_js))
            .route("/static/switcher.js", get(switcher_js))
            .route("/static/session.js", get(session_js))
            .route("/static/told.js", get(told_js))
            .route("/static/sites/{file}", get(site_look))
            .fallback(error::not_found)
            .layer(axum::middleware::from_fn_with_state(self.clone(), language::speak))
            .layer(axum::middleware::from_fn_with_state(self.clone(), guard::headers))
            .layer(axum::extract::DefaultBodyLimit::max(64 * 1024))
            .with_state(self)
    }
}

async fn css() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../static/lanyard.css"))
}

/// A site's colour and emblem, where its name is shown. They are public: the sign-in page shows them to anybody.
async fn site_look(State(web): State<Web>, Path(file): Path<String>) -> Result<Response, PageError> {
    if let Some(slug) = file.strip_suffix(".png") {
        return emblem(&web, slug).await;
    }
    let slug = file.strip_suffix(".css").and_then(|slug| Slug::parse(slug).ok()).ok_or(PageError::NotFound)?;
    let site = web.signin.context.store.site_by_slug(&slug).await?.ok_or(PageError::NotFound)?;
    let colour = &site.settings.colour;
    let mut css = format!(".tint-{slug}{{background-color:{colour}}}.edge-{slug}{{border-left-color:{colour}}}");
    if let Some(hash) = web.signin.context.store.emblem_hash(site.id).await? {
        let look = format!(
            "background:#fff url(/static/sites/{slug}.png?v={hash}) center/contain no-repeat;color:transparent"
        );
        // Where colours are forced, the initials stand in for a picture that they would be written across.
        css = format!("{css}@media (forced-colors:none){{.tint-{slug} .emblem,.dot.tint-{slug}{{{look}}}}}");
    }
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=60")];
    Ok((headers, css).into_response())
}

async fn emblem(web: &Web, slug: &str) -> Result<Response, PageError> {
    let slug = Slug::parse(slug).map_err(|_| PageError::NotFound)?;
    let store = &web.signin.context.store;
    let site = store.site_by_slug(&slug).await?.ok_or(PageError::NotFound)?;
    let (png, _) = store.emblem(site.id).await?.ok_or(PageError::NotFound)?;
    // Its address changes with it.
    let headers = [(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "public, max-age=86400")];
    Ok((headers, png).into_response())
}

async fn told_js() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../static/told.js"))
}

async fn session_js() -> impl axum::response::IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../static/session.js"))
}

async fn switcher_js() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../static/switcher.js"))
}

async fn keys_js() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("../static/keys.js"))
}
