//! A proof with a key: a passkey, the code of a soft key, or one of a printed card.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::key::KeyKind;
use idp_domain::london;
use idp_domain::session::KeyProof;
use idp_signin::Refusal;
use idp_signin::attempt::{Attempt, Goal};
use idp_signin::factors::soft_key::{CodeFault, read_code};
use idp_store::sessions::Proven;
use serde::Deserialize;

use super::attempt::forward;
use super::begin::stepped_up;
use super::form::wait;
use crate::browser::{Browser, SignedIn};
use crate::error::query;
use crate::page::{Fault, Frame, Message, fault, form_head, go, show, show_with};
use crate::{PageError, Web, t, t1};

#[derive(Template)]
#[template(path = "key.html")]
struct Page<'a> {
    frame: Frame,
    attempt: &'a str,
    /// Whether the person has a soft key that is strong enough.
    soft: bool,
    /// Whether they have a printed card that is strong enough.
    card: bool,
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
    let has = |kind| keys.iter().any(|key| key.kind == kind && key.works() && kind.acr() >= attempt.need.acr);
    let (soft, card, passkey) = (has(KeyKind::Soft), has(KeyKind::Card), has(KeyKind::Passkey));
    if !soft && !card && !passkey {
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
    let (status, title) = form_head("Use your key", &faults);
    let frame = Frame::titled(&title).at(site.as_ref());
    show_with(status, &Page { frame, attempt: token, soft, card, challenge, minutes, faults })
}

fn no_key(attempt: &Attempt, has_weaker: bool, signed_in: &SignedIn, token: &str) -> Result<Response, PageError> {
    let text = if has_weaker {
        "This school asks for a passkey or security key here. Your authenticator app is not enough."
    } else {
        "This page needs a key. You have not added one yet. It takes about 1 minute."
    };
    let next = format!("/me/keys/add?{}", query("attempt", token));
    let lost = Some(("I cannot use my key".to_owned(), format!("/signin/lost?{}", query("attempt", token))));
    let back = match &attempt.goal {
        Goal::Page { .. } => Some(("Go to my sites".to_owned(), "/".to_owned())),
        Goal::Authorize { .. } => None,
    };
    show(&Message {
        frame: Frame::of("You need a key", &signed_in.person, ""),
        paragraphs: vec![text.to_owned()],
        action: Some(("Add a key".to_owned(), next)),
        other: if has_weaker { lost } else { back },
    })
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    attempt: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    card: String,
}

pub(crate) async fn submit(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
    Form(filled): Form<Filled>,
) -> Result<Response, PageError> {
    let (_, attempt) = web.signin.find(&filled.attempt, &browser.hash()).await?;
    let (person, place) = (&signed_in.person, &attempt.need.place);
    let outcome = match (filled.card.trim(), read_code(&filled.code)) {
        ("", Err(form)) => Err(fault("code", code_fault(form))),
        ("", Ok(code)) => match web.signin.check_code(person, &code, place).await {
            Ok(proof) => Ok(proof),
            Err(refusal) => Err(fault("code", code_words(&web, refusal)?)),
        },
        (card, _) => match web.signin.check_card(person, card, place).await {
            Ok(proof) => Ok(proof),
            Err(Refusal::Wrong) => Err(fault("card", CARD_WRONG)),
            Err(refusal) => Err(fault("card", code_words(&web, refusal)?)),
        },
    };
    match outcome {
        Ok(proof) => proven(&web, &signed_in, proof, (&filled.attempt, &attempt)).await,
        Err(faults) => render(&web, &browser, &signed_in, (&filled.attempt, attempt), faults).await,
    }
}

const CARD_WRONG: &str = "That code is not right, or is crossed out already. Use the next one on your card.";

/// What is wrong with the form of a code, in the language of the page.
pub(crate) fn code_fault(fault: CodeFault) -> String {
    match fault {
        CodeFault::Length(count) => t1("Security code must be 6 numbers, you entered {0}", count),
        other => other.to_string(),
    }
}

/// What is said about a code that did not work; anything that is not about the code goes on as an error.
pub(crate) fn code_words(web: &Web, refusal: Refusal) -> Result<String, PageError> {
    let now = web.signin.context.now();
    match refusal {
        Refusal::Wrong => {
            Ok("That code is not right. Check you are using the entry called “Lanyard” and wait for the \
                              next code."
                .to_owned())
        }
        Refusal::UsedAlready => {
            let left = 30 - now.0.rem_euclid(30);
            Ok(t1("You have used this code already. Wait for the next one, about {0} seconds.", left))
        }
        Refusal::Drift(seconds) => {
            let minutes = (seconds.abs() + 30) / 60;
            let by = if minutes <= 1 { t("1 minute") } else { t1("{0} minutes", minutes) };
            let words = if seconds < 0 {
                "Your phone’s clock is about {0} slow. Turn on automatic date and time, then try again."
            } else {
                "Your phone’s clock is about {0} fast. Turn on automatic date and time, then try again."
            };
            Ok(t1(words, by))
        }
        Refusal::Wait(seconds) if seconds > 60 => {
            let until = london::show_time(now.plus(seconds + 59));
            Ok(t1(
                "You have entered too many wrong codes. This key is paused until {0}. Use another key or ask for a \
                 temporary pass.",
                until,
            ))
        }
        Refusal::Wait(seconds) => Ok(t1("You have entered too many wrong codes. {0}.", wait(seconds))),
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
        Ok(proof) => proven(&web, &signed_in, proof, (&answered.attempt, &attempt)).await,
        Err(Refusal::Wrong) => {
            let words = "Nothing was changed. Try the key again or choose another way.";
            render(&web, &browser, &signed_in, (&answered.attempt, attempt), fault("code", words)).await
        }
        Err(other) => Err(other.into()),
    }
}

async fn proven(
    web: &Web,
    signed_in: &SignedIn,
    proof: KeyProof,
    (token, attempt): (&str, &Attempt),
) -> Result<Response, PageError> {
    let begun = stepped_up(web, &signed_in.session, &Proven::Key(proof)).await?;
    let next = forward(web, token, attempt, begun.session.as_ref());
    Ok(begun.with(next))
}
