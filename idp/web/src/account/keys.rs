//! Security keys: the list, the offer of a first one, the choice of a kind, removal.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::key::Key;
use idp_domain::london;
use idp_domain::session::{ABSOLUTE, KeyProof};
use serde::Deserialize;

use crate::browser::{Browser, SignedIn};
use crate::cookies::Cookie;
use crate::error::query;
use crate::page::{Frame, go, show, with_cookie};
use crate::signin::forward;
use crate::{PageError, Web};

struct Line {
    id: String,
    name: String,
    kind: &'static str,
    added: String,
    used: Option<String>,
}

#[derive(Template)]
#[template(path = "keys.html")]
struct List {
    frame: Frame,
    keys: Vec<Line>,
}

#[derive(Template)]
#[template(path = "key_add.html")]
struct Choose {
    frame: Frame,
    /// Query that carries an attempt on.
    attempt: String,
    first: bool,
}

pub(crate) async fn list(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
    let mut frame = Frame::of("Security keys", &signed_in.person, "account");
    frame.manages = web.directory.manages_anything(&signed_in.person).await?;
    show(&List { frame, keys: keys.into_iter().map(line).collect() })
}

fn line(key: Key) -> Line {
    Line {
        id: key.id.to_string(),
        kind: key.kind.title(),
        added: london::show_date(key.created_at),
        used: key.last_used_at.map(london::show),
        name: key.name,
    }
}

/// An attempt that a key is being added for, if any.
#[derive(Deserialize)]
pub(crate) struct For {
    #[serde(default)]
    pub attempt: String,
}

pub(crate) async fn first(signed_in: SignedIn) -> Result<Response, PageError> {
    let frame = Frame::of("Add your first key", &signed_in.person, "account");
    show(&Choose { frame, attempt: String::new(), first: true })
}

pub(crate) async fn choose(
    State(web): State<Web>,
    signed_in: SignedIn,
    Query(asked): Query<For>,
) -> Result<Response, PageError> {
    let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
    if !idp_signin::SignIn::may_change_keys(&signed_in.session, &keys, web.signin.context.now()) {
        return Err(prove_again(&keys, "/me/keys/add"));
    }
    let attempt = if asked.attempt.is_empty() { String::new() } else { query("attempt", &asked.attempt) };
    show(&Choose { frame: Frame::of("Add new device", &signed_in.person, "account"), attempt, first: false })
}

/// What stands between a person and changing keys: the password when there is no key yet, else a key.
pub(crate) fn prove_again(keys: &[Key], next: &str) -> PageError {
    if keys.is_empty() { PageError::PasswordFirst(next.to_owned()) } else { PageError::KeyFirst(next.to_owned()) }
}

/// After a key was added: it counts as a proof at once, and the attempt that asked for it goes on.
pub(crate) async fn added(
    web: &Web,
    browser: &Browser,
    signed_in: &SignedIn,
    token: &str,
    kind: idp_domain::key::KeyKind,
) -> Result<Response, PageError> {
    let attempt = web.signin.find(token, &browser.hash()).await.ok().map(|(_, attempt)| attempt);
    let place = attempt.as_ref().map(|attempt| attempt.need.place.clone()).unwrap_or_default();
    let proof = KeyProof { kind, at: web.signin.context.now(), place };
    let secret = web.signin.step_up(&signed_in.session, proof).await?;
    let session = web.signin.current(Some(&secret)).await?.map(|(session, _)| session);
    let cookie = Cookie::Session.set(&secret, (!signed_in.session.shared).then_some(ABSOLUTE), &web.settings);
    let response = match &attempt {
        Some(attempt) => forward(web, token, attempt, session.as_ref()),
        None => go("/me/keys"),
    };
    Ok(with_cookie(response, cookie))
}

#[derive(Deserialize)]
pub(crate) struct Removal {
    key: String,
}

pub(crate) async fn remove(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(removal): Form<Removal>,
) -> Result<Response, PageError> {
    let id = removal.key.parse().map_err(|_| PageError::NotFound)?;
    match web.signin.remove_key(&signed_in.session, &signed_in.person, id).await? {
        true => Ok(go("/me/keys")),
        false => Err(PageError::NotFound),
    }
}
