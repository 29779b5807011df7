//! Giving somebody access.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use idp_directory::DirectoryError;
use idp_directory::memberships::Invitation;
use idp_domain::Slug;
use idp_domain::group::GROUPS;

use super::wanted::Fields;
use super::{Admin, refused};
use crate::page::{Fault, Frame, form_head, go, show_with, shown};
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "admin_invite.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    sites: Vec<(String, String)>,
    groups: Vec<(&'static str, &'static str, &'static str)>,
    /// What was typed.
    site: String,
    first_name: String,
    last_name: String,
    email: String,
    group: Vec<String>,
    classes: String,
    starts: String,
    ends: String,
    faults: Vec<Fault>,
}

impl Page {
    fn is_site(&self, slug: &str) -> bool {
        self.site == slug
    }

    fn has_group(&self, id: &str) -> bool {
        self.group.iter().any(|one| one == id)
    }
}

/// The form, filled in with what the address names: for somebody who asked for access.
pub(crate) async fn show_form(admin: Admin, RawQuery(query): RawQuery) -> Result<Response, PageError> {
    render(&admin, &Fields::read(&query.unwrap_or_default()), vec![])
}

fn render(admin: &Admin, fields: &Fields, faults: Vec<Fault>) -> Result<Response, PageError> {
    let (status, title) = form_head("Invite someone", &faults);
    let page = Page {
        frame: admin.frame(&title),
        tab: "people",
        sites: admin.asker.sites.iter().map(|seen| (seen.site.slug.to_string(), seen.site.name.clone())).collect(),
        groups: GROUPS.iter().map(|group| (group.id, group.name, group.sentence)).collect(),
        site: fields.one("site").to_owned(),
        first_name: fields.one("first_name").to_owned(),
        last_name: fields.one("last_name").to_owned(),
        email: fields.one("email").to_owned(),
        group: fields.all("group"),
        classes: fields.one("classes").to_owned(),
        starts: fields.one("starts").to_owned(),
        ends: fields.one("ends").to_owned(),
        faults,
    };
    show_with(status, &page)
}

pub(crate) async fn submit(State(web): State<Web>, admin: Admin, body: String) -> Result<Response, PageError> {
    let fields = Fields::read(&body);
    let mut faults = Vec::new();
    let (starts_at, ends_at) = fields.dates(&mut faults);
    let classes: Vec<String> = fields
        .one("classes")
        .split([',', ';'])
        .map(|part| part.trim().to_lowercase())
        .filter(|part| !part.is_empty())
        .collect();
    let mut wanted = fields.wanted();
    if !classes.is_empty() {
        wanted.scope = idp_domain::scope::Scope::listed(classes, []);
    }
    let invitation = Invitation {
        site: Slug::parse(fields.one("site")).ok(),
        first_name: fields.one("first_name").to_owned(),
        last_name: fields.one("last_name").to_owned(),
        email: fields.one("email").to_owned(),
        wanted,
        starts_at,
        ends_at,
    };
    if !faults.is_empty() {
        return render(&admin, &fields, shown(faults));
    }
    match web.directory.invite(&admin.asker, &invitation).await {
        Ok(person) => Ok(go(&format!("/admin/people/{person}"))),
        Err(DirectoryError::Faults(faults)) => render(&admin, &fields, shown(faults)),
        Err(other) => Err(refused(other, "/admin/people/invite")),
    }
}
