//! How pages look: language and size of text.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use idp_domain::{Language, TextSize};
use serde::Deserialize;

use crate::browser::SignedIn;
use crate::cookies::{language_cookie, remember_look, text_size_cookie};
use crate::page::{Frame, go, show, with_cookie};
use crate::{PageError, Web, language};

#[derive(Template)]
#[template(path = "account_display.html")]
struct Page {
    frame: Frame,
    language: Language,
    size: TextSize,
}

pub(crate) async fn show_form(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let mut frame = Frame::of("Language and text size", &signed_in.person, "account");
    frame.manages = web.directory.manages_anything(&signed_in.person).await?;
    show(&Page { frame, language: language::current(), size: signed_in.person.text_size })
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    language: String,
    size: String,
}

/// Both hold for this browser at once (on a shared computer until it closes), and for every other one from the next sign-in on.
pub(crate) async fn save(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(chosen): Form<Chosen>,
) -> Result<Response, PageError> {
    let language = Language::parse(&chosen.language).ok_or(PageError::Incomplete)?;
    let size = TextSize::parse(&chosen.size).ok_or(PageError::Incomplete)?;
    let store = &web.signin.context.store;
    store.set_language(signed_in.person.id, language).await?;
    store.set_text_size(signed_in.person.id, size).await?;
    let life = remember_look(signed_in.session.shared);
    let answer = with_cookie(go("/me"), language_cookie(language, life, &web.settings));
    Ok(with_cookie(answer, text_size_cookie(size, life, &web.settings)))
}
