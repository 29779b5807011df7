//! Joining two identities of one's own: proven one after the other in this browser, then looked at, then joined.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_signin::account::join::{JoinFault, Joining};
use serde::Deserialize;

use super::keys::{prove_again, require_proof};
use crate::browser::{Browser, SignedIn};
use crate::error::query;
use crate::page::{Frame, Message, go, show};
use crate::signin::cleared;
use crate::{PageError, Web, t, t1};

#[derive(Template)]
#[template(path = "join.html")]
struct Start {
    frame: Frame,
    login: String,
}

pub(crate) async fn begin(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    require_proof(&web, &signed_in, "/me/join").await?;
    let frame = Frame::of("Join your other sign-in", &signed_in.person, "account");
    show(&Start { frame, login: signed_in.person.login() })
}

/// This person's part is done: the session ends, so that the other one is proven and not passed by.
pub(crate) async fn proven(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
) -> Result<Response, PageError> {
    let (session, person) = (&signed_in.session, &signed_in.person);
    match web.signin.begin_join(session, person, &browser.hash()).await {
        Ok(token) => {
            web.signin.end(session).await?;
            let next = format!("/me/join/other?{}", query("join", token.reveal()));
            Ok(cleared(&web, Some(session), go(&format!("/signin?{}", query("next", &next)))))
        }
        Err(why) => refused(&web, &signed_in, why, "/me/join").await,
    }
}

#[derive(Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    join: String,
}

impl Wish {
    fn here(&self) -> String {
        format!("/me/join/other?{}", query("join", &self.join))
    }
}

#[derive(Template)]
#[template(path = "join_other.html")]
struct Look {
    frame: Frame,
    join: String,
    kept: String,
    other: String,
    joining: Joining,
}

pub(crate) async fn look(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
    Query(wish): Query<Wish>,
) -> Result<Response, PageError> {
    let proven = (&signed_in.session, &signed_in.person);
    match web.signin.look_at_join(proven, &browser.hash(), &wish.join).await {
        Ok(joining) => {
            let frame = Frame::of("Join these two sign-ins?", &signed_in.person, "account");
            let (kept, other) = (joining.into.login(), signed_in.person.login());
            show(&Look { frame, join: wish.join, kept, other, joining })
        }
        Err(why) => refused(&web, &signed_in, why, &wish.here()).await,
    }
}

pub(crate) async fn join(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
    Form(wish): Form<Wish>,
) -> Result<Response, PageError> {
    let (session, person) = (&signed_in.session, &signed_in.person);
    match web.signin.join((session, person), &browser.hash(), &wish.join).await {
        Ok(into) => {
            let page = show(&Message {
                frame: Frame::titled("Your sign-ins are one now"),
                paragraphs: vec![
                    t1(
                        "From now on you sign in as {0}, with the password of that address and any of your keys.",
                        into.login(),
                    ),
                    t("Your other address still signs in for 90 days, with the same password."),
                ],
                action: Some(("Sign in".to_owned(), "/signin".to_owned())),
                other: None,
            })?;
            Ok(cleared(&web, Some(session), page))
        }
        Err(why) => refused(&web, &signed_in, why, &wish.here()).await,
    }
}

async fn refused(web: &Web, signed_in: &SignedIn, why: JoinFault, here: &str) -> Result<Response, PageError> {
    let words = match why {
        JoinFault::Stale => {
            let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
            return Err(prove_again(&keys, here));
        }
        JoinFault::Refusal(refusal) => return Err(refusal.into()),
        JoinFault::Unlike(site) => t1(
            "You have access with both addresses at {0}, and it is not the same. Ask an admin there to end one of them.",
            site,
        ),
        other => t(&other.to_string()),
    };
    show(&Message {
        frame: Frame::of("Your sign-ins were not joined", &signed_in.person, "account"),
        paragraphs: vec![words],
        action: Some(("Back to account settings".to_owned(), "/me".to_owned())),
        other: Some(("Contact support".to_owned(), "/support".to_owned())),
    })
}
