//! A trust changes the domain of its mail: what would happen, asking for it, doing it, undoing it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use idp_directory::DirectoryError;
use idp_directory::domain_moves::{DomainPlan, seen_as};
use idp_domain::{Timestamp, TrustId, london};
use idp_store::addresses::UNDO;
use idp_store::domain_moves::DomainMove;
use serde::Deserialize;

use super::wanted::Fields;
use super::{Admin, refused};
use crate::page::{Fault, Frame, go, show_with, shown};
use crate::{PageError, Web};

/// A move that waits or was done, as the page shows it.
struct Standing {
    id: String,
    old: String,
    new: String,
    by: String,
    /// It waits, and the reader asked for it.
    own: bool,
    waits: bool,
    /// Until when it can be undone.
    undo_until: Option<String>,
}

#[derive(Template)]
#[template(path = "admin_domain.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    id: String,
    domains: Vec<String>,
    typed: (String, String),
    plan: Option<DomainPlan>,
    standing: Vec<Standing>,
    /// A move waits for a second person.
    waits: bool,
    faults: Vec<Fault>,
}

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    old: String,
    #[serde(default)]
    new: String,
}

fn here(id: TrustId) -> String {
    format!("/admin/trusts/{id}/domain")
}

pub(crate) async fn look(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
    Query(typed): Query<Asked>,
) -> Result<Response, PageError> {
    let id: TrustId = id.parse().map_err(|_| PageError::NotFound)?;
    page(&web, &admin, id, typed).await
}

async fn page(web: &Web, admin: &Admin, id: TrustId, typed: Asked) -> Result<Response, PageError> {
    let (directory, asker) = (&web.directory, &admin.asker);
    let failed = |error| refused(error, &here(id));
    let domains = directory.domains_of(asker, id).await.map_err(failed)?;
    let (waiting, done) = directory.domain_moves(asker, id).await.map_err(failed)?;
    // Whoever decides sees what they decide about.
    let pair = match &waiting {
        Some(wish) => (wish.old.clone(), wish.new.clone()),
        None => (typed.old, typed.new),
    };
    let (mut plan, mut faults) = (None, vec![]);
    if !pair.0.is_empty() || !pair.1.is_empty() {
        match directory.plan_domain_move(asker, id, (&pair.0, &pair.1)).await {
            Ok(found) => plan = Some(found),
            Err(DirectoryError::Faults(why)) => faults = shown(why),
            Err(other) => return Err(failed(other)),
        }
    }
    let now = web.signin.context.now();
    let title = "Change the domain of email addresses";
    let (status, title) = match faults.is_empty() {
        true => (StatusCode::OK, title.to_owned()),
        false => (StatusCode::UNPROCESSABLE_ENTITY, format!("Error: {title}")),
    };
    let seen = waiting.as_ref().zip(plan.as_ref()).map(|(wish, plan)| seen_as(wish, plan));
    let waits = waiting.is_some();
    let standing = [waiting, done].into_iter().flatten();
    let standing = standing.filter_map(|found| stands(found, admin, (now, seen.as_deref()))).collect();
    let page = Page {
        frame: admin.frame(&title),
        tab: "sites",
        id: id.to_string(),
        domains,
        typed: pair,
        plan,
        standing,
        waits,
        faults,
    };
    show_with(status, &page)
}

/// What is left to do about a move, if anything. One that waits is decided on as it was seen.
fn stands(found: DomainMove, admin: &Admin, (now, seen): (Timestamp, Option<&str>)) -> Option<Standing> {
    let waits = found.done_at.is_none();
    let end = found.done_at.map(|at| at.plus(UNDO)).filter(|end| now < *end && found.undone_at.is_none());
    (waits || end.is_some()).then(|| Standing {
        own: found.by.0 == admin.person.id,
        waits,
        undo_until: end.map(london::show),
        id: if waits { seen.unwrap_or_default().to_owned() } else { found.id },
        old: found.old,
        new: found.new,
        by: found.by.1,
    })
}

pub(crate) async fn change(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, PageError> {
    let id: TrustId = id.parse().map_err(|_| PageError::NotFound)?;
    let (fields, directory, asker) = (Fields::read(&body), &web.directory, &admin.asker);
    let seen = fields.one("move");
    let done = match fields.one("what") {
        "ask" => directory.ask_domain_move(asker, id, (fields.one("old"), fields.one("new"))).await,
        "approve" => directory.decide_domain_move(asker, id, (seen, true)).await,
        "refuse" => directory.decide_domain_move(asker, id, (seen, false)).await,
        "undo" => directory.undo_domain_move(asker, id, seen).await,
        _ => return Err(PageError::NotFound),
    };
    match done {
        Ok(()) => Ok(go(&here(id))),
        Err(DirectoryError::Faults(_)) => {
            let typed = Asked { old: fields.one("old").to_owned(), new: fields.one("new").to_owned() };
            page(&web, &admin, id, typed).await
        }
        Err(other) => Err(refused(other, &here(id))),
    }
}
