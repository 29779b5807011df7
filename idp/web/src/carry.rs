//! A form that needs a sign-in, a key or the password first is kept while its sender proves themselves, and offered again: nothing
//! that was typed or chosen is lost, and nothing happens that was not confirmed afterwards.

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;
use idp_domain::{PersonId, Secret, SecretHash};
use idp_store::attempts::StoredAttempt;
use serde::{Deserialize, Serialize};

use crate::browser::{Browser, SignedIn};
use crate::cookies::Cookie;
use crate::error::ProveFirst;
use crate::page::{Frame, WHOSE, go, show};
use crate::{PageError, Web};

/// How long a form is kept, in seconds.
const LIFE: i64 = 15 * 60;
/// Most bytes that are kept; no form of ours is longer.
const MOST: usize = 64 * 1024;
/// Name under which forms are sealed.
const SEAL: &str = "carried form";

/// A form that waits.
#[derive(Serialize, Deserialize)]
struct Carried {
    browser: SecretHash,
    /// Whose it is: nobody else who signs in here sees it.
    person: PersonId,
    path: String,
    sealed: Vec<u8>,
}

/// Keeps a form whose answer is "prove yourself first".
pub(crate) async fn keep(State(web): State<Web>, request: Request, next: Next) -> Result<Response, PageError> {
    let form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if *request.method() != Method::POST || !form {
        return Ok(next.run(request).await);
    }
    let path = request.uri().path().to_owned();
    let cookie = Cookie::Session.read(request.headers(), &web.settings);
    let browser = request.extensions().get::<Browser>().map(Browser::hash);
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MOST).await else { return Err(PageError::TooLarge) };
    refuse_of_others(&web, cookie.as_ref(), &body).await?;
    let response = next.run(Request::from_parts(parts, Body::from(body.clone()))).await;
    let (Some(first), Some(browser), Some(cookie)) = (response.extensions().get::<ProveFirst>(), browser, cookie)
    else {
        return Ok(response);
    };
    // A password is typed again; a sign-in says by itself where it goes on; a key belongs to the session that began it.
    if path == "/me/password" || ["/signin", "/me/keys/"].iter().any(|start| path.starts_with(start)) {
        return Ok(response);
    }
    // The session may be over, and still says whose form this is.
    let Some(session) = web.signin.context.store.session(&cookie.hash()).await? else { return Ok(response) };
    let token = store(&web, (browser, session.person), path, &body).await?;
    Ok(go(&first.path(&format!("/carry-on?form={}", token.reveal()))))
}

/// Refuses a form from a page that was somebody else's: they left it open, and another person has signed in since.
async fn refuse_of_others(web: &Web, cookie: Option<&Secret>, body: &Bytes) -> Result<(), PageError> {
    let whose = url::form_urlencoded::parse(body).find(|(name, _)| name == WHOSE).map(|(_, value)| value.into_owned());
    let Some(whose) = whose else { return Ok(()) };
    match web.signin.current(cookie).await? {
        Some((_, person)) if person.id.to_string() != whose => Err(PageError::OthersForm),
        _ => Ok(()),
    }
}

async fn store(
    web: &Web,
    (browser, person): (SecretHash, PersonId),
    path: String,
    body: &Bytes,
) -> Result<Secret, PageError> {
    let context = &web.signin.context;
    let token = Secret::new(&*context.random);
    let carried = Carried { browser, person, path, sealed: context.vault.seal(SEAL, body) };
    let body = serde_json::to_string(&carried).map_err(|_| PageError::Broken("carried form"))?;
    let expires_at = context.now().plus(LIFE);
    let stored = StoredAttempt { hash: token.hash(), version: 0, body, expires_at };
    context.store.short.add_attempt(&stored).await?;
    Ok(token)
}

#[derive(Template)]
#[template(path = "carry_on.html")]
struct Page {
    frame: Frame,
    path: String,
    fields: Vec<(String, String)>,
    what: &'static str,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    form: String,
}

pub(crate) async fn offer(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let context = &web.signin.context;
    let stored = context.store.short.attempt(&Secret::presented(&asked.form).hash(), context.now()).await?;
    let carried = stored.and_then(|stored| serde_json::from_str::<Carried>(&stored.body).ok());
    let carried =
        carried.filter(|carried| carried.browser.matches(&browser.hash())).ok_or(PageError::AttemptExpired)?;
    if carried.person != signed_in.person.id {
        // Somebody else signed in where this one was asked to.
        return Ok(go("/"));
    }
    let body = context.vault.open(SEAL, &carried.sealed).ok_or(PageError::AttemptExpired)?;
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let what = what(&carried.path, &fields);
    show(&Page { frame: Frame::of("Carry on", &signed_in.person, ""), path: carried.path, fields, what })
}

/// What is about to happen, in words.
fn what(path: &str, fields: &[(String, String)]) -> &'static str {
    let has = |name: &str, value: &str| fields.iter().any(|(key, given)| key == name && given == value);
    if path.ends_with("/remove") && has("mode", "quiet") {
        "Remove all access now, quietly: no email is sent, and no reason is shown at sign-in."
    } else if path.ends_with("/remove") {
        "Remove all access now, and tell the person by email."
    } else if path.starts_with("/admin/") {
        "Save the change that you were making."
    } else {
        "Go on with what you were doing."
    }
}
