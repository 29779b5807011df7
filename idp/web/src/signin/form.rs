//! E-mail and password.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use idp_domain::Acr;
use idp_domain::email::{EmailAddress, EmailError};
use idp_domain::session::ABSOLUTE;
use idp_signin::Refusal;
use idp_signin::account::keys::FRESH;
use idp_signin::attempt::{Attempt, Need};
use serde::Deserialize;

use super::attempt::{begin_page, forward};
use crate::browser::{Browser, Visitor};
use crate::cookies::Cookie;
use crate::error::{SUSPENDED, query};
use crate::page::{Fault, Frame, fault, go, show, show_with, with_cookie};
use crate::{PageError, Web};

/// What is said when the pair is wrong, whichever half it was.
const WRONG: &str = "Check your email address and password. If this is your first time, choose “Forgotten your password \
                     or using this for the first time?”";

#[derive(Template)]
#[template(path = "signin.html")]
struct Page<'a> {
    frame: Frame,
    attempt: &'a str,
    login: &'a str,
    shared: bool,
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    attempt: Option<String>,
    next: Option<String>,
    /// A new proof with a key is wanted.
    key: Option<String>,
    /// The password is wanted again.
    again: Option<String>,
}

impl Asked {
    fn need(&self) -> Need {
        let acr = if self.key.is_some() { Acr::Key } else { Acr::Base };
        let max_age = self.key.is_some().then_some(FRESH);
        Need { acr, max_age, anew: self.again.is_some(), place: String::new() }
    }
}

pub(crate) async fn show_form(
    State(web): State<Web>,
    browser: Browser,
    Visitor(visitor): Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let Some(token) = &asked.attempt else {
        let next = asked.next.as_deref().unwrap_or("/");
        let token = begin_page(&web, &browser, next, asked.need()).await?;
        let (_, attempt) = web.signin.find(token.reveal(), &browser.hash()).await?;
        return match visitor {
            Some((session, _)) => Ok(forward(&web, token.reveal(), &attempt, Some(&session))),
            None => Ok(go(&format!("/signin?{}", query("attempt", token.reveal())))),
        };
    };
    let Ok((_, attempt)) = web.signin.find(token, &browser.hash()).await else { return Ok(go("/signin")) };
    let page = Page { frame: frame(&web, &attempt).await?, attempt: token, login: "", shared: false, faults: vec![] };
    show(&page)
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    attempt: String,
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    shared: Option<String>,
}

pub(crate) async fn submit(
    State(web): State<Web>,
    browser: Browser,
    Visitor(visitor): Visitor,
    Form(filled): Form<Filled>,
) -> Result<Response, PageError> {
    let (_, attempt) = web.signin.find(&filled.attempt, &browser.hash()).await?;
    let shared = filled.shared.is_some();
    let faults = match checked(&web, &filled).await? {
        Ok(person) => {
            // Two people one after the other: the first one's session ends before the second begins.
            if let Some((session, _)) = &visitor {
                web.signin.end(session).await?;
            }
            let secret = web.signin.start_session(&person, person.epoch, shared).await?;
            let session = web.signin.current(Some(&secret)).await?.map(|(session, _)| session);
            let age = (!shared).then_some(ABSOLUTE);
            let cookie = Cookie::Session.set(&secret, age, &web.settings);
            return Ok(with_cookie(forward(&web, &filled.attempt, &attempt, session.as_ref()), cookie));
        }
        Err(faults) => faults,
    };
    let mut frame = frame(&web, &attempt).await?;
    frame.title = format!("Error: {}", frame.title);
    let page = Page { frame, attempt: &filled.attempt, login: &filled.login, shared, faults };
    show_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn checked(web: &Web, filled: &Filled) -> Result<Result<idp_domain::person::Person, Vec<Fault>>, PageError> {
    let login = filled.login.trim();
    let mut faults = Vec::new();
    if login.is_empty() {
        faults.extend(fault("login", EmailError::Empty));
    } else if login.contains('@') && EmailAddress::parse(login).is_err() {
        faults.extend(fault("login", EmailError::Malformed));
    }
    if filled.password.is_empty() {
        faults.extend(fault("password", "Enter your password"));
    }
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    match web.signin.check_password(login, &filled.password).await {
        Ok(person) => Ok(Ok(person)),
        Err(Refusal::Wrong) => Ok(Err(fault("login", WRONG))),
        Err(Refusal::Wait(seconds)) => {
            Ok(Err(fault("password", format!("{}. You can use a passkey now.", wait(seconds)))))
        }
        Err(Refusal::Suspended) => Ok(Err(fault("login", SUSPENDED))),
        Err(other) => Err(other.into()),
    }
}

/// `Wait 30 seconds, then try again`.
pub(crate) fn wait(seconds: i64) -> String {
    if seconds <= 90 {
        format!("Wait {seconds} seconds, then try again")
    } else {
        format!("Wait {} minutes, then try again", (seconds + 59) / 60)
    }
}

async fn frame(web: &Web, attempt: &Attempt) -> Result<Frame, PageError> {
    let site = match &attempt.site {
        Some(slug) => web.signin.context.store.site_by_slug(slug).await?,
        None => None,
    };
    Ok(Frame::titled("Sign in").at(site.as_ref()))
}
