//! Choosing the language of pages and mails; it works signed out.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use idp_domain::Language;
use serde::Deserialize;

use super::attempt::own_path;
use super::begin::looks_shared;
use crate::browser::{Browser, Visitor};
use crate::cookies::{language_cookie, remember_look};
use crate::page::{go, with_cookie};
use crate::{PageError, Web};

#[derive(Deserialize)]
pub(crate) struct Chosen {
    language: String,
    #[serde(default)]
    next: String,
}

/// Chooses a language in this browser, and for the mails of whoever is signed in.
pub(crate) async fn choose(
    State(web): State<Web>,
    browser: Browser,
    Visitor(visitor): Visitor,
    Form(asked): Form<Chosen>,
) -> Result<Response, PageError> {
    let language = Language::parse(&asked.language).ok_or(PageError::Incomplete)?;
    let shared = if let Some((session, person)) = &visitor {
        web.signin.context.store.set_language(person.id, language).await?;
        session.shared
    } else {
        looks_shared(&web, &browser).await?
    };
    let cookie = language_cookie(language, remember_look(shared), &web.settings);
    Ok(with_cookie(go(&own_path(&asked.next)), cookie))
}
