//! Confirming a new browser with the code that was mailed.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::session::Method;
use idp_signin::Refusal;
use idp_signin::attempt::Attempt;
use idp_signin::factors::new_browser::RESEND;
use idp_signin::factors::soft_key::read_code;
use serde::Deserialize;

use super::attempt::{find, forward};
use super::begin::{Way, let_in};
use super::form::{frame, many_codes, wait};
use super::key::code_fault;
use super::upstream::in_words;
use crate::browser::{Browser, Peer, Visitor};
use crate::error::query;
use crate::page::{Fault, Frame, fault, form_head, go, show_with};
use crate::{PageError, Web, t1};

#[derive(Template)]
#[template(path = "new_browser.html")]
struct Page<'a> {
    frame: Frame,
    attempt: &'a str,
    /// Another code is on its way.
    sent: bool,
    /// The account elsewhere that is to be linked: its provider's name and what it is called there.
    link: Option<(String, String)>,
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    attempt: String,
}

pub(crate) async fn show_form(
    State(web): State<Web>,
    browser: Browser,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let attempt = match find(&web, (&browser, visitor.session()), &asked.attempt).await? {
        Ok((_, attempt)) => attempt,
        Err(anew) => return Ok(anew),
    };
    if attempt.unconfirmed.is_none() {
        return Ok(go(&format!("/signin?{}", query("attempt", &asked.attempt))));
    }
    render(&web, &attempt, &asked.attempt, (false, vec![])).await
}

async fn render(
    web: &Web,
    attempt: &Attempt,
    token: &str,
    (sent, faults): (bool, Vec<Fault>),
) -> Result<Response, PageError> {
    let mut frame = frame(web, attempt).await?;
    let status;
    let identity = attempt.unconfirmed.as_ref().and_then(|unconfirmed| unconfirmed.link.as_ref());
    let link = identity.map(|identity| {
        let name = web.signin.upstreams.find(&identity.provider).map(|upstream| upstream.name.clone());
        (name.unwrap_or_default(), identity.account.clone())
    });
    let title = if link.is_some() { "Link your account" } else { "Confirm this browser" };
    (status, frame.title) = form_head(title, &faults);
    show_with(status, &Page { frame, attempt: token, sent, link, faults })
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    attempt: String,
    #[serde(default)]
    code: String,
}

pub(crate) async fn submit(
    State(web): State<Web>,
    (browser, peer): (Browser, Peer),
    visitor: Visitor,
    Form(filled): Form<Filled>,
) -> Result<Response, PageError> {
    let (stored, mut attempt) = match find(&web, (&browser, visitor.session()), &filled.attempt).await? {
        Ok(found) => found,
        Err(anew) => return Ok(anew),
    };
    if attempt.unconfirmed.is_none() {
        // Another tab was faster, or the person went back.
        return Ok(forward(&web, &filled.attempt, &attempt, visitor.session()));
    }
    let code = match read_code(&filled.code) {
        Ok(code) => code,
        Err(form) => return render(&web, &attempt, &filled.attempt, (false, fault("code", code_fault(form)))).await,
    };
    let outcome = web.signin.check_mailed_code(&mut attempt, &code).await;
    let unconfirmed = attempt.unconfirmed.clone().ok_or(PageError::AttemptExpired)?;
    if outcome.is_ok() {
        attempt.unconfirmed = None;
    }
    // Saved before anything is said: of several tries at once only one counts, right or wrong.
    web.signin.save(stored, &attempt).await?;
    let words = match outcome {
        Ok(person) => {
            let proven_at = unconfirmed.link.as_ref().map(|identity| identity.proven_at).or(unconfirmed.upstream_at);
            let method = if proven_at.is_some() { Method::Upstream } else { Method::Password };
            if let Some(identity) = &unconfirmed.link
                && let Err(fault) = web.signin.link(&person, identity).await
            {
                return in_words(&web, &identity.provider, fault, "/signin");
            }
            let way = Way { method, proven_at, ..Way::by_password(person.epoch, unconfirmed.shared) };
            let begun = let_in(&web, (&visitor, &browser, &peer), &person, way).await?;
            let next = forward(&web, &filled.attempt, &attempt, begun.session.as_ref());
            return Ok(begun.with(next));
        }
        Err(Refusal::Wrong) => "That code is not right. Check the latest email from us.",
        Err(Refusal::Spent) => "That code no longer works. Send a new one.",
        Err(other) => return Err(other.into()),
    };
    render(&web, &attempt, &filled.attempt, (false, fault("code", words))).await
}

pub(crate) async fn resend(
    State(web): State<Web>,
    browser: Browser,
    visitor: Visitor,
    Form(asked): Form<Asked>,
) -> Result<Response, PageError> {
    let (stored, mut attempt) = match find(&web, (&browser, visitor.session()), &asked.attempt).await? {
        Ok(found) => found,
        Err(anew) => return Ok(anew),
    };
    let Some(unconfirmed) = attempt.unconfirmed.clone() else {
        return Ok(forward(&web, &asked.attempt, &attempt, visitor.session()));
    };
    let since = web.signin.context.now().since(unconfirmed.sent_at);
    if since < RESEND {
        let words = t1("{0}. Email can take a few minutes.", wait(RESEND - since));
        return render(&web, &attempt, &asked.attempt, (false, fault("code", words))).await;
    }
    let outcome = match unconfirmed.link {
        Some(identity) => web.signin.send_link_code(identity, unconfirmed.shared, &mut attempt).await,
        None => {
            let person = web.signin.context.store.person(unconfirmed.person).await?;
            let person = person.ok_or(PageError::AttemptExpired)?;
            web.signin.send_code(&person, (unconfirmed.shared, unconfirmed.upstream_at), &mut attempt).await
        }
    };
    match outcome {
        Ok(()) => {}
        Err(Refusal::Wait(seconds)) => {
            return render(&web, &attempt, &asked.attempt, (false, fault("code", many_codes(seconds)))).await;
        }
        Err(other) => return Err(other.into()),
    }
    web.signin.save(stored, &attempt).await?;
    render(&web, &attempt, &asked.attempt, (true, vec![])).await
}
