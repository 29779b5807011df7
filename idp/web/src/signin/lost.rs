//! "I cannot use this key": another key, a recovery code, or a temporary pass; then the lost one is suspended.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::key::Key;
use idp_signin::Refusal;
use idp_signin::account::keys::AddFault;
use serde::Deserialize;

use super::begin::rotated;
use super::form::wait;
use crate::browser::{Browser, SignedIn};
use crate::error::query;
use crate::page::{Fault, Frame, fault, form_head, go, show_with};
use crate::{PageError, Web, t1};

#[derive(Template)]
#[template(path = "lost.html")]
struct Page<'a> {
    frame: Frame,
    attempt: &'a str,
    codes_left: i64,
    /// They have more than one key that works.
    others: bool,
    /// Identifier and name of each key that works.
    keys: Vec<(String, String)>,
    /// One of them was reported a moment ago.
    reported: bool,
    /// Life of a temporary pass.
    minutes: i64,
    faults: Vec<Fault>,
}

impl Page<'_> {
    /// The way back to this page.
    fn here(&self) -> String {
        if self.attempt.is_empty() { "/signin/lost".to_owned() } else { lost(self.attempt) }
    }
}

fn lost(attempt: &str) -> String {
    format!("/signin/lost?{}", query("attempt", attempt))
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    attempt: String,
    /// A key was reported a moment ago.
    reported: Option<String>,
}

pub(crate) async fn show_form(
    State(web): State<Web>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let reported = asked.reported.is_some();
    render(&web, &signed_in, (&asked.attempt, reported), vec![]).await
}

async fn render(
    web: &Web,
    signed_in: &SignedIn,
    (attempt, reported): (&str, bool),
    faults: Vec<Fault>,
) -> Result<Response, PageError> {
    let (context, person) = (&web.signin.context, signed_in.person.id);
    let codes_left = context.store.recovery_codes_left(person).await?;
    let keys = context.store.keys_of(person).await?.into_iter().filter(Key::works);
    let keys: Vec<_> = keys.map(|key| (key.id.to_string(), key.name)).collect();
    let others = keys.len() > 1;
    let minutes = context.settings_of(person).await?.pass_minutes;
    let (status, title) = form_head("I cannot use my key", &faults);
    let frame = Frame::of(&title, &signed_in.person, "");
    show_with(status, &Page { frame, attempt, codes_left, others, keys, reported, minutes, faults })
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    #[serde(default)]
    attempt: String,
    /// A recovery code.
    #[serde(default)]
    recovery: String,
    /// The code of a temporary pass.
    #[serde(default)]
    pass: String,
}

pub(crate) async fn submit(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
    Form(filled): Form<Filled>,
) -> Result<Response, PageError> {
    let SignedIn { session, person } = &signed_in;
    let (field, outcome) = match (filled.recovery.trim(), filled.pass.trim()) {
        ("", "") => {
            return render(&web, &signed_in, (&filled.attempt, false), fault("recovery", "Enter a recovery code"))
                .await;
        }
        ("", pass) => ("pass", web.signin.recover_with_pass(session, person, pass).await),
        (code, _) => ("recovery", web.signin.recover_with_code(session, person, code).await),
    };
    let words = match outcome {
        Ok(secret) => {
            let begun = rotated(&web, session, &secret).await?;
            let attempt = web.signin.find(&filled.attempt, &browser.hash()).await.is_ok();
            let carried = if attempt { format!("&{}", query("attempt", &filled.attempt)) } else { String::new() };
            return Ok(begun.with(go(&format!("/me/keys?recovered=1{carried}"))));
        }
        Err(Refusal::Wrong) => "That code is not right, or has been used already".to_owned(),
        Err(Refusal::Wait(seconds)) => t1("You have entered too many wrong codes. {0}.", wait(seconds)),
        Err(other) => return Err(other.into()),
    };
    render(&web, &signed_in, (&filled.attempt, false), fault(field, words)).await
}

#[derive(Deserialize)]
pub(crate) struct Reported {
    #[serde(default)]
    attempt: String,
    #[serde(default)]
    key: String,
}

/// A key that its owner has lost is suspended at once, whatever else they can prove.
pub(crate) async fn report(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(reported): Form<Reported>,
) -> Result<Response, PageError> {
    let here = lost(&reported.attempt);
    let id = reported.key.parse().map_err(|_| PageError::Incomplete)?;
    match web.signin.report_lost(&signed_in.session, &signed_in.person, id).await {
        Ok(_) => Ok(go(&format!("{here}&reported=1"))),
        Err(AddFault::Stale) => Err(PageError::PasswordFirst(here)),
        Err(other) => Err(other.into()),
    }
}
