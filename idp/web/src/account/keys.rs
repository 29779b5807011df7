//! Security keys: the list, the offer of a first one, the choice of a kind; suspend, rename, remove.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::KeyId;
use idp_domain::key::{Key, KeyKind};
use idp_domain::session::KeyProof;
use idp_signin::account::keys::AddFault;
use serde::Deserialize;

use super::sites::{asked_at, key_to_sign_in};
use crate::browser::{Browser, SignedIn};
use crate::error::query;
use crate::page::{Fault, Frame, fault, form_head, go, show, show_with};
use crate::signin::{forward, stepped_up};
use crate::{PageError, Web, language, t};

struct Line {
    id: String,
    name: String,
    kind: String,
    added: String,
    used: Option<String>,
    suspended: bool,
    /// Codes left on a printed card.
    left: Option<i64>,
    /// The schools where it counts.
    needed: String,
}

/// On what occasion somebody looks at their keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// On none.
    Plain,
    /// They have just come back without a key: they suspend the lost one and add another.
    Recovered,
    /// They have lost a key and used another one.
    Lost,
    /// They have just added their first one.
    Added,
}

#[derive(Template)]
#[template(path = "keys.html")]
struct List {
    frame: Frame,
    keys: Vec<Line>,
    /// Codes for somebody who has lost every key.
    recovery_left: i64,
    mode: Mode,
    /// There is one key that works, and no second one.
    lonely: bool,
    /// The attempt that goes on afterwards, if any.
    attempt: String,
    faults: Vec<Fault>,
}

#[derive(Template)]
#[template(path = "key_add.html")]
struct Choose {
    frame: Frame,
    /// Query that carries an attempt on.
    attempt: String,
    first: bool,
    /// Whether it may be put off.
    later: bool,
}

#[derive(Deserialize)]
pub(crate) struct Listed {
    #[serde(flatten)]
    occasion: Occasion,
}

/// The mode as addresses and forms say it, and the attempt that goes on afterwards.
#[derive(Deserialize)]
pub(crate) struct Occasion {
    recovered: Option<String>,
    lost: Option<String>,
    added: Option<String>,
    #[serde(default)]
    attempt: String,
}

impl Occasion {
    fn mode(&self) -> Mode {
        match (&self.recovered, &self.lost, &self.added) {
            (Some(_), _, _) => Mode::Recovered,
            (_, Some(_), _) => Mode::Lost,
            (_, _, Some(_)) => Mode::Added,
            _ => Mode::Plain,
        }
    }

    /// Back to the list, on the same occasion.
    fn back(&self) -> String {
        let mode = match self.mode() {
            Mode::Recovered => "recovered=1",
            Mode::Lost => "lost=1",
            Mode::Plain | Mode::Added => return "/me/keys".to_owned(),
        };
        format!("/me/keys?{mode}&{}", query("attempt", &self.attempt))
    }
}

pub(crate) async fn list(
    State(web): State<Web>,
    signed_in: SignedIn,
    Query(asked): Query<Listed>,
) -> Result<Response, PageError> {
    render(&web, &signed_in, &asked.occasion, vec![]).await
}

async fn render(
    web: &Web,
    signed_in: &SignedIn,
    occasion: &Occasion,
    faults: Vec<Fault>,
) -> Result<Response, PageError> {
    let (store, person) = (&web.signin.context.store, &signed_in.person);
    let mut keys = Vec::new();
    let own = store.keys_of(person.id).await?;
    let lonely = own.len() == 1 && own.iter().all(Key::works);
    let asked = asked_at(web, person.id).await?;
    for key in own {
        let left = match key.kind {
            KeyKind::Card => Some(store.card_codes_left(key.id).await?),
            _ => None,
        };
        let counts = asked.iter().filter(|(_, acr)| key.kind.acr() >= *acr).map(|(site, _)| site.as_str());
        let needed = counts.collect::<Vec<_>>().join(", ");
        keys.push(line(key, left, needed));
    }
    let (status, title) = form_head("Security keys", &faults);
    let mut frame = Frame::of(&title, person, "account");
    frame.manages = web.directory.manages_anything(person).await?;
    let recovery_left = store.recovery_codes_left(person.id).await?;
    let (mode, attempt) = (occasion.mode(), occasion.attempt.clone());
    show_with(status, &List { frame, keys, recovery_left, mode, lonely, attempt, faults })
}

fn line(key: Key, left: Option<i64>, needed: String) -> Line {
    Line {
        id: key.id.to_string(),
        kind: t(key.kind.title()),
        added: language::show_date(key.created_at),
        used: key.last_used_at.map(language::show),
        suspended: !key.works(),
        name: key.name,
        left,
        needed,
    }
}

/// An attempt that a key is being added for, if any.
#[derive(Deserialize)]
pub(crate) struct For {
    #[serde(default)]
    pub attempt: String,
}

pub(crate) async fn first(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let later = !key_to_sign_in(&web, signed_in.person.id).await?;
    let frame = Frame::of("Add your first key", &signed_in.person, "account");
    show(&Choose { frame, attempt: String::new(), first: true, later })
}

pub(crate) async fn choose(
    State(web): State<Web>,
    signed_in: SignedIn,
    Query(asked): Query<For>,
) -> Result<Response, PageError> {
    require_fresh(&web, &signed_in, "/me/keys/add").await?;
    let attempt = if asked.attempt.is_empty() { String::new() } else { query("attempt", &asked.attempt) };
    show(&Choose {
        frame: Frame::of("Add new device", &signed_in.person, "account"),
        attempt,
        first: false,
        later: false,
    })
}

/// Lets only those on who may change keys now; the others prove themselves again and come back to `next`.
pub(crate) async fn require_fresh(web: &Web, signed_in: &SignedIn, next: &str) -> Result<(), PageError> {
    let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
    if idp_signin::SignIn::may_change_keys(&signed_in.session, &keys, web.signin.context.now()) {
        Ok(())
    } else {
        Err(prove_again(&keys, next))
    }
}

/// The same for what is no key: a recovery code or temporary pass opens none of it (M-07).
pub(crate) async fn require_proof(web: &Web, signed_in: &SignedIn, next: &str) -> Result<(), PageError> {
    let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
    let may = idp_signin::SignIn::may_change_account(&signed_in.session, &keys, web.signin.context.now());
    if may { Ok(()) } else { Err(prove_again(&keys, next)) }
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
    key: (KeyKind, KeyId),
) -> Result<Response, PageError> {
    let first = web.signin.context.store.keys_of(signed_in.person.id).await?.len() == 1;
    let attempt = web.signin.find(token, &browser.hash()).await.ok().map(|(_, attempt)| attempt);
    let place = attempt.as_ref().map(|attempt| attempt.need.place.clone()).unwrap_or_default();
    let proof = KeyProof::new(key, web.signin.context.now(), &place);
    let begun = stepped_up(web, &signed_in.session, proof).await?;
    let response = match &attempt {
        Some(attempt) => forward(web, token, attempt, begun.session.as_ref()),
        None if first => go("/me/keys?added=1"),
        None => go("/me/keys"),
    };
    Ok(begun.with(response))
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    key: String,
    /// `remove`, `suspend`, `resume` or `rename`.
    #[serde(default)]
    act: String,
    #[serde(default)]
    name: String,
    #[serde(flatten)]
    occasion: Occasion,
}

pub(crate) async fn change(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(chosen): Form<Chosen>,
) -> Result<Response, PageError> {
    let id = chosen.key.parse().map_err(|_| PageError::NotFound)?;
    let (session, person) = (&signed_in.session, &signed_in.person);
    let changed = match chosen.act.as_str() {
        "remove" => web.signin.remove_key(session, person, id).await,
        "suspend" => web.signin.suspend_key(session, person, (id, true)).await,
        "resume" => web.signin.suspend_key(session, person, (id, false)).await,
        "rename" => web.signin.rename_key((person, session), id, &chosen.name).await,
        _ => return Err(PageError::NotFound),
    };
    match changed {
        Ok(true) => Ok(go(&chosen.occasion.back())),
        Ok(false) => Err(PageError::NotFound),
        Err(AddFault::Stale) => {
            let keys = web.signin.context.store.keys_of(person.id).await?;
            Err(prove_again(&keys, "/me/keys"))
        }
        Err(words @ (AddFault::Name | AddFault::Last)) => {
            render(&web, &signed_in, &chosen.occasion, fault("keys", words)).await
        }
        Err(other) => Err(other.into()),
    }
}
