//! The headteacher decides whether an admin who has lost every key comes back at once: GET looks, POST decides.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::error::refused;
use crate::page::{Frame, Message, show, show_with};
use crate::{PageError, Web, language};

#[derive(Template)]
#[template(path = "rescue.html")]
struct Page {
    frame: Frame,
    token: String,
    name: String,
    vouched_by: String,
    ready: String,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    token: String,
    /// `go-on` or `stop`.
    #[serde(default)]
    answer: String,
}

pub(crate) async fn look(State(web): State<Web>, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let seen = web.directory.rescue_seen(&asked.token).await.map_err(|error| refused(error, "/"))?;
    let Some((person, site, rescue)) = seen else { return over() };
    show(&Page {
        frame: Frame::titled("Somebody wants to come back without a key").at(Some(&site)),
        token: asked.token,
        name: person.full_name(),
        vouched_by: rescue.vouched_by,
        ready: language::show(rescue.ready_at),
    })
}

pub(crate) async fn decide(State(web): State<Web>, Form(asked): Form<Asked>) -> Result<Response, PageError> {
    let go_on = match asked.answer.as_str() {
        "go-on" => true,
        "stop" => false,
        _ => return Err(PageError::Incomplete),
    };
    if !web.directory.answer_rescue(&asked.token, go_on).await.map_err(|error| refused(error, "/"))? {
        return over();
    }
    let words = if go_on {
        "They can come back now. Our support reads out a temporary pass to them."
    } else {
        "Nothing happens. Nobody comes back without a key. Ring us if you did not know about it."
    };
    show(&Message {
        frame: Frame::titled(if go_on { "You have let it happen" } else { "You have stopped it" }),
        paragraphs: vec![words.to_owned()],
        action: Some(("Sign in".to_owned(), "/signin".to_owned())),
        other: Some(("Contact support".to_owned(), "/support".to_owned())),
    })
}

fn over() -> Result<Response, PageError> {
    let page = Message {
        frame: Frame::titled("There is nothing left to decide"),
        paragraphs: vec![
            "It was decided already, or has happened. Contact support if you did not know about it.".to_owned(),
        ],
        action: Some(("Contact support".to_owned(), "/support".to_owned())),
        other: Some(("Sign in".to_owned(), "/signin".to_owned())),
    };
    show_with(StatusCode::GONE, &page)
}
