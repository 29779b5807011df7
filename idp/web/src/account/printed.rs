//! What is printed once: recovery codes and code cards.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use idp_signin::account::keys::AddFault;
use serde::Deserialize;

use super::keys::{prove_again, require_fresh, require_proof};
use crate::browser::SignedIn;
use crate::page::{Fault, Frame, fault, form_head, grouped, show, show_with};
use crate::{PageError, Web, t};

#[derive(Template)]
#[template(path = "printed.html")]
struct Page {
    frame: Frame,
    lead: &'static str,
    /// Each in groups that are easy to read and to type.
    codes: Vec<String>,
    hint: &'static str,
    /// Where the address of the sign-in page is told, for whoever finds the paper useless and its owner lost.
    origin: String,
}

#[derive(Template)]
#[template(path = "printed_ask.html")]
struct Ask {
    frame: Frame,
    title: &'static str,
    paragraphs: &'static [&'static str],
    action: &'static str,
    label: &'static str,
    /// The name that a card is given; recovery codes have none.
    name: Option<String>,
    faults: Vec<Fault>,
}

pub(crate) async fn ask_recovery(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    require_proof(&web, &signed_in, "/me/recovery-codes").await?;
    show(&Ask {
        frame: Frame::of("Recovery codes", &signed_in.person, "account"),
        title: "Recovery codes",
        paragraphs: &[
            "If you lose every key, a recovery code lets you add a new one. Each of the 8 codes works once.",
            "Codes that you made before stop working.",
        ],
        action: "/me/recovery-codes",
        label: "Make recovery codes",
        name: None,
        faults: vec![],
    })
}

pub(crate) async fn make_recovery(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    require_proof(&web, &signed_in, "/me/recovery-codes").await?;
    let codes = web.signin.new_recovery_codes(&signed_in.person, &signed_in.session.agent).await?;
    show(&Page {
        frame: Frame::of("Your recovery codes", &signed_in.person, "account"),
        lead: "Print this page and keep it where you keep your passport. We cannot show the codes again.",
        codes: codes.iter().map(|code| grouped(code, 5)).collect(),
        hint: "To use one: sign in, choose “I cannot use this key”, then type a code. Cross it out afterwards.",
        origin: web.signin.origin.clone(),
    })
}

pub(crate) async fn ask_card(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    require_fresh(&web, &signed_in, "/me/keys/card").await?;
    card_form(&signed_in, t("Printed card"), vec![])
}

fn card_form(signed_in: &SignedIn, name: String, faults: Vec<Fault>) -> Result<Response, PageError> {
    let title = "Printed code card";
    let (status, head) = form_head(title, &faults);
    let page = Ask {
        frame: Frame::of(&head, &signed_in.person, "account"),
        title,
        paragraphs: &[
            "A card with 10 codes, for people who do not use a phone. Each code works once, as a key.",
            "Keep it on you, like a door key. Some schools ask for a stronger key.",
        ],
        action: "/me/keys/card",
        label: "Make a card",
        name: Some(name),
        faults,
    };
    show_with(status, &page)
}

#[derive(Deserialize)]
pub(crate) struct Named {
    #[serde(default)]
    name: String,
}

pub(crate) async fn make_card(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(Named { name }): Form<Named>,
) -> Result<Response, PageError> {
    match web.signin.add_card(&signed_in.session, &signed_in.person, &name).await {
        Ok(codes) => show(&Page {
            frame: Frame::of("Your code card", &signed_in.person, "account"),
            lead: "Print this page. We cannot show the codes again.",
            codes: codes.iter().map(|code| grouped(code, 4)).collect(),
            hint: "Use the codes from the top, and cross each one out when you have used it.",
            origin: web.signin.origin.clone(),
        }),
        Err(words @ AddFault::Name) => card_form(&signed_in, name, fault("name", words)),
        Err(AddFault::Stale) => {
            let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
            Err(prove_again(&keys, "/me/keys/card"))
        }
        Err(other) => Err(other.into()),
    }
}
