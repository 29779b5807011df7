//! Signing out: here, and at every site and app that this browser opened.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use idp_domain::Slug;
use idp_domain::session::Session;
use serde::Deserialize;

use super::attempt::own_path;
use crate::browser::Visitor;
use crate::cookies::{Cookie, forget_look};
use crate::error::query;
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
    if let Some((session, _)) = &visitor {
        web.signin.end(session).await?;
    }
    let next = match (asked.attempt.as_str(), Slug::parse(&asked.site)) {
        ("", Ok(site)) => format!("{}/", web.settings.address_of(site.as_str())),
        ("", Err(_)) => "/signed-out".to_owned(),
        (attempt, _) => format!("/signin?{}", query("attempt", attempt)),
    };
    Ok(cleared(&web, visitor.as_ref().map(|(session, _)| session), go(&next)))
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
