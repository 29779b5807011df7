//! A proof with a key: a passkey, the code of a soft key, or one of a printed card.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::key::{Key, KeyKind};
use idp_domain::london;
use idp_domain::session::{KeyProof, Limits};
use idp_signin::Refusal;
use idp_signin::attempt::{Attempt, Goal};
use idp_signin::factors::soft_key::{CodeFault, read_code};
use idp_signin::flow::{Standing, Step, next_step};
use idp_store::attempts::StoredAttempt;
use serde::Deserialize;

use super::attempt::{find, forward};
use super::begin::stepped_up;
use super::form::{password_words, wait};
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
    /// For how long it opens what a role needs, where it is for a school.
    minutes: Option<i64>,
    name: String,
    /// What is said of a key that was made for another address.
    foreign: String,
    shown: Shown,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    attempt: String,
    /// The page before this one lay open for too long.
    late: Option<String>,
    /// Somebody has lost a key and uses another one.
    lost: Option<String>,
}

impl Asked {
    fn shown(&self) -> Shown {
        Shown { late: self.late.is_some(), lost: self.lost.is_some(), faults: vec![] }
    }
}

/// What the page shows beside the ways to prove a key.
struct Shown {
    /// The page before this one lay open for too long.
    late: bool,
    /// Another key than the one that was lost, which is to be suspended then.
    lost: bool,
    faults: Vec<Fault>,
}

/// What is said of a key that was made for another address, or on a page that only looks like ours.
pub(super) fn foreign_key(web: &Web) -> String {
    t1("This key belongs to a different web address. Check the address begins with {0}", &web.signin.origin)
}

pub(crate) async fn show_form(
    State(web): State<Web>,
    browser: Browser,
    signed_in: Result<SignedIn, PageError>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let (signed_in, attempt) = match under_way(&web, &browser, signed_in, &asked.attempt).await? {
        Ok((signed_in, _, attempt)) => (signed_in, attempt),
        Err(elsewhere) => return Ok(elsewhere),
    };
    // Another tab has proven it meanwhile, or somebody went back: there is nothing to prove any more.
    let standing = Standing::of(&attempt, Some(&signed_in.session));
    if !matches!(next_step(standing, web.signin.context.now()), Step::Key(_)) {
        return Ok(forward(&web, &asked.attempt, &attempt, Some(&signed_in.session)));
    }
    render(&web, &browser, &signed_in, (&asked.attempt, attempt), asked.shown()).await
}

/// Who is signed in, and their attempt; or the answer that leads there, and from there on to where they were going.
async fn under_way(
    web: &Web,
    browser: &Browser,
    signed_in: Result<SignedIn, PageError>,
    token: &str,
) -> Result<Result<(SignedIn, StoredAttempt, Attempt), Response>, PageError> {
    let session = signed_in.as_ref().ok().map(|signed_in| &signed_in.session);
    let (stored, attempt) = match find(web, (browser, session), token).await? {
        Ok(found) => found,
        Err(anew) => return Ok(Err(anew)),
    };
    match signed_in {
        Ok(signed_in) => Ok(Ok((signed_in, stored, attempt))),
        Err(PageError::SignInFirst(_)) => Ok(Err(go(&format!("/signin?{}", query("attempt", token))))),
        Err(other) => Err(other),
    }
}

async fn render(
    web: &Web,
    browser: &Browser,
    signed_in: &SignedIn,
    (token, mut attempt): (&str, Attempt),
    shown: Shown,
) -> Result<Response, PageError> {
    let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
    let has = |kind| keys.iter().any(|key| key.kind == kind && key.works() && kind.acr() >= attempt.need.acr);
    let (soft, card, passkey) = (has(KeyKind::Soft), has(KeyKind::Card), has(KeyKind::Passkey));
    if !soft && !card && !passkey {
        return no_key(&attempt, &keys, signed_in, token);
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
    // Signing in opens base access, with a key as without.
    let minutes = site.as_ref().filter(|_| elevates(&attempt)).map(|site| site.settings.elevation_absolute / 60);
    let name = signed_in.person.full_name();
    let foreign = foreign_key(web);
    let (status, title) = form_head("Use your key", &shown.faults);
    let frame = Frame::titled(&title).at(site.as_ref());
    show_with(status, &Page { frame, attempt: token, soft, card, challenge, minutes, name, foreign, shown })
}

/// Whether an attempt leads to elevated access, rather than to a sign-in that needs a key: for that, a key that was used at
/// any moment of the session counts.
fn elevates(attempt: &Attempt) -> bool {
    let recent = attempt.need.max_age.is_none_or(|age| age < Limits::default().absolute);
    matches!(attempt.goal, Goal::Authorize { .. }) && recent
}

fn no_key(attempt: &Attempt, keys: &[Key], signed_in: &SignedIn, token: &str) -> Result<Response, PageError> {
    let works = |kind| keys.iter().any(|key| key.kind == kind && key.works());
    let has_any = !keys.is_empty();
    let text = if works(KeyKind::Soft) {
        "This school asks for a passkey or security key here. Your authenticator app is not enough."
    } else if works(KeyKind::Card) {
        "This school asks for a passkey or security key here. Your printed card is not enough."
    } else if has_any {
        "Your key is suspended, so it does not work. If you cannot use another one, you can come back in another way."
    } else {
        "This page needs a key. You have not added one yet. It takes about 1 minute."
    };
    let suspended = has_any && !keys.iter().any(Key::works);
    let next = format!("/me/keys/add?{}", query("attempt", token));
    let lost = Some(("I cannot use my key".to_owned(), format!("/signin/lost?{}", query("attempt", token))));
    let back = match &attempt.goal {
        Goal::Page { .. } => Some(("Go to my sites".to_owned(), "/".to_owned())),
        Goal::Authorize { .. } => None,
    };
    // Whoever has a key proves it before another one is added, and this one proves nothing.
    let (action, other) = match (suspended, has_any) {
        (true, _) => (lost, back),
        (false, true) => (Some(("Add a key".to_owned(), next)), lost),
        (false, false) => (Some(("Add a key".to_owned(), next)), back),
    };
    let frame = Frame::of("You need a key", &signed_in.person, "");
    show(&Message { frame, paragraphs: vec![text.to_owned()], action, other })
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    attempt: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    card: String,
    lost: Option<String>,
}

pub(crate) async fn submit(
    State(web): State<Web>,
    browser: Browser,
    signed_in: Result<SignedIn, PageError>,
    Form(filled): Form<Filled>,
) -> Result<Response, PageError> {
    let (signed_in, attempt) = match under_way(&web, &browser, signed_in, &filled.attempt).await? {
        Ok((signed_in, _, attempt)) => (signed_in, attempt),
        Err(elsewhere) => return Ok(elsewhere),
    };
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
    let lost = filled.lost.is_some();
    match outcome {
        Ok(proof) => proven(&web, &signed_in, proof, (&filled.attempt, &attempt, lost)).await,
        Err(faults) => {
            let shown = Shown { late: false, lost, faults };
            render(&web, &browser, &signed_in, (&filled.attempt, attempt), shown).await
        }
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

/// What is said about a passkey that did not work; anything that is not about it goes on as an error.
pub(super) fn passkey_words(web: &Web, refusal: Refusal) -> Result<String, PageError> {
    match refusal {
        Refusal::Wrong => Ok("Nothing was changed. Try the key again or choose another way.".to_owned()),
        Refusal::Spent => Ok("This page was open for more than 5 minutes. Use your key once more.".to_owned()),
        other => password_words(web, other),
    }
}

#[derive(Deserialize)]
pub(crate) struct Answered {
    attempt: String,
    #[serde(default)]
    credential: String,
    lost: Option<String>,
}

pub(crate) async fn submit_passkey(
    State(web): State<Web>,
    browser: Browser,
    signed_in: Result<SignedIn, PageError>,
    Form(answered): Form<Answered>,
) -> Result<Response, PageError> {
    let (signed_in, stored, mut attempt) = match under_way(&web, &browser, signed_in, &answered.attempt).await? {
        Ok(under_way) => under_way,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let lost = answered.lost.is_some();
    let challenge = web.signin.take_challenge(stored, &mut attempt).await?;
    let place = attempt.need.place.clone();
    match web.signin.finish_passkey(&signed_in.person, challenge.as_ref(), &answered.credential, &place).await {
        Ok(proof) => proven(&web, &signed_in, proof, (&answered.attempt, &attempt, lost)).await,
        Err(refusal) => {
            let shown = Shown { late: false, lost, faults: fault("code", passkey_words(&web, refusal)?) };
            render(&web, &browser, &signed_in, (&answered.attempt, attempt), shown).await
        }
    }
}

async fn proven(
    web: &Web,
    signed_in: &SignedIn,
    proof: KeyProof,
    (token, attempt, lost): (&str, &Attempt, bool),
) -> Result<Response, PageError> {
    let begun = stepped_up(web, &signed_in.session, proof).await?;
    if lost {
        return Ok(begun.with(go(&format!("/me/keys?lost=1&{}", query("attempt", token)))));
    }
    let next = forward(web, token, attempt, begun.session.as_ref());
    Ok(begun.with(next))
}
