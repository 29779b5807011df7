//! A proof with a key: the code of a soft key, or a passkey.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use idp_domain::Acr;
use idp_domain::key::KeyKind;
use idp_domain::session::{ABSOLUTE, KeyProof, Session};
use idp_signin::Refusal;
use idp_signin::attempt::{Attempt, Goal};
use idp_signin::factors::soft_key::read_code;
use serde::Deserialize;

use super::attempt::forward;
use super::form::wait;
use crate::browser::{Browser, SignedIn};
use crate::cookies::Cookie;
use crate::error::query;
use crate::page::{Fault, Frame, Message, fault, go, show, show_with, with_cookie};
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "key.html")]
struct Page<'a> {
    frame: Frame,
    attempt: &'a str,
    /// Whether the person has a soft key that is strong enough.
    soft: bool,
    /// What the browser's key wants to know, when the person has one.
    challenge: Option<String>,
    minutes: i64,
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    attempt: String,
}

pub(crate) async fn show_form(
    State(web): State<Web>,
    browser: Browser,
    signed_in: Result<SignedIn, PageError>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let (_, attempt) = web.signin.find(&asked.attempt, &browser.hash()).await?;
    let Ok(signed_in) = signed_in else { return Ok(go(&format!("/signin?{}", query("attempt", &asked.attempt)))) };
    render(&web, &browser, &signed_in, (&asked.attempt, attempt), vec![]).await
}

async fn render(
    web: &Web,
    browser: &Browser,
    signed_in: &SignedIn,
    (token, mut attempt): (&str, Attempt),
    faults: Vec<Fault>,
) -> Result<Response, PageError> {
    let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
    let soft = attempt.need.acr <= Acr::Key && keys.iter().any(|key| key.kind == KeyKind::Soft);
    let passkey = keys.iter().any(|key| key.kind == KeyKind::Passkey);
    if !soft && !passkey {
        return no_key(&attempt, !keys.is_empty(), signed_in, token);
    }
    let challenge = web.signin.begin_passkey(&signed_in.person, &mut attempt).await?;
    if challenge.is_some() {
        let (stored, _) = web.signin.find(token, &browser.hash()).await?;
        web.signin.save(stored, &attempt).await?;
    }
    let site = match &attempt.site {
        Some(slug) => web.signin.context.store.site_by_slug(slug).await?,
        None => None,
    };
    let minutes = site.as_ref().map_or(5, |site| site.settings.elevation_absolute / 60);
    let mut frame = Frame::titled("Use your key").at(site.as_ref());
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    if !faults.is_empty() {
        frame.title = format!("Error: {}", frame.title);
    }
    show_with(status, &Page { frame, attempt: token, soft, challenge, minutes, faults })
}

fn no_key(attempt: &Attempt, has_weaker: bool, signed_in: &SignedIn, token: &str) -> Result<Response, PageError> {
    let text = if has_weaker {
        "This school asks for a passkey or security key here. Your authenticator app is not enough."
    } else {
        "This page needs a key. You have not added one yet. It takes about 1 minute."
    };
    let next = format!("/me/keys/add?{}", query("attempt", token));
    let back = match &attempt.goal {
        Goal::Page { .. } => Some(("Go to my sites".to_owned(), "/".to_owned())),
        Goal::Authorize { .. } => None,
    };
    show(&Message {
        frame: Frame::of("You need a key", &signed_in.person, ""),
        paragraphs: vec![text.to_owned()],
        action: Some(("Add a key".to_owned(), next)),
        other: back,
    })
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    attempt: String,
    #[serde(default)]
    code: String,
}

pub(crate) async fn submit(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
    Form(filled): Form<Filled>,
) -> Result<Response, PageError> {
    let (_, attempt) = web.signin.find(&filled.attempt, &browser.hash()).await?;
    let outcome = match read_code(&filled.code) {
        Err(form) => Err(form.to_string()),
        Ok(code) => match web.signin.check_code(&signed_in.person, &code, &attempt.need.place).await {
            Ok(proof) => Ok(proof),
            Err(refusal) => Err(code_words(refusal)?),
        },
    };
    match outcome {
        Ok(proof) => stepped_up(&web, &signed_in.session, proof, &filled.attempt, &attempt).await,
        Err(words) => render(&web, &browser, &signed_in, (&filled.attempt, attempt), fault("code", words)).await,
    }
}

/// What is said about a code that did not work; anything that is not about the code goes on as an error.
pub(crate) fn code_words(refusal: Refusal) -> Result<String, PageError> {
    match refusal {
        Refusal::Wrong => {
            Ok("That code is not right. Check you are using the entry called “Lanyard” and wait for the next \
                              code."
                .to_owned())
        }
        Refusal::UsedAlready => {
            Ok("You have used this code already. Wait for the next one, about 20 seconds.".to_owned())
        }
        Refusal::Wait(seconds) => Ok(format!("You have entered too many wrong codes. {}.", wait(seconds))),
        other => Err(other.into()),
    }
}

#[derive(Deserialize)]
pub(crate) struct Answered {
    attempt: String,
    #[serde(default)]
    credential: String,
}

pub(crate) async fn submit_passkey(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
    Form(answered): Form<Answered>,
) -> Result<Response, PageError> {
    let (stored, mut attempt) = web.signin.find(&answered.attempt, &browser.hash()).await?;
    // The state leaves the attempt before it is used: a challenge counts once, in whichever tab is first (W-01).
    let state = attempt.ceremony.take().unwrap_or_default();
    web.signin.save(stored, &attempt).await?;
    let place = attempt.need.place.clone();
    match web.signin.finish_passkey(&signed_in.person, &state, &answered.credential, &place).await {
        Ok(proof) => stepped_up(&web, &signed_in.session, proof, &answered.attempt, &attempt).await,
        Err(Refusal::Wrong) => {
            let words = "Nothing was changed. Try the key again or choose another way.";
            render(&web, &browser, &signed_in, (&answered.attempt, attempt), fault("code", words)).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn stepped_up(
    web: &Web,
    session: &Session,
    proof: KeyProof,
    token: &str,
    attempt: &Attempt,
) -> Result<Response, PageError> {
    let secret = web.signin.step_up(session, proof).await?;
    let fresh = web.signin.current(Some(&secret)).await?.map(|(session, _)| session);
    let age = (!session.shared).then_some(ABSOLUTE);
    let cookie = Cookie::Session.set(&secret, age, &web.settings);
    Ok(with_cookie(forward(web, token, attempt, fresh.as_ref()), cookie))
}
