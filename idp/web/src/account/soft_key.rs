//! Adding a soft key: QR code, typed secret, name, code; the code confirms and elevates at once.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::key::KeyKind;
use idp_signin::account::keys::AddFault;
use idp_signin::account::soft_key::NewSoftKey;
use idp_signin::factors::soft_key::read_code;
use serde::Deserialize;

use super::keys::{For, added, prove_again};
use crate::browser::{Browser, SignedIn};
use crate::page::{Fault, Frame, fault, form_head, show_with};
use crate::signin::{code_fault, code_words};
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "key_soft.html")]
struct Page {
    frame: Frame,
    attempt: String,
    token: String,
    qr: String,
    secret: String,
    name: String,
    faults: Vec<Fault>,
}

pub(crate) async fn begin(
    State(web): State<Web>,
    signed_in: SignedIn,
    Query(asked): Query<For>,
) -> Result<Response, PageError> {
    match web.signin.begin_soft_key(&signed_in.session, &signed_in.person).await {
        Ok(new) => page(&signed_in, asked.attempt, new, ("My phone", vec![])),
        Err(AddFault::Stale) => {
            let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
            Err(prove_again(&keys, "/me/keys/soft"))
        }
        Err(other) => Err(other.into()),
    }
}

fn page(
    signed_in: &SignedIn,
    attempt: String,
    new: NewSoftKey,
    (name, faults): (&str, Vec<Fault>),
) -> Result<Response, PageError> {
    let (status, title) = form_head("Add an authenticator app", &faults);
    let groups: Vec<String> =
        new.secret.as_bytes().chunks(4).map(|chunk| String::from_utf8_lossy(chunk).into_owned()).collect();
    show_with(
        status,
        &Page {
            frame: Frame::of(&title, &signed_in.person, "account"),
            attempt,
            token: new.token.reveal().to_owned(),
            qr: new.qr,
            secret: groups.join(" "),
            name: name.to_owned(),
            faults,
        },
    )
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    token: String,
    #[serde(default)]
    attempt: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    code: String,
}

pub(crate) async fn submit(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
    Form(filled): Form<Filled>,
) -> Result<Response, PageError> {
    let faults = match read_code(&filled.code) {
        Err(form) => fault("code", code_fault(form)),
        Ok(code) => {
            let form = (filled.token.as_str(), filled.name.as_str(), code.as_str());
            match web.signin.add_soft_key(&signed_in.session, &signed_in.person, form).await {
                Ok(key) => return added(&web, &browser, &signed_in, &filled.attempt, (KeyKind::Soft, key)).await,
                Err(words @ AddFault::Name) => fault("name", words),
                Err(AddFault::Refusal(refusal)) => fault("code", code_words(&web, refusal)?),
                Err(other) => return Err(other.into()),
            }
        }
    };
    let new = web.signin.pending_soft_key(&signed_in.session, &signed_in.person, &filled.token).await?;
    page(&signed_in, filled.attempt, new, (&filled.name, faults))
}
