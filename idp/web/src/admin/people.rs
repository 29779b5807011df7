//! The list of people, with search and filters.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_directory::people::{Filter, PAGE, SeenPerson};
use idp_domain::group::{GROUPS, group_by_id};
use idp_domain::membership::Membership;
use idp_domain::person::{Person, PersonStatus};
use idp_domain::scope::Scope;
use idp_domain::{PersonId, Slug};
use idp_store::bounces::Bounce;
use serde::Deserialize;

use super::{Admin, refused};
use crate::page::{Frame, show};
use crate::{PageError, Web};

struct Line {
    id: String,
    name: String,
    login: String,
    places: Vec<String>,
    attention: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "admin_people.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    text: String,
    site: String,
    group: String,
    sites: Vec<(String, String)>,
    groups: Vec<(&'static str, &'static str)>,
    lines: Vec<Line>,
    full: bool,
    /// Sites that nobody of their own manages.
    without_admin: Vec<String>,
}

impl Page {
    fn is_site(&self, slug: &str) -> bool {
        self.site == slug
    }

    fn is_group(&self, id: &str) -> bool {
        self.group == id
    }
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    text: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    group: String,
}

pub(crate) async fn list(
    State(web): State<Web>,
    admin: Admin,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let filter = Filter {
        text: asked.text.clone(),
        site: Slug::parse(&asked.site).ok(),
        group: group_by_id(&asked.group).map(|group| group.id.to_owned()).unwrap_or_default(),
    };
    let found = web.directory.people(&admin.asker, &filter).await.map_err(|error| refused(error, "/admin/people"))?;
    let now = web.signin.context.now();
    let addresses: Vec<String> = found.iter().filter_map(|seen| Some(seen.person.email.as_ref()?.folded())).collect();
    let bounces = web.signin.context.store.bounces_of(&addresses).await?;
    let places: Vec<Membership> = found.iter().flat_map(|seen| seen.memberships.clone()).collect();
    let late = web
        .directory
        .late_with_key(&admin.asker.sites, &places)
        .await
        .map_err(|error| refused(error, "/admin/people"))?;
    let full = found.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
    let lines = found
        .into_iter()
        .map(|seen| {
            let places = seen.memberships.iter().map(|membership| {
                let site = admin.asker.sites.iter().find(|one| one.site.id == membership.site);
                let site = site.map_or("", |one| one.site.settings.short_name.as_str());
                format!(
                    "{site}: {} ({})",
                    crate::account::roles(membership),
                    membership.state(now).title().to_lowercase()
                )
            });
            Line {
                id: seen.person.id.to_string(),
                name: seen.person.full_name(),
                login: seen.person.login(),
                places: places.collect(),
                attention: attention(&seen, (&bounces, &late)),
            }
        })
        .collect();
    let sites = admin.asker.sites.iter().map(|seen| (seen.site.slug.to_string(), seen.site.name.clone())).collect();
    show(&Page {
        frame: admin.frame("People"),
        tab: "people",
        text: asked.text,
        site: asked.site,
        group: asked.group,
        sites,
        groups: GROUPS.iter().map(|group| (group.id, group.name)).collect(),
        lines,
        full,
        without_admin: without_admin(&web, &admin).await?,
    })
}

/// What somebody should look at, the most pressing thing alone.
fn attention(seen: &SeenPerson, (bounces, late): (&[Bounce], &[PersonId])) -> Option<&'static str> {
    let reasons = [
        (seen.person.status == PersonStatus::Suspended, "Access removed"),
        (bounced(bounces, &seen.person).is_some(), "Emails do not arrive"),
        (seen.person.password.is_none(), "Not signed in yet"),
        (seen.memberships.iter().any(reads_nothing), "No class named yet"),
        (late.contains(&seen.person.id), "No key yet"),
    ];
    reasons.into_iter().find_map(|(holds, words)| holds.then_some(words))
}

/// The bounce of a person's address, if there is one.
fn bounced<'a>(bounces: &'a [Bounce], person: &Person) -> Option<&'a Bounce> {
    let address = person.email.as_ref()?.folded();
    bounces.iter().find(|bounce| bounce.address == address)
}

/// Most sites that are looked at for it; a larger trust has a page of its own for that.
const LOOKED_AT: usize = 30;

async fn without_admin(web: &Web, admin: &Admin) -> Result<Vec<String>, PageError> {
    let mut names = Vec::new();
    for seen in admin.asker.sites.iter().take(LOOKED_AT) {
        if web.signin.context.admins_of(&seen.site).await?.is_empty() {
            names.push(seen.site.name.clone());
        }
    }
    Ok(names)
}

/// Somebody in a group that reads records of named classes, with none named: they are refused until one is.
fn reads_nothing(membership: &Membership) -> bool {
    membership
        .grants
        .iter()
        .any(|grant| grant.scope == Scope::None && group_by_id(&grant.group).is_some_and(|group| group.reads_records))
}
