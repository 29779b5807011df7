//! What waits for a decision: grants that need a second person, and people who ask for access.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use idp_directory::requests::Asked;
use idp_directory::{DirectoryError, FieldFault};
use idp_domain::group::group_by_id;
use idp_domain::london;
use idp_domain::scope::Scope;

use super::wanted::Fields;
use super::{Admin, refused};
use crate::page::{Fault, Frame, form_head, go, show_with};
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
    asked: Vec<AskedLine>,
    /// Identifier and name of apps.
    apps: Vec<(String, String)>,
    faults: Vec<Fault>,
}

/// Somebody who asks for access.
struct AskedLine {
    id: String,
    person: String,
    login: String,
    site: String,
    reason: String,
    at: String,
    /// The form that gives access, filled in.
    give: String,
}

pub(crate) async fn list(State(web): State<Web>, admin: Admin) -> Result<Response, PageError> {
    page(&web, &admin, vec![]).await
}

async fn page(web: &Web, admin: &Admin, faults: Vec<Fault>) -> Result<Response, PageError> {
    let (status, title) = form_head("Approvals", &faults);
    let waiting = web.directory.waiting(&admin.asker).await.map_err(|error| refused(error, "/admin/approvals"))?;
    let asked = web.directory.requests(&admin.asker).await.map_err(|error| refused(error, "/admin/approvals"))?;
    let asked = asked.into_iter().map(asked_line).collect();
    let apps = web.directory.apps_to_open(&admin.person).await.map_err(|error| refused(error, "/admin/approvals"))?;
    let apps = apps.into_iter().map(|app| (app.id, app.name)).collect();
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
    show_with(status, &Page { frame: admin.frame(&title), tab: "approvals", lines, asked, apps, faults })
}

fn asked_line(asked: Asked) -> AskedLine {
    let Asked { request, person, site } = asked;
    let give = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("site", site.slug.as_str())
        .append_pair("first_name", &person.first_name)
        .append_pair("last_name", &person.last_name)
        .append_pair("email", &person.login())
        .finish();
    AskedLine {
        id: request.id.to_string(),
        login: person.login(),
        person: person.full_name(),
        site: site.name,
        reason: request.reason,
        at: london::show(request.asked_at),
        give: format!("/admin/people/invite?{give}"),
    }
}

pub(crate) async fn refuse_request(State(web): State<Web>, admin: Admin, body: String) -> Result<Response, PageError> {
    let fields = Fields::read(&body);
    let id = fields.one("request").parse().map_err(|_| PageError::NotFound)?;
    match web.directory.refuse_request(&admin.asker, id, fields.one("reason")).await {
        Ok(()) => Ok(go("/admin/approvals")),
        Err(DirectoryError::Faults(faults)) => {
            let beside = |fault: FieldFault| Fault { field: format!("reason-{id}").into(), message: fault.message };
            page(&web, &admin, faults.into_iter().map(beside).collect()).await
        }
        Err(other) => Err(refused(other, "/admin/approvals")),
    }
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
