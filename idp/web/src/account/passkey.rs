//! Adding a passkey or security key; the browser does the work, so this page needs JavaScript.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::key::KeyKind;
use idp_signin::account::keys::AddFault;
use serde::Deserialize;

use super::keys::{added, prove_again};
use crate::browser::{Browser, SignedIn};
use crate::page::{Fault, Frame, fault, form_head, show_with};
use crate::{PageError, Web, t};

#[derive(Template)]
#[template(path = "key_passkey.html")]
struct Page {
    frame: Frame,
    attempt: String,
    token: String,
    challenge: String,
    /// `key` for a security key, anything else for this computer.
    on: String,
    name: String,
    faults: Vec<Fault>,
}

impl Page {
    fn heading(&self) -> &'static str {
        heading(&self.on)
    }
}

fn heading(on: &str) -> &'static str {
    if on == KEY { "Add a security key" } else { "Add a passkey" }
}

/// The word for a key that is carried from computer to computer.
const KEY: &str = "key";

/// What the browser is asked for, with a hint at which kind comes first (WebAuthn Level 3 §5.8.7). It is no more than a hint:
/// whoever has the other kind at hand may use that.
fn hinted(challenge: &str, on: &str) -> String {
    let Ok(mut asked) = serde_json::from_str::<serde_json::Value>(challenge) else { return challenge.to_owned() };
    let kind = if on == KEY { "security-key" } else { "client-device" };
    if let Some(options) = asked.get_mut("publicKey").and_then(serde_json::Value::as_object_mut) {
        options.insert("hints".to_owned(), serde_json::json!([kind]));
    }
    asked.to_string()
}

async fn page(
    web: &Web,
    signed_in: &SignedIn,
    (attempt, on): (String, String),
    (name, faults): (&str, Vec<Fault>),
) -> Result<Response, PageError> {
    match web.signin.begin_passkey_registration(&signed_in.session, &signed_in.person).await {
        Ok((token, challenge)) => {
            let (status, title) = form_head(heading(&on), &faults);
            let frame = Frame::of(&title, &signed_in.person, "account");
            let (token, name) = (token.reveal().to_owned(), name.to_owned());
            let challenge = hinted(&challenge, &on);
            show_with(status, &Page { frame, attempt, token, challenge, on, name, faults })
        }
        Err(AddFault::Stale) => {
            let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
            Err(prove_again(&keys, "/me/keys/passkey"))
        }
        Err(other) => Err(other.into()),
    }
}

pub(crate) async fn begin(
    State(web): State<Web>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let name = t(if asked.on == KEY { "Security key" } else { "This computer" });
    page(&web, &signed_in, (asked.attempt, asked.on), (&name, vec![])).await
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    attempt: String,
    #[serde(default)]
    on: String,
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    token: String,
    #[serde(default)]
    attempt: String,
    #[serde(default)]
    on: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    credential: String,
}

pub(crate) async fn submit(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
    Form(filled): Form<Filled>,
) -> Result<Response, PageError> {
    let form = (filled.token.as_str(), filled.name.as_str(), filled.credential.as_str());
    let faults = match web.signin.add_passkey(&signed_in.session, &signed_in.person, form).await {
        Ok(key) => return added(&web, &browser, &signed_in, &filled.attempt, (KeyKind::Passkey, key)).await,
        Err(words @ AddFault::Name) => fault("name", words),
        Err(words @ AddFault::Known) => fault("credential", words),
        Err(AddFault::Refusal(idp_signin::Refusal::Wrong) | AddFault::Expired) => {
            fault("credential", "Nothing was changed. Try the key again or choose another way.")
        }
        Err(other) => return Err(other.into()),
    };
    page(&web, &signed_in, (filled.attempt, filled.on), (&filled.name, faults)).await
}
