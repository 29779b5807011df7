//! The demonstration's school site: a small safeguarding system that trusts the signed assertion and nothing else.

mod pages;
mod pupils;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::Result;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Form, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::StreamExt;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use crate::assemble::Chance;

/// The running site server; one process serves all seven schools, told apart by Host and audience.
pub(super) struct School {
    address: SocketAddr,
    state: Shared,
}

#[derive(Clone)]
struct Shared {
    chance: Chance,
    key: Arc<OnceLock<Vec<u8>>>,
    concerns: Arc<Mutex<Vec<Concern>>>,
}

/// A concern that was recorded while the demonstration runs.
#[derive(Clone)]
struct Concern {
    site: String,
    by: String,
    pupil: String,
    text: String,
}

/// What the assertion says; the only source of rights here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Staff {
    name: String,
    groups: Vec<String>,
    level: String,
    scope: String,
    classes: Vec<String>,
    years: Vec<String>,
    aud: String,
    exp: i64,
}

impl Staff {
    /// Whether records of a class may be read now.
    fn may_read(&self, class: &str, year: &str) -> bool {
        self.level == "elevated"
            && match self.scope.as_str() {
                "all" => true,
                "listed" => self.classes.iter().any(|code| code == class) || self.years.iter().any(|code| code == year),
                _ => false,
            }
    }

    fn site(&self) -> &str {
        self.aud.strip_prefix("site:").unwrap_or_default()
    }
}

/// Starts the server on a free port of this machine.
pub(super) async fn start(chance: Chance, stop: CancellationToken) -> Result<School> {
    let state = Shared { chance, key: Arc::default(), concerns: Arc::default() };
    let router = Router::new()
        .route("/", get(home))
        .route("/concerns", get(new_concern).post(record))
        .route("/records", get(records))
        .route("/records/{id}", get(one_record))
        .route("/admin", get(admin))
        .route("/alerts", get(alerts))
        .route("/.well-known/lanyard/alerts", get(waiting))
        .fallback(not_found)
        .with_state(state.clone());
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = served.await {
            tracing::error!(%error, "the demonstration's school site");
        }
    });
    Ok(School { address, state })
}

impl School {
    pub(super) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Trusts assertions of this key, and of no other.
    pub(super) fn trust(&self, public_point: &str) {
        let point = URL_SAFE_NO_PAD.decode(public_point).unwrap_or_default();
        // A second call would change nothing: the first key is the one.
        drop(self.state.key.set(point));
    }
}

impl FromRequestParts<Shared> for Staff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &Shared) -> Result<Self, Self::Rejection> {
        verified(&parts.headers, state).ok_or_else(|| (StatusCode::UNAUTHORIZED, "No valid assertion").into_response())
    }
}

/// Signature, type, audience of the host that was asked, and time.
fn verified(headers: &HeaderMap, state: &Shared) -> Option<Staff> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let token = text("x-lanyard-assertion")?;
    let header = token.split('.').next()?;
    let header: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    let kid = header.get("kid")?.as_str()?;
    let payload = certs::signing::verify_es256(token, state.key.get()?, kid, "lanyard-assertion+jwt")?;
    let staff: Staff = serde_json::from_slice(&payload).ok()?;
    let slug = text("host")?.split('.').next()?;
    (staff.site() == slug && state.chance.clock.now().0 < staff.exp).then_some(staff)
}

async fn home(State(state): State<Shared>, staff: Staff) -> Response {
    let concerns = state.concerns.lock().unwrap_or_else(PoisonError::into_inner);
    let own: Vec<(String, String)> = concerns
        .iter()
        .filter(|concern| concern.site == staff.site() && concern.by == staff.name)
        .map(|concern| (concern.pupil.clone(), concern.text.clone()))
        .collect();
    pages::home(&staff, &own).into_response()
}

async fn new_concern(staff: Staff) -> Response {
    pages::concern(&staff, "", "").into_response()
}

#[derive(Deserialize)]
struct Recorded {
    #[serde(default)]
    pupil: String,
    #[serde(default)]
    text: String,
}

async fn record(State(state): State<Shared>, staff: Staff, Form(recorded): Form<Recorded>) -> Response {
    if recorded.pupil.trim().is_empty() || recorded.text.trim().is_empty() {
        let page = pages::concern(&staff, &recorded.pupil, &recorded.text);
        return (StatusCode::UNPROCESSABLE_ENTITY, page).into_response();
    }
    let site = staff.site().to_owned();
    let concern = Concern { site, by: staff.name, pupil: recorded.pupil, text: recorded.text };
    state.concerns.lock().unwrap_or_else(PoisonError::into_inner).push(concern);
    Redirect::to("/").into_response()
}

async fn records(staff: Staff) -> Response {
    let records = pupils::records(staff.site());
    let seen: Vec<_> = records.into_iter().filter(|record| staff.may_read(&record.class, &record.year)).collect();
    pages::records(&staff, &seen).into_response()
}

async fn one_record(staff: Staff, Path(id): Path<usize>) -> Response {
    let record = pupils::records(staff.site()).into_iter().nth(id);
    match record {
        Some(record) if staff.may_read(&record.class, &record.year) => pages::record(&staff, &record).into_response(),
        Some(record) => (StatusCode::FORBIDDEN, pages::not_your_class(&staff, &record.class_name)).into_response(),
        None => not_found(staff).await,
    }
}

async fn not_found(staff: Staff) -> Response {
    (StatusCode::NOT_FOUND, pages::not_found(&staff)).into_response()
}

async fn admin(staff: Staff) -> Response {
    let allowed =
        staff.level == "elevated" && staff.groups.iter().any(|group| group == "site-admin" || group == "office");
    if !allowed {
        return (StatusCode::FORBIDDEN, "The Admin area is for elevated site admins").into_response();
    }
    pages::admin(&staff, &pupils::class_names(staff.site())).into_response()
}

/// How many alerts wait for whoever is asked about: new concerns, for those who lead on safeguarding.
async fn waiting(State(state): State<Shared>, staff: Staff) -> Response {
    let leads = staff.groups.iter().any(|group| group == "dsl" || group == "deputy-dsl");
    let concerns = state.concerns.lock().unwrap_or_else(PoisonError::into_inner);
    let new = concerns.iter().filter(|concern| concern.site == staff.site() && concern.by != staff.name).count();
    let count = if leads { new + pupils::unread(staff.site()) } else { 0 };
    axum::Json(serde_json::json!({ "count": count })).into_response()
}

/// A stream that stays open: what a page listens to for new alerts.
async fn alerts(_staff: Staff) -> Response {
    let ticks = futures_util::stream::unfold(0_u64, |count| async move {
        if count > 0 {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
        let text =
            if count == 0 { "event: ready\ndata: listening\n\n".to_owned() } else { ": still here\n\n".to_owned() };
        Some((Ok::<_, std::convert::Infallible>(text), count + 1))
    });
    let body = axum::body::Body::from_stream(ticks.boxed());
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}
