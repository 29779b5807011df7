//! Letting a device in: typing the code that it shows, seeing what it is, and deciding.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_signin::throttle::within_budget;
use serde::Deserialize;

use super::consent::{facts_of, remember};
use crate::browser::SignedIn;
use crate::page::{Fault, Frame, Message, fault, form_head, show, show_with};
use crate::{PageError, Web, t1};

/// Codes that somebody may try in [`WINDOW`].
const TRIES: i64 = 10;
/// Seconds over which they are counted.
const WINDOW: i64 = 600;

#[derive(Template)]
#[template(path = "device.html")]
struct Page {
    frame: Frame,
    code: String,
    faults: Vec<Fault>,
}

#[derive(Template)]
#[template(path = "device_ask.html")]
struct Ask {
    frame: Frame,
    code: String,
    app: String,
    facts: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    user_code: String,
    #[serde(default)]
    decision: String,
}

/// A code in the address only fills the form in: nobody is led past seeing it.
pub(crate) async fn show_form(signed_in: SignedIn, Query(typed): Query<Typed>) -> Result<Response, PageError> {
    page(&signed_in, typed.user_code, vec![])
}

fn page(signed_in: &SignedIn, code: String, faults: Vec<Fault>) -> Result<Response, PageError> {
    let (status, title) = form_head("Sign in on a device", &faults);
    show_with(status, &Page { frame: Frame::of(&title, &signed_in.person, ""), code, faults })
}

pub(crate) async fn submit(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let person = &signed_in.person;
    let gone = "No device waits with this code. Check the letters, or start again on the device.";
    if !within_budget(&web.signin.context, &format!("device:{}", person.id), TRIES, WINDOW).await? {
        return page(&signed_in, typed.user_code, fault("user_code", "Wait 10 minutes, then try again"));
    }
    let asked = web.provider.device_of(&typed.user_code).await.map_err(|_| PageError::Unavailable)?;
    let Some(asked) = asked else { return page(&signed_in, typed.user_code, fault("user_code", gone)) };
    if web.provider.is_open(&asked.client, person).await.is_err() {
        return page(&signed_in, typed.user_code, fault("user_code", "This app is not open to you"));
    }
    if !["allow", "deny"].contains(&typed.decision.as_str()) {
        let facts = facts_of(&asked.scopes, person);
        let frame = Frame::of("Sign in on a device", person, "");
        return show(&Ask { frame, code: typed.user_code, app: asked.client.name, facts });
    }
    let approve = typed.decision == "allow";
    if approve {
        remember(&web, person, (&asked.client, &asked.scopes)).await?;
    }
    let decided = web.provider.decide_device(&typed.user_code, &signed_in.session, approve).await;
    if !decided.map_err(|_| PageError::Unavailable)? {
        return page(&signed_in, typed.user_code, fault("user_code", gone));
    }
    let name = &asked.client.name;
    let words = if approve {
        t1("{0} is signed in as you now. Go back to the device.", name)
    } else {
        t1("{0} was not let in.", name)
    };
    show(&Message {
        frame: Frame::of("You can close this page", person, ""),
        paragraphs: vec![words],
        action: Some(("Go to my sites".to_owned(), "/".to_owned())),
        other: None,
    })
}
