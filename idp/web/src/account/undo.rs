//! Undoing a change of address from the old mailbox: GET looks, POST undoes. Nobody needs to be signed in.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use idp_signin::links::LinkFault;
use serde::Deserialize;

use crate::page::{Frame, Message, show, show_with};
use crate::signin::link_fault;
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "account_undo.html")]
struct Page {
    frame: Frame,
    token: String,
    old: String,
    new: String,
}

#[derive(Deserialize)]
pub(crate) struct Token {
    #[serde(default)]
    token: String,
}

pub(crate) async fn look(State(web): State<Web>, Query(asked): Query<Token>) -> Result<Response, PageError> {
    match web.signin.look_at_undo(&asked.token).await? {
        Ok(change) => {
            let (old, new) = (change.old.as_str().to_owned(), change.new.as_str().to_owned());
            show(&Page { frame: Frame::titled("Undo the change of email address"), token: asked.token, old, new })
        }
        Err(fault) => broken(&fault),
    }
}

pub(crate) async fn submit(State(web): State<Web>, Form(asked): Form<Token>) -> Result<Response, PageError> {
    match web.signin.undo_address(&asked.token).await? {
        Ok(()) => show(&Message {
            frame: Frame::titled("Your email address is back"),
            paragraphs: vec![
                "You sign in with this address again, and you have been signed out everywhere.".to_owned(),
                "If somebody else changed it, create a new password now and tell your school.".to_owned(),
            ],
            action: Some(("Create a new password".to_owned(), "/first-time".to_owned())),
            other: Some(("Sign in".to_owned(), "/signin".to_owned())),
        }),
        Err(fault) => broken(&fault),
    }
}

fn broken(fault: &LinkFault) -> Result<Response, PageError> {
    let words = match fault {
        LinkFault::Expired(_) => "This link stopped working after 7 days. Contact support.".to_owned(),
        other => link_fault(other),
    };
    let page = Message {
        frame: Frame::titled("This link does not work"),
        paragraphs: vec![words],
        action: Some(("Contact support".to_owned(), "/support".to_owned())),
        other: Some(("Sign in".to_owned(), "/signin".to_owned())),
    };
    show_with(StatusCode::GONE, &page)
}
