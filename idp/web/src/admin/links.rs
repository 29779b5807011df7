//! A new link to set a password: mailed, or on a card to hand over to somebody who has no mailbox.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use idp_directory::links::NewLink;
use idp_domain::PersonId;
use idp_signin::account::soft_key::qr_svg;

use super::{Admin, refused};
use crate::page::{Frame, show};
use crate::signin::lasted;
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "admin_link_made.html")]
struct Made {
    frame: Frame,
    tab: &'static str,
    person: String,
    name: String,
    login: String,
    /// On paper: the link, its picture and how long it works. Nothing when it was mailed.
    card: Option<(String, String, String)>,
}

pub(crate) async fn make(State(web): State<Web>, admin: Admin, Path(id): Path<String>) -> Result<Response, PageError> {
    let id: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    let back = format!("/admin/people/{id}");
    let made = web.directory.new_link(&admin.asker, id).await.map_err(|error| refused(error, &back))?;
    let person = web.signin.context.store.person(id).await?.ok_or(PageError::NotFound)?;
    let card = match made {
        NewLink::Mailed => None,
        NewLink::OnPaper { link, life } => Some((qr_svg(&link).unwrap_or_default(), link, lasted(life))),
    };
    let (name, login) = (person.full_name(), person.login());
    let title = if card.is_some() { "Link to hand over" } else { "Link sent" };
    show(&Made { frame: admin.frame(title), tab: "people", person: id.to_string(), name, login, card })
}
