//! Signing out: here, and at every site and app that this browser opened.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use idp_domain::Slug;
use idp_domain::session::Session;
use serde::Deserialize;
use url::Url;

use super::attempt::own_path;
use crate::browser::Visitor;
use crate::cookies::{Cookie, forget_look};
use crate::error::query;
use crate::guard::Frames;
use crate::page::{Frame, Message, go, show, with_cookie};
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "signout.html")]
struct Ask {
    frame: Frame,
    /// Where somebody else wants to go on.
    site: String,
}

#[derive(Deserialize)]
pub(crate) struct For {
    #[serde(default)]
    site: String,
}

pub(crate) async fn ask(Visitor(visitor): Visitor, Query(asked): Query<For>) -> Result<Response, PageError> {
    match visitor {
        Some((_, person)) => show(&Ask { frame: Frame::of("Sign out", &person, ""), site: asked.site }),
        None => Ok(go("/signed-out")),
    }
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    /// Somebody else goes on with this attempt to sign in.
    #[serde(default)]
    attempt: String,
    /// Or at this site.
    #[serde(default)]
    site: String,
}

pub(crate) async fn submit(
    State(web): State<Web>,
    Visitor(visitor): Visitor,
    Form(asked): Form<Asked>,
) -> Result<Response, PageError> {
    let next = match (asked.attempt.as_str(), Slug::parse(&asked.site)) {
        ("", Ok(site)) => format!("{}/", web.settings.address_of(site.as_str())),
        ("", Err(_)) => "/signed-out".to_owned(),
        (attempt, _) => format!("/signin?{}", query("attempt", attempt)),
    };
    match &visitor {
        Some((session, _)) => leave(&web, session, &next).await,
        None => Ok(cleared(&web, None, go(&next))),
    }
}

#[derive(Template)]
#[template(path = "signed_out_apps.html")]
struct Telling {
    frame: Frame,
    /// What the browser opens in frames, so that apps learn of it.
    apps: Vec<String>,
    next: String,
}

/// Ends the session of this browser and goes on; by way of a page on which apps are told, where some want to hear of it
/// from the browser (Front-Channel Logout 1.0 §3).
pub(crate) async fn leave(web: &Web, session: &Session, next: &str) -> Result<Response, PageError> {
    let apps = web.provider.front_channel(&session.sid).await?;
    web.signin.end(session).await?;
    told(web, session, (apps, next))
}

/// The page on which apps are told that this session has ended, or straight on where none want to hear of it.
pub(crate) fn told(web: &Web, session: &Session, (apps, next): (Vec<Url>, &str)) -> Result<Response, PageError> {
    if apps.is_empty() {
        return Ok(cleared(web, Some(session), go(next)));
    }
    let mut origins: Vec<String> = apps.iter().map(|app| app.origin().ascii_serialization()).collect();
    origins.dedup();
    let apps = apps.into_iter().map(String::from).collect();
    let mut page = show(&Telling { frame: Frame::titled("You are signed out"), apps, next: next.to_owned() })?;
    page.extensions_mut().insert(Frames(origins.join(" ")));
    Ok(cleared(web, Some(session), page))
}

/// Takes the cookie away, and what the browser kept of our pages. A shared computer forgets as well how its last user
/// wants pages to look.
pub(crate) fn cleared(web: &Web, session: Option<&Session>, mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    if session.is_some_and(|session| session.shared) {
        response = forget_look(&web.settings).into_iter().fold(response, with_cookie);
    }
    with_cookie(response, Cookie::Session.clear(&web.settings))
}

#[derive(Deserialize)]
pub(crate) struct Over {
    /// The session ended by itself.
    late: Option<String>,
    /// Where the person was.
    #[serde(default)]
    next: String,
}

pub(crate) async fn done(Query(over): Query<Over>) -> Result<Response, PageError> {
    if over.late.is_some() {
        return show(&Message {
            frame: Frame::titled("You were signed out"),
            paragraphs: vec![
                "You were signed out after a while without use, so that nobody else goes on in your name.".to_owned(),
                "What you sent is saved. What you typed at a school’s site is kept for 10 minutes.".to_owned(),
            ],
            action: Some(("Sign in again".to_owned(), format!("/signin?{}", query("next", &own_path(&over.next))))),
            other: None,
        });
    }
    show(&Message {
        frame: Frame::titled("You are signed out"),
        paragraphs: vec!["You are signed out of Lanyard and of every school site in this browser.".to_owned()],
        action: Some(("Sign in again".to_owned(), "/signin".to_owned())),
        other: None,
    })
}
