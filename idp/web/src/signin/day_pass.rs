//! Signing in with a day pass: the target of the printed QR code.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use idp_domain::membership::State as MemberState;
use idp_domain::session::Method;
use idp_signin::Refusal;
use idp_signin::factors::new_browser::Confirm;
use serde::Deserialize;

use super::begin::{Way, let_in};
use crate::browser::{Browser, Peer, Visitor};
use crate::error::SUSPENDED;
use crate::page::{Fault, Frame, fault, form_head, go, show_with};
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "day_pass.html")]
struct Page {
    frame: Frame,
    faults: Vec<Fault>,
}

pub(crate) async fn show_form() -> Result<Response, PageError> {
    page(vec![])
}

fn page(faults: Vec<Fault>) -> Result<Response, PageError> {
    let (status, title) = form_head("Start with a day pass", &faults);
    show_with(status, &Page { frame: Frame::titled(&title), faults })
}

#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    code: String,
}

/// The pass counts as signing in on a shared computer: nothing is remembered, and it ends in the evening.
pub(crate) async fn submit(
    State(web): State<Web>,
    (browser, peer): (Browser, Peer),
    visitor: Visitor,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let (person, until) = match web.signin.check_day_pass(&typed.code, &browser.hash()).await {
        Ok(found) => found,
        Err(Refusal::Wrong) => {
            return page(fault(
                "code",
                "That day pass does not work. Check the letters, or ask reception for a new one.",
            ));
        }
        Err(Refusal::Wait(_)) => return page(fault("code", "Wait 10 minutes, then try again")),
        Err(Refusal::Suspended) => return page(fault("code", SUSPENDED)),
        Err(other) => return Err(other.into()),
    };
    let (store, now) = (&web.signin.context.store, web.signin.context.now());
    let places = store.memberships_of(person.id).await?;
    let place = places.iter().find(|place| place.state(now) == MemberState::Live);
    let Some(site) = (match place {
        Some(place) => store.site(place.site).await?,
        None => None,
    }) else {
        return page(fault("code", "This day pass has been ended. Talk to the school office."));
    };
    let way = Way {
        epoch: person.epoch,
        method: Method::DayPass,
        shared: true,
        proof: None,
        proven_at: None,
        until: Some(until),
        confirm: Confirm::Nothing,
    };
    let begun = let_in(&web, (&visitor, &browser, &peer), &person, way).await?;
    Ok(begun.with(go(&format!("{}/", web.settings.address_of(site.slug.as_str())))))
}
