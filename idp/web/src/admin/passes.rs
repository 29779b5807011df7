//! Temporary passes: vouching for somebody who has lost every key. A colleague does that, not only an admin, so these pages
//! are in Welsh as well.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use idp_directory::DirectoryError;
use idp_directory::passes::{MadePass, Seen};
use idp_domain::PersonId;

use super::wanted::Fields;
use super::{Admin, refused};
use crate::page::{Fault, Frame, fault, form_head, go, grouped, show, show_with};
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "vouch.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    login: String,
    faults: Vec<Fault>,
}

#[derive(Template)]
#[template(path = "vouch_made.html")]
struct Made {
    frame: Frame,
    tab: &'static str,
    name: String,
    code: String,
    minutes: i64,
}

pub(crate) async fn show_form(admin: Admin) -> Result<Response, PageError> {
    let frame = admin.frame("Make a temporary pass");
    show(&Page { frame, tab: "pass", login: String::new(), faults: vec![] })
}

pub(crate) async fn make(State(web): State<Web>, admin: Admin, body: String) -> Result<Response, PageError> {
    let fields = Fields::read(&body);
    let login = fields.one("login").to_owned();
    match web.directory.make_pass(&admin.asker, &login, Seen::parse(fields.one("seen"))).await {
        Ok(MadePass { name, code, minutes }) => {
            let code = grouped(&code, 5);
            show(&Made { frame: admin.frame("Temporary pass"), tab: "pass", name, code, minutes })
        }
        Err(DirectoryError::Faults(faults)) => {
            let faults: Vec<Fault> = faults.into_iter().flat_map(|one| fault(one.field, one.message)).collect();
            let (status, title) = form_head("Make a temporary pass", &faults);
            show_with(status, &Page { frame: admin.frame(&title), tab: "pass", login, faults })
        }
        Err(other) => Err(refused(other, "/admin/pass")),
    }
}

pub(crate) async fn lift_hold(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let person: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    let back = format!("/admin/people/{person}");
    web.directory.lift_hold(&admin.asker, person).await.map_err(|error| refused(error, &back))?;
    Ok(go(&back))
}
