//! Signing in with an account elsewhere: the way there and back, and what is said when it does not lead in.

use axum::Form;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use idp_domain::session::Method;
use idp_signin::Refusal;
use idp_signin::upstreams::{Errand, Identity, UpstreamFault};
use serde::Deserialize;

use super::attempt::{find, forward};
use super::begin::{Way, let_in};
use super::form::many_codes;
use crate::browser::{Browser, Peer, Visitor};
use crate::error::query;
use crate::page::{Frame, Message, go, show_with};
use crate::{PageError, Web, t, t1};

/// The page of linked accounts.
const LINKS: &str = "/me/accounts";

#[derive(Deserialize)]
pub(crate) struct Chosen {
    attempt: String,
    provider: String,
    shared: Option<String>,
}

pub(crate) async fn begin(
    State(web): State<Web>,
    browser: Browser,
    visitor: Visitor,
    Form(chosen): Form<Chosen>,
) -> Result<Response, PageError> {
    let attempt = match find(&web, (&browser, visitor.session()), &chosen.attempt).await? {
        Ok((_, attempt)) => attempt,
        Err(anew) => return Ok(anew),
    };
    let errand = Errand::SignIn { attempt: chosen.attempt, shared: chosen.shared.is_some() };
    let again = again(&errand);
    match web.signin.begin_upstream(&chosen.provider, &browser.hash(), (errand, attempt.need.anew)).await {
        Ok(location) => Ok(go(&location)),
        Err(fault) => in_words(&web, &chosen.provider, fault, &again),
    }
}

pub(crate) async fn callback(
    State(web): State<Web>,
    (browser, peer): (Browser, Peer),
    visitor: Visitor,
    RawQuery(raw): RawQuery,
) -> Result<Response, PageError> {
    let answer: Vec<(String, String)> =
        url::form_urlencoded::parse(raw.unwrap_or_default().as_bytes()).into_owned().collect();
    let passage = web.signin.returned(&browser.hash(), &answer).await?;
    let identity = match web.signin.finish_upstream(&passage, &answer).await {
        Ok(identity) => identity,
        Err(fault) => return in_words(&web, &passage.provider, fault, &again(&passage.errand)),
    };
    match passage.errand {
        Errand::SignIn { attempt, shared } => {
            sign_in(&web, (&browser, &peer, &visitor), (&attempt, shared), identity).await
        }
        Errand::Link { sid } => {
            let Some((session, person)) = visitor.0 else { return Ok(go(LINKS)) };
            if session.sid != sid {
                return Err(PageError::AttemptExpired);
            }
            match web.signin.link(&person, &identity).await {
                Ok(()) => Ok(go(LINKS)),
                Err(fault) => in_words(&web, &identity.provider, fault, LINKS),
            }
        }
    }
}

async fn sign_in(
    web: &Web,
    (browser, peer, visitor): (&Browser, &Peer, &Visitor),
    (token, shared): (&str, bool),
    identity: Identity,
) -> Result<Response, PageError> {
    let (stored, mut attempt) = match find(web, (browser, visitor.session()), token).await? {
        Ok(found) => found,
        Err(anew) => return Ok(anew),
    };
    let Some(person) = web.signin.person_of(&identity).await? else {
        web.signin.send_link_code(identity, shared, &mut attempt).await?;
        web.signin.save(stored, &attempt).await?;
        return Ok(forward(web, token, &attempt, None));
    };
    let confirm = web.signin.confirm(&person, &browser.hash()).await?;
    let proven_at = Some(identity.proven_at);
    if confirm.is_due(&attempt.need) {
        match web.signin.send_code(&person, (shared, proven_at), &mut attempt).await {
            Ok(()) => {}
            Err(Refusal::Wait(seconds)) => return Err(PageError::Refused(many_codes(seconds))),
            Err(other) => return Err(other.into()),
        }
        web.signin.save(stored, &attempt).await?;
        return Ok(forward(web, token, &attempt, None));
    }
    let way = Way { method: Method::Upstream, proven_at, confirm, ..Way::by_password(person.epoch, shared) };
    let begun = let_in(web, (visitor, browser, peer), &person, way).await?;
    let next = forward(web, token, &attempt, begun.session.as_ref());
    Ok(begun.with(next))
}

/// Where somebody goes on who comes back with nothing.
fn again(errand: &Errand) -> String {
    match errand {
        Errand::SignIn { attempt, .. } => format!("/signin?{}", query("attempt", attempt)),
        Errand::Link { .. } => LINKS.to_owned(),
    }
}

/// The one table from what went wrong elsewhere to a page.
pub(crate) fn in_words(web: &Web, provider: &str, fault: UpstreamFault, again: &str) -> Result<Response, PageError> {
    let name =
        web.signin.upstreams.find(provider).map_or_else(|| t("the other provider"), |upstream| upstream.name.clone());
    let (status, text) = match fault {
        UpstreamFault::Cancelled => {
            (StatusCode::OK, "Nothing was changed. You can try again, or sign in another way.".to_owned())
        }
        UpstreamFault::Away => (
            StatusCode::BAD_GATEWAY,
            t1("Signing in with {0} is not available right now. Sign in another way, or try again later.", name),
        ),
        UpstreamFault::Untrue => (
            StatusCode::BAD_REQUEST,
            "The answer that came back could not be checked, so it was not used. Try again, or sign in another way."
                .to_owned(),
        ),
        UpstreamFault::Domain(account) => (
            StatusCode::FORBIDDEN,
            t1("{0} is not an account of your school. Choose your school account, or sign in another way.", account),
        ),
        UpstreamFault::Taken => (
            StatusCode::CONFLICT,
            "This account is linked to somebody else here. Contact support if it is yours.".to_owned(),
        ),
        UpstreamFault::Refusal(refusal) => return Err(refusal.into()),
    };
    let page = Message {
        frame: Frame::titled("You are not signed in yet"),
        paragraphs: vec![text],
        action: Some(("Try again".to_owned(), again.to_owned())),
        other: Some(("Contact support".to_owned(), "/support".to_owned())),
    };
    show_with(status, &page)
}
