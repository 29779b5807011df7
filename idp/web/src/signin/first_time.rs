//! Forgotten password or first time: one field, one neutral answer.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use idp_domain::email::EmailAddress;
use serde::Deserialize;

use crate::page::{Fault, Frame, Message, fault, show, show_with};
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "first_time.html")]
struct Page<'a> {
    frame: Frame,
    email: &'a str,
    faults: Vec<Fault>,
}

const TITLE: &str = "Create or reset your password";

pub(crate) async fn show_form() -> Result<Response, PageError> {
    show(&Page { frame: Frame::titled(TITLE), email: "", faults: vec![] })
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    #[serde(default)]
    email: String,
}

pub(crate) async fn submit(State(web): State<Web>, Form(filled): Form<Filled>) -> Result<Response, PageError> {
    let address = match EmailAddress::parse(&filled.email) {
        Ok(address) => address,
        Err(error) => {
            let frame = Frame::titled(&format!("Error: {TITLE}"));
            let page = Page { frame, email: &filled.email, faults: fault("email", error) };
            return show_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    // In the background: the answer takes the same time whether there is such a person or not.
    let signin = web.signin.clone();
    tokio::spawn(async move {
        if let Err(error) = signin.ask_link(&address).await {
            tracing::warn!(%error, "a link could not be sent");
        }
    });
    show(&Message {
        frame: Frame::titled("Check your email"),
        paragraphs: vec![
            "If that address has an account, we have sent a link. It works once; the email says for how long.".to_owned(),
            "Not arrived in 5 minutes? Check your junk folder, then ask your school to check the address they have for you."
                .to_owned(),
        ],
        action: Some(("Back to sign in".to_owned(), "/signin".to_owned())),
        other: Some(("Contact support".to_owned(), "/support".to_owned())),
    })
}
