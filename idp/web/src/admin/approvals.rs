//! Grants that wait for a second person.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use idp_domain::group::group_by_id;
use idp_domain::scope::Scope;

use super::wanted::Fields;
use super::{Admin, refused};
use crate::page::{Frame, go, show};
use crate::{PageError, Web};

struct Line {
    id: String,
    person: String,
    group: &'static str,
    site: String,
    by: String,
    /// Which classes or years, in words.
    scope: String,
}

#[derive(Template)]
#[template(path = "admin_approvals.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    lines: Vec<Line>,
}

pub(crate) async fn list(State(web): State<Web>, admin: Admin) -> Result<Response, PageError> {
    let waiting = web.directory.waiting(&admin.asker).await.map_err(|error| refused(error, "/admin/approvals"))?;
    let lines = waiting
        .into_iter()
        .map(|one| Line {
            id: one.grant.id.to_string(),
            person: one.person.full_name(),
            group: group_by_id(&one.grant.group).map_or("", |group| group.name),
            site: one.site.name,
            by: one.granted_by.unwrap_or_default(),
            scope: match &one.grant.scope {
                Scope::All => "all classes".to_owned(),
                Scope::None => String::new(),
                listed @ Scope::Listed { .. } => [listed.classes(), listed.years()].concat().join(", "),
            },
        })
        .collect();
    show(&Page { frame: admin.frame("Approvals"), tab: "approvals", lines })
}

pub(crate) async fn decide(State(web): State<Web>, admin: Admin, body: String) -> Result<Response, PageError> {
    let fields = Fields::read(&body);
    let grant = fields.one("grant").parse().map_err(|_| PageError::NotFound)?;
    let approve = match fields.one("decision") {
        "approve" => true,
        "refuse" => false,
        _ => return Err(PageError::NotFound),
    };
    let decided = web.directory.decide(&admin.asker, grant, approve).await;
    decided.map_err(|error| refused(error, "/admin/approvals"))?;
    Ok(go("/admin/approvals"))
}
