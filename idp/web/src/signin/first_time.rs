//! Forgotten password or first time: one field, one neutral answer.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use idp_domain::email::EmailAddress;
use idp_signin::Refusal;
use serde::Deserialize;

use super::form::wait;
use super::link::create_password;
use crate::browser::Browser;
use crate::page::{Fault, Frame, fault, form_head, show, show_with};
use crate::{PageError, Web, t1};

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
            let faults = fault("email", error);
            let (status, title) = form_head(TITLE, &faults);
            let page = Page { frame: Frame::titled(&title), email: &filled.email, faults };
            return show_with(status, &page);
        }
    };
    // In the background: the answer takes the same time whether there is such a person or not.
    let signin = web.signin.clone();
    tokio::spawn(async move {
        if let Err(error) = signin.ask_link(&address).await {
            tracing::warn!(%error, "a link could not be sent");
        }
    });
    sent(&filled.email, vec![])
}

#[derive(Template)]
#[template(path = "first_time_sent.html")]
struct Sent<'a> {
    frame: Frame,
    email: &'a str,
    faults: Vec<Fault>,
}

fn sent(email: &str, faults: Vec<Fault>) -> Result<Response, PageError> {
    let (status, title) = form_head("Check your email", &faults);
    show_with(status, &Sent { frame: Frame::titled(&title), email, faults })
}

#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    email: String,
    #[serde(default)]
    code: String,
}

/// The link was opened on a telephone, and its code is typed where it was asked for.
pub(crate) async fn by_code(
    State(web): State<Web>,
    browser: Browser,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let Ok(address) = EmailAddress::parse(&typed.email) else { return Err(PageError::Incomplete) };
    if typed.code.trim().is_empty() {
        return sent(&typed.email, fault("code", "Enter the 8 character code"));
    }
    let words = match web.signin.link_by_code(&address, &typed.code).await {
        Ok((person, token)) => return create_password(&web, &browser, &person, token.reveal().to_owned()).await,
        Err(Refusal::Wrong) => "That code is not right. Check the newest email from us.".to_owned(),
        Err(Refusal::Wait(seconds)) => t1("You have entered too many wrong codes. {0}.", wait(seconds)),
        Err(other) => return Err(other.into()),
    };
    sent(&typed.email, fault("code", words))
}
