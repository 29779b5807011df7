//! One person: places, groups, classes, dates, keys by name, history, and the safe actions.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use idp_directory::asker::Asker;
use idp_directory::memberships::Change;
use idp_domain::group::GROUPS;
use idp_domain::membership::{Membership, MembershipStatus};
use idp_domain::person::PersonStatus;
use idp_domain::scope::Scope;
use idp_domain::{MembershipId, PersonId, london};

use super::wanted::{Fields, iso};
use super::{Admin, refused};
use crate::page::{Frame, go, show};
use crate::{PageError, Web};

struct Place {
    id: String,
    site: String,
    state: &'static str,
    groups: Vec<GroupBox>,
    scope: &'static str,
    classes: Vec<Choice>,
    years: Vec<Choice>,
    starts: String,
    ends: String,
    status: &'static str,
}

struct GroupBox {
    id: &'static str,
    name: &'static str,
    on: bool,
    waiting: bool,
}

struct Choice {
    code: String,
    name: String,
    on: bool,
}

#[derive(Template)]
#[template(path = "admin_person.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    id: String,
    name: String,
    login: String,
    suspended: bool,
    elsewhere: bool,
    /// Elevating waits here until somebody confirms the person's new key.
    held: bool,
    keys: Vec<String>,
    places: Vec<Place>,
    history: Vec<(String, String)>,
    elevated: bool,
}

pub(crate) async fn show_person(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let person: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    let seen = web.directory.person(&admin.asker, person).await.map_err(|error| refused(error, "/admin/people"))?;
    let holds = web.signin.context.store.holds_of(person).await?;
    let held = admin.asker.sites.iter().any(|one| {
        holds.contains(&one.site.place()) && seen.memberships.iter().any(|membership| membership.site == one.site.id)
    });
    let mut places = Vec::new();
    for membership in &seen.memberships {
        places.push(place(&web, &admin.asker, membership).await?);
    }
    let history = web.directory.audit(&admin.asker, Some(person), "").await;
    let history = history.map_err(|error| refused(error, "/admin/people"))?;
    show(&Page {
        frame: admin.frame(&seen.person.full_name()),
        tab: "people",
        name: seen.person.full_name(),
        login: seen.person.login(),
        suspended: seen.person.status == PersonStatus::Suspended,
        elsewhere: seen.elsewhere,
        held,
        keys: seen.keys.into_iter().map(|(_, name, kind)| format!("{name} ({kind})")).collect(),
        places,
        history: history.into_iter().map(|entry| (london::show(entry.at), entry.sentence)).collect(),
        elevated: admin.asker.elevated,
        id,
    })
}

async fn place(web: &Web, asker: &Asker, membership: &Membership) -> Result<Place, PageError> {
    let store = &web.signin.context.store;
    let site = asker.sites.iter().find(|seen| seen.site.id == membership.site).ok_or(PageError::NotFound)?;
    let scopes: Vec<&Scope> = membership.grants.iter().map(|grant| &grant.scope).collect();
    let all = scopes.iter().any(|scope| **scope == Scope::All);
    let classes: Vec<String> = scopes.iter().flat_map(|scope| scope.classes()).collect();
    let years: Vec<String> = scopes.iter().flat_map(|scope| scope.years()).collect();
    let known = store.classes(membership.site).await?;
    let mut year_codes: Vec<String> =
        known.iter().map(|class| class.year.clone()).filter(|year| !year.is_empty()).collect();
    year_codes.dedup();
    let listed = !classes.is_empty() || !years.is_empty();
    Ok(Place {
        id: membership.id.to_string(),
        site: site.site.name.clone(),
        state: membership.state(web.signin.context.now()).title(),
        groups: GROUPS
            .iter()
            .map(|group| {
                let grant = membership.grants.iter().find(|grant| grant.group == group.id);
                let waiting = grant.is_some_and(|grant| grant.pending);
                GroupBox { id: group.id, name: group.name, on: grant.is_some(), waiting }
            })
            .collect(),
        scope: if all {
            "all"
        } else if listed {
            "listed"
        } else {
            "none"
        },
        classes: known
            .iter()
            .map(|class| Choice {
                on: classes.contains(&class.code),
                code: class.code.clone(),
                name: class.name.clone(),
            })
            .collect(),
        years: year_codes
            .into_iter()
            .map(|year| Choice { on: years.contains(&year), name: year.clone(), code: year })
            .collect(),
        starts: membership.starts_at.map(iso).unwrap_or_default(),
        ends: membership.ends_at.map(|end| iso(end.plus(-1))).unwrap_or_default(),
        status: match membership.status {
            MembershipStatus::Active => "active",
            MembershipStatus::Paused { .. } => "paused",
            MembershipStatus::Ended => "ended",
        },
    })
}

pub(crate) async fn change(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, PageError> {
    let id: MembershipId = id.parse().map_err(|_| PageError::NotFound)?;
    let membership = web.signin.context.store.membership(id).await?.ok_or(PageError::NotFound)?;
    let back = format!("/admin/people/{}", membership.person);
    let fields = Fields::read(&body);
    let mut faults = Vec::new();
    let (starts_at, ends_at) = fields.dates(&mut faults);
    if let Some(fault) = faults.first() {
        return Err(PageError::Refused(fault.message.clone()));
    }
    let status = match fields.one("status") {
        "active" => MembershipStatus::Active,
        "paused" => MembershipStatus::Paused { until: None },
        "ended" => MembershipStatus::Ended,
        _ => return Err(PageError::NotFound),
    };
    let change = Change { wanted: fields.wanted(), starts_at, ends_at, status };
    web.directory.change(&admin.asker, id, &change).await.map_err(|error| refused(error, &back))?;
    Ok(go(&back))
}

pub(crate) async fn remove(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, PageError> {
    let person: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    let quiet = Fields::read(&body).one("mode") == "quiet";
    let back = format!("/admin/people/{person}");
    web.directory.remove_now(&admin.asker, person, quiet).await.map_err(|error| refused(error, &back))?;
    Ok(go(&back))
}
