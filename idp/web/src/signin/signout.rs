//! Signing out: here, and at every site and app that this browser opened.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use crate::browser::Visitor;
use crate::cookies::Cookie;
use crate::page::{Frame, Message, go, show, with_cookie};
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "signout.html")]
struct Ask {
    frame: Frame,
}

pub(crate) async fn ask(Visitor(visitor): Visitor) -> Result<Response, PageError> {
    match visitor {
        Some((_, person)) => show(&Ask { frame: Frame::of("Sign out", &person, "") }),
        None => Ok(go("/signed-out")),
    }
}

pub(crate) async fn submit(State(web): State<Web>, Visitor(visitor): Visitor) -> Result<Response, PageError> {
    if let Some((session, _)) = &visitor {
        web.signin.end(session).await?;
    }
    Ok(cleared(&web, go("/signed-out")))
}

/// Takes the cookie away, and what the browser kept of our pages.
pub(crate) fn cleared(web: &Web, mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\""));
    with_cookie(response, Cookie::Session.clear(&web.settings))
}

pub(crate) async fn done() -> Result<Response, PageError> {
    show(&Message {
        frame: Frame::titled("You are signed out"),
        paragraphs: vec!["You are signed out of Lanyard and of every school site in this browser.".to_owned()],
        action: Some(("Sign in again".to_owned(), "/signin".to_owned())),
        other: None,
    })
}
