//! The apps of a trust: list, register, change, secrets, approval, redirect checker, and what went wrong lately.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use idp_directory::DirectoryError;
use idp_directory::apps::{NewSecret, seen_as};
use idp_domain::client::{AppFacts, AppStage, Client, ClientAuth};
use idp_domain::london;
use serde::Deserialize;

use super::AppMaker;
use super::typed::Typed;
use crate::error::refused;
use crate::page::{Fault, Frame, form_head, go, show, show_with, shown};
use crate::{PageError, Web};

struct Line {
    id: String,
    name: String,
    trust: String,
    state: &'static str,
    badge: &'static str,
}

#[derive(Template)]
#[template(path = "dev_apps.html")]
struct List {
    frame: Frame,
    lines: Vec<Line>,
    /// Trusts in which apps may be registered: identifier and name.
    trusts: Vec<(String, String)>,
}

/// The word and the colour of an app’s state.
fn state(client: &Client, app: &AppFacts) -> (&'static str, &'static str) {
    match app.stage {
        _ if client.disabled => ("Switched off", "bad"),
        AppStage::Live => (app.stage.title(), "ok"),
        AppStage::Sandbox | AppStage::Waiting => (app.stage.title(), "wait"),
    }
}

pub(crate) async fn list(State(web): State<Web>, by: AppMaker) -> Result<Response, PageError> {
    let apps = web.directory.apps(&by.maker).await.map_err(|error| refused(error, "/developers/apps"))?;
    let lines = apps.iter().filter_map(|client| {
        let app = client.app.as_ref()?;
        let trust = by.maker.trusts.iter().find(|trust| trust.id == app.trust)?;
        let (state, badge) = state(client, app);
        Some(Line { id: client.id.clone(), name: client.name.clone(), trust: trust.name.clone(), state, badge })
    });
    show(&List { frame: by.frame("Apps"), lines: lines.collect(), trusts: trusts_of(&by) })
}

/// The trusts of a maker as choices of a form.
fn trusts_of(by: &AppMaker) -> Vec<(String, String)> {
    by.maker.trusts.iter().map(|trust| (trust.id.to_string(), trust.name.clone())).collect()
}

#[derive(Template)]
#[template(path = "dev_token.html")]
struct Token {
    frame: Frame,
    trust: String,
    issuer: String,
    token: String,
}

#[derive(Deserialize)]
pub(crate) struct OfTrust {
    #[serde(default)]
    trust: String,
}

pub(crate) async fn make_token(
    State(web): State<Web>,
    by: AppMaker,
    Form(chosen): Form<OfTrust>,
) -> Result<Response, PageError> {
    let id = chosen.trust.parse().map_err(|_| PageError::Incomplete)?;
    let made = web.directory.registration_token(&by.maker, id).await;
    let token = made.map_err(|error| refused(error, "/developers/apps"))?;
    let trust = by.maker.trusts.iter().find(|trust| trust.id == id).map_or_else(String::new, |one| one.name.clone());
    let (issuer, token) = (web.provider.issuer.clone(), token.reveal().to_owned());
    show(&Token { frame: by.frame("Token for registering apps"), trust, issuer, token })
}

#[derive(Template)]
#[template(path = "dev_app_new.html")]
struct New {
    frame: Frame,
    trusts: Vec<(String, String)>,
    typed: Typed,
    /// The origin for mutual TLS; empty where there is none.
    mtls: String,
    faults: Vec<Fault>,
}

/// Where apps with certificates come; empty where they cannot.
fn mtls(web: &Web) -> String {
    web.provider.mtls.as_ref().map(|mtls| mtls.origin.clone()).unwrap_or_default()
}

pub(crate) async fn show_new(State(web): State<Web>, by: AppMaker) -> Result<Response, PageError> {
    new_page(&web, &by, Typed { kind: "server".to_owned(), ..Typed::default() }, vec![])
}

fn new_page(web: &Web, by: &AppMaker, typed: Typed, faults: Vec<Fault>) -> Result<Response, PageError> {
    let (status, title) = form_head("Register an app", &faults);
    show_with(status, &New { frame: by.frame(&title), trusts: trusts_of(by), typed, mtls: mtls(web), faults })
}

#[derive(Template)]
#[template(path = "dev_app_secret.html")]
struct Secret {
    frame: Frame,
    name: String,
    issuer: String,
    id: String,
    secret: String,
}

fn secret_page(web: &Web, by: &AppMaker, made: &NewSecret) -> Result<Response, PageError> {
    show(&Secret {
        frame: by.frame("Keep this secret"),
        name: made.client.name.clone(),
        issuer: web.provider.issuer.clone(),
        id: made.client.id.clone(),
        secret: made.secret.as_ref().map(|secret| secret.reveal().to_owned()).unwrap_or_default(),
    })
}

pub(crate) async fn add(State(web): State<Web>, by: AppMaker, Form(typed): Form<Typed>) -> Result<Response, PageError> {
    let trust = typed.trust.parse().map_err(|_| PageError::Incomplete)?;
    match web.directory.add_app(&by.maker, trust, &typed.wish()).await {
        Ok(made) if made.secret.is_some() => secret_page(&web, &by, &made),
        Ok(made) => Ok(go(&format!("/developers/apps/{}", made.client.id))),
        Err(DirectoryError::Faults(faults)) => new_page(&web, &by, typed, shown(faults)),
        Err(other) => Err(refused(other, "/developers/apps/new")),
    }
}

struct ErrorLine {
    at: String,
    path: &'static str,
    code: &'static str,
    words: &'static str,
    redirect_uri: String,
}

#[derive(Template)]
#[template(path = "dev_app.html")]
struct App {
    frame: Frame,
    id: String,
    issuer: String,
    state: &'static str,
    badge: &'static str,
    stage: AppStage,
    disabled: bool,
    /// Whether this person may open it to everybody.
    decides: bool,
    /// Whether it is what it is through this person, too.
    own: bool,
    /// What an approval is about.
    seen: String,
    /// `none`, `one` or `two` secrets that count; `keys` where it has keys or a certificate in place of one.
    secrets: &'static str,
    typed: Typed,
    /// By which numbers it knows people, in words.
    subjects: String,
    /// The origin for mutual TLS; empty where there is none.
    mtls: String,
    errors: Vec<ErrorLine>,
    checked: Option<(String, String)>,
    faults: Vec<Fault>,
}

async fn app_page(
    web: &Web,
    by: &AppMaker,
    id: &str,
    (typed, faults, checked): (Option<Typed>, Vec<Fault>, Option<(String, String)>),
) -> Result<Response, PageError> {
    let (client, app) = web.directory.app(&by.maker, id).await.map_err(|error| refused(error, "/developers/apps"))?;
    let (status, title) = form_head(&client.name, &faults);
    let (state, badge) = state(&client, &app);
    let errors = web.errors.of(id).into_iter().map(|logged| ErrorLine {
        at: london::show(logged.at),
        path: logged.path,
        code: logged.error.code,
        words: logged.error.description,
        redirect_uri: logged.redirect_uri,
    });
    let page = App {
        frame: by.frame(&title),
        id: id.to_owned(),
        issuer: web.provider.issuer.clone(),
        state,
        badge,
        stage: app.stage,
        disabled: client.disabled,
        decides: by.maker.decides.contains(&app.trust),
        own: by.maker.has_a_hand_in(&app),
        seen: seen_as(&client),
        secrets: match &client.auth {
            ClientAuth::Secret { before: Some(_), .. } => "two",
            ClientAuth::Secret { before: None, .. } => "one",
            ClientAuth::None => "none",
            _ => "keys",
        },
        typed: typed.unwrap_or_else(|| Typed::of(&client)),
        subjects: match client.sector.as_deref().map(|sector| (sector, sector.strip_prefix("host "))) {
            None => "The same as every app that asks for that (public)".to_owned(),
            Some((_, Some(host))) => format!("The same as every app that {host} lists"),
            Some(_) => "Its own, which no other app knows".to_owned(),
        },
        mtls: mtls(web),
        errors: errors.collect(),
        checked,
        faults,
    };
    show_with(status, &page)
}

pub(crate) async fn show_app(
    State(web): State<Web>,
    by: AppMaker,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    app_page(&web, &by, &id, (None, vec![], None)).await
}

pub(crate) async fn save(
    State(web): State<Web>,
    by: AppMaker,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let back = format!("/developers/apps/{id}");
    match web.directory.change_app(&by.maker, &id, &typed.wish()).await {
        Ok(()) => Ok(go(&back)),
        Err(DirectoryError::Faults(faults)) => app_page(&web, &by, &id, (Some(typed), shown(faults), None)).await,
        Err(other) => Err(refused(other, &back)),
    }
}

#[derive(Deserialize)]
pub(crate) struct Action {
    what: String,
    /// What an approval is about.
    #[serde(default)]
    seen: String,
}

pub(crate) async fn act(
    State(web): State<Web>,
    by: AppMaker,
    Path(id): Path<String>,
    Form(action): Form<Action>,
) -> Result<Response, PageError> {
    let back = format!("/developers/apps/{id}");
    let (directory, maker) = (&web.directory, &by.maker);
    let done = match action.what.as_str() {
        "secret" => {
            let made = directory.new_app_secret(maker, &id).await.map_err(|error| refused(error, &back))?;
            return secret_page(&web, &by, &made);
        }
        "drop-secret" => directory.drop_app_secret(maker, &id).await,
        "off" => directory.switch_app(maker, &id, false).await,
        "on" => directory.switch_app(maker, &id, true).await,
        "ask" => directory.ask_app(maker, &id).await,
        "approve" => directory.approve_app(maker, &id, &action.seen).await,
        "sandbox" => directory.sandbox_app(maker, &id).await,
        _ => return Err(PageError::Incomplete),
    };
    done.map_err(|error| refused(error, &back))?;
    Ok(go(&back))
}

#[derive(Deserialize)]
pub(crate) struct Address {
    #[serde(default)]
    address: String,
}

/// Tells whether people would be sent to an address, and if not, how it differs from the nearest one that is registered.
pub(crate) async fn check_redirect(
    State(web): State<Web>,
    by: AppMaker,
    Path(id): Path<String>,
    Query(asked): Query<Address>,
) -> Result<Response, PageError> {
    let (client, _) = web.directory.app(&by.maker, &id).await.map_err(|error| refused(error, "/developers/apps"))?;
    let words = compared(&client.redirect_uris, &asked.address);
    app_page(&web, &by, &id, (None, vec![], Some((asked.address, words)))).await
}

fn compared(registered: &[String], asked: &str) -> String {
    if registered.iter().any(|known| known == asked) {
        return "This address is registered. People are sent there.".to_owned();
    }
    let same = |known: &str| known.chars().zip(asked.chars()).take_while(|(a, b)| a == b).count();
    let Some(nearest) = registered.iter().max_by_key(|known| same(known)) else {
        return "No address is registered.".to_owned();
    };
    let at = same(nearest);
    let rest = |text: &str| text.chars().skip(at).take(20).collect::<String>();
    match (rest(nearest).as_str(), rest(asked).as_str()) {
        (known, "") => format!("Not registered. {nearest} is the nearest: this one lacks “{known}” at its end."),
        ("", more) => format!("Not registered. {nearest} is the nearest: this one has “{more}” after it."),
        (known, other) => {
            format!("Not registered. {nearest} is the nearest: it goes on with “{known}” where this one has “{other}”.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::compared;

    #[test]
    fn the_checker_says_how_addresses_differ() {
        let known = ["https://app.example/callback".to_owned()];
        assert!(compared(&known, "https://app.example/callback").contains("is registered"));
        assert!(compared(&known, "https://app.example/callback/").contains("has “/” after it"));
        assert!(compared(&known, "https://app.example/call").contains("lacks “back”"));
        assert!(compared(&known, "http://app.example/callback").contains("goes on with “s://"));
    }
}
