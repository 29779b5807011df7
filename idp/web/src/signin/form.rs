//! The sign-in page: a passkey, or e-mail and password.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use idp_domain::email::{EmailAddress, EmailError};
use idp_domain::person::Person;
use idp_domain::session::Method;
use idp_domain::{Acr, london};
use idp_signin::Refusal;
use idp_signin::account::keys::FRESH;
use idp_signin::attempt::{Attempt, Goal, Need};
use idp_signin::flow::{Standing, Step, next_step};
use idp_signin::upstreams::Upstream;
use serde::Deserialize;

use super::attempt::{begin_page, find, forward};
use super::begin::{Way, let_in, looks_shared};
use super::key::{foreign_key, passkey_words};
use crate::browser::{Browser, Peer, Visitor};
use crate::error::{SUSPENDED, query};
use crate::page::{Fault, Frame, Message, fault, go, show_with};
use crate::{PageError, Web, t, t1};

/// What is said when the pair is wrong, whichever half it was.
const WRONG: &str = "Check your email address and password. If this is your first time, choose “Forgotten your password \
                     or using this for the first time?”";
/// Waits longer than this are called a pause, in seconds.
const PAUSE: i64 = 5 * 60;

#[derive(Template)]
#[template(path = "signin.html")]
struct Page<'a> {
    frame: Frame,
    attempt: &'a str,
    login: &'a str,
    shared: bool,
    /// What the browser's key wants to know.
    challenge: String,
    /// What is said of a key that was made for another address.
    foreign: String,
    /// Providers elsewhere whose accounts lead in.
    upstreams: &'a [Upstream],
    /// The page before this one lay open for too long.
    late: bool,
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
    /// The page before this one lay open for too long.
    late: Option<String>,
    /// The attempt was begun anew for this browser a moment ago.
    anew: Option<String>,
}

impl Asked {
    fn need(&self) -> Need {
        let acr = if self.key.is_some() { Acr::Key } else { Acr::Base };
        let max_age = self.key.is_some().then_some(FRESH);
        let again = self.again.is_some();
        Need { acr, max_age, anew: again, account: again, ..Need::base() }
    }
}

pub(crate) async fn show_form(
    State(web): State<Web>,
    browser: Browser,
    Visitor(visitor): Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let Some(token) = &asked.attempt else {
        let next = asked.next.as_deref().unwrap_or("/start");
        let token = begin_page(&web, &browser, next, asked.need()).await?;
        let anew = if asked.anew.is_some() { "anew=1&" } else { "" };
        let (_, attempt) = web.signin.find(token.reveal(), &browser.hash()).await?;
        return match visitor {
            Some((session, _)) => Ok(forward(&web, token.reveal(), &attempt, Some(&session))),
            None => Ok(go(&format!("/signin?{anew}{}", query("attempt", token.reveal())))),
        };
    };
    let session = visitor.as_ref().map(|(session, _)| session);
    if let Ok((_, attempt)) = web.signin.find(token, &browser.hash()).await {
        // Another tab has signed in meanwhile, or somebody went back: there is nothing to type any more.
        if next_step(Standing::of(&attempt, session), web.signin.context.now()) != Step::SignIn {
            return Ok(forward(&web, token, &attempt, session));
        }
    } else {
        // Begun anew a moment ago, and the browser is another one again: it keeps no cookies (S-17).
        if asked.anew.is_some() {
            return no_cookies();
        }
        let adopted = web.signin.adopt(token, &browser.hash()).await?;
        let there = adopted.map(|token| format!("/signin?anew=1&{}", query("attempt", token.reveal())));
        return Ok(go(&there.unwrap_or_else(|| "/signin?anew=1".to_owned())));
    }
    let shared = looks_shared(&web, &browser).await?;
    let (attempt, challenge) = challenged(&web, &browser, token).await?;
    let late = asked.late.is_some();
    let frame = frame(&web, &attempt).await?;
    let upstreams = web.signin.upstreams.all();
    show_with(
        StatusCode::OK,
        &Page {
            frame,
            attempt: token,
            login: hint(&attempt),
            shared,
            challenge,
            foreign: foreign_key(&web),
            upstreams,
            late,
            faults: vec![],
        },
    )
}

/// Whom the client expects (`login_hint`, OpenID Connect Core §3.1.2.1): it fills the field in, and proves nothing.
fn hint(attempt: &Attempt) -> &str {
    let Goal::Authorize { parameters } = &attempt.goal else { return "" };
    let hint = parameters.iter().find(|(name, _)| name == "login_hint").map(|(_, value)| value.as_str());
    hint.filter(|hint| hint.len() <= 254).unwrap_or_default()
}

fn no_cookies() -> Result<Response, PageError> {
    let page = Message {
        frame: Frame::titled("Your browser keeps no cookies"),
        paragraphs: vec![
            "Signing in needs a cookie, which says that the next page is yours. Nothing else is kept in it.".to_owned(),
            "Allow cookies for this address, or use another browser. Then open your school’s address again.".to_owned(),
        ],
        action: Some(("Sign in".to_owned(), "/signin".to_owned())),
        other: Some(("Contact support".to_owned(), "/support".to_owned())),
    };
    show_with(StatusCode::BAD_REQUEST, &page)
}

/// The attempt with a new challenge for the browser's key.
async fn challenged(web: &Web, browser: &Browser, token: &str) -> Result<(Attempt, String), PageError> {
    let (stored, mut attempt) = web.signin.find(token, &browser.hash()).await?;
    let challenge = web.signin.begin_discoverable(&mut attempt).unwrap_or_default();
    web.signin.save(stored, &attempt).await?;
    Ok((attempt, challenge))
}

/// The page again, with what has to be mended.
async fn render(
    web: &Web,
    browser: &Browser,
    (token, login): (&str, &str),
    (shared, faults): (bool, Vec<Fault>),
) -> Result<Response, PageError> {
    let (attempt, challenge) = challenged(web, browser, token).await?;
    let mut frame = frame(web, &attempt).await?;
    frame.title = format!("{} {}", t("Error:"), frame.title);
    let upstreams = web.signin.upstreams.all();
    let foreign = foreign_key(web);
    let page = Page { frame, attempt: token, login, shared, challenge, foreign, upstreams, late: false, faults };
    show_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
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
    (browser, peer): (Browser, Peer),
    visitor: Visitor,
    Form(filled): Form<Filled>,
) -> Result<Response, PageError> {
    let (stored, mut attempt) = match find(&web, (&browser, visitor.session()), &filled.attempt).await? {
        Ok(found) => found,
        Err(anew) => return Ok(anew),
    };
    let shared = filled.shared.is_some();
    let person = match checked(&web, (&browser, &peer), &filled).await? {
        Ok(person) => person,
        Err(faults) => return render(&web, &browser, (&filled.attempt, &filled.login), (shared, faults)).await,
    };
    let confirm = web.signin.confirm(&person, &browser.hash()).await?;
    if confirm.is_due(&attempt.need) {
        match web.signin.send_code(&person, (shared, None), &mut attempt).await {
            Ok(()) => {}
            Err(Refusal::Wait(seconds)) => {
                let faults = fault("login", many_codes(seconds));
                return render(&web, &browser, (&filled.attempt, &filled.login), (shared, faults)).await;
            }
            Err(other) => return Err(other.into()),
        }
        web.signin.save(stored, &attempt).await?;
        return Ok(forward(&web, &filled.attempt, &attempt, None));
    }
    let way = Way { confirm, ..Way::by_password(person.epoch, shared) };
    let begun = let_in(&web, (&visitor, &browser, &peer), &person, way).await?;
    let next = forward(&web, &filled.attempt, &attempt, begun.session.as_ref());
    Ok(begun.with(next))
}

/// What is said when no more codes are mailed for a while.
pub(super) fn many_codes(seconds: i64) -> String {
    t1("We have sent as many codes as we may for now. {0}.", wait(seconds))
}

async fn checked(
    web: &Web,
    (browser, peer): (&Browser, &Peer),
    filled: &Filled,
) -> Result<Result<Person, Vec<Fault>>, PageError> {
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
    let browser = browser.hash();
    match web.signin.check_password(login, &filled.password, peer.tries(&browser)).await {
        Ok(person) => Ok(Ok(person)),
        Err(refusal) => password_words(web, refusal).map(|words| Err(fault("login", words))),
    }
}

/// What is said about a pair that did not work; anything that is not about the pair goes on as an error.
pub(crate) fn password_words(web: &Web, refusal: Refusal) -> Result<String, PageError> {
    match refusal {
        Refusal::Wrong => Ok(WRONG.to_owned()),
        Refusal::Wait(seconds) if seconds > PAUSE => {
            let until = london::show_time(web.signin.context.now().plus(seconds + 59));
            Ok(t1(
                "Password sign-in is paused until {0} on this device. You can use a passkey, a device you have used \
                 before, or reset your password.",
                until,
            ))
        }
        Refusal::Wait(seconds) => Ok(t1("{0}. You can use a passkey now.", wait(seconds))),
        Refusal::ResetNeeded => Ok("There were too many wrong passwords. Reset your password to sign in: choose \
                                    “Forgotten your password or using this for the first time?”"
            .to_owned()),
        Refusal::Suspended => Ok(SUSPENDED.to_owned()),
        other => Err(other.into()),
    }
}

#[derive(Deserialize)]
pub(crate) struct Answered {
    attempt: String,
    #[serde(default)]
    credential: String,
    shared: Option<String>,
}

/// Signing in with a passkey alone. It proves a key as well, for the place where the person is going.
pub(crate) async fn submit_passkey(
    State(web): State<Web>,
    (browser, peer): (Browser, Peer),
    visitor: Visitor,
    Form(answered): Form<Answered>,
) -> Result<Response, PageError> {
    let (stored, mut attempt) = match find(&web, (&browser, visitor.session()), &answered.attempt).await? {
        Ok(found) => found,
        Err(anew) => return Ok(anew),
    };
    let challenge = web.signin.take_challenge(stored, &mut attempt).await?;
    let shared = answered.shared.is_some();
    let place = attempt.need.place.clone();
    let words = match web.signin.finish_discoverable(challenge.as_ref(), &answered.credential, &place).await {
        Ok((person, proof)) => {
            let way = Way { method: Method::Passkey, proof: Some(proof), ..Way::by_password(person.epoch, shared) };
            let begun = let_in(&web, (&visitor, &browser, &peer), &person, way).await?;
            let next = forward(&web, &answered.attempt, &attempt, begun.session.as_ref());
            return Ok(begun.with(next));
        }
        Err(refusal) => passkey_words(&web, refusal)?,
    };
    render(&web, &browser, (&answered.attempt, ""), (shared, fault("login", words))).await
}

/// `Wait 30 seconds, then try again`.
pub(crate) fn wait(seconds: i64) -> String {
    if seconds <= 90 {
        t1("Wait {0} seconds, then try again", seconds)
    } else {
        t1("Wait {0} minutes, then try again", (seconds + 59) / 60)
    }
}

pub(super) async fn frame(web: &Web, attempt: &Attempt) -> Result<Frame, PageError> {
    let site = match &attempt.site {
        Some(slug) => web.signin.context.store.site_by_slug(slug).await?,
        None => None,
    };
    Ok(Frame::titled("Sign in").at(site.as_ref()))
}
