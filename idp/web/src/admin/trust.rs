//! What a trust sets for everybody who belongs to it: the floor under key rules, and the numbers.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use idp_directory::DirectoryError;
use idp_directory::seats::SeatWish;
use idp_directory::trusts::seen_as;
use idp_domain::TrustId;
use idp_domain::key_policy::{CHOICES, KeyPolicy};
use idp_domain::london;
use idp_domain::person::Person;
use idp_domain::trust::{Helpdesk, NUMBERS, Trust, TrustRole, TrustSettings};

use super::wanted::Fields;
use super::{Admin, refused};
use crate::page::{Fault, Frame, go, grouped, show, show_with, shown};
use crate::{PageError, Web};

/// A number as the form shows it.
struct Line {
    field: &'static str,
    label: &'static str,
    range: (i64, i64),
    value: String,
    /// What waits for a second person.
    wanted: Option<i64>,
    /// Answered by yes or no.
    question: bool,
}

#[derive(Template)]
#[template(path = "admin_kit.html")]
struct Kit {
    frame: Frame,
    tab: &'static str,
    /// Each in groups that are easy to read and to type.
    codes: Vec<String>,
}

/// Looser settings that wait.
struct Draft {
    by: String,
    since: String,
    own: bool,
    /// What an approval is about.
    seen: String,
    floor: Option<&'static str>,
}

/// A role and who holds it.
struct RoleLine {
    role: &'static str,
    word: &'static str,
    name: String,
    login: String,
}

#[derive(Template)]
#[template(path = "admin_trust.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    id: String,
    name: String,
    floor: String,
    lines: Vec<Line>,
    draft: Option<Draft>,
    /// When the recovery kit was made.
    kit: Option<String>,
    helpdesk: Helpdesk,
    roles: Vec<RoleLine>,
    /// What was typed for a new role.
    wish: SeatWish,
    faults: Vec<Fault>,
}

fn read(id: &str) -> Result<TrustId, PageError> {
    id.parse().map_err(|_| PageError::NotFound)
}

fn here(id: TrustId) -> String {
    format!("/admin/trusts/{id}")
}

fn words(floor: KeyPolicy) -> &'static str {
    CHOICES.iter().find(|(word, _)| *word == floor.word()).map_or("", |(_, words)| words)
}

async fn page(
    web: &Web,
    admin: &Admin,
    (trust, typed): (&Trust, Option<&Fields>),
    faults: Vec<Fault>,
) -> Result<Response, PageError> {
    let kit = web.signin.context.store.owner_codes_made(trust.id).await?.map(london::show_date);
    let roles = web.directory.roles(&admin.asker, trust.id).await.map_err(|error| refused(error, &here(trust.id)))?;
    let wanted = trust.draft.as_ref().map(|draft| draft.settings);
    let numbers = trust.settings.numbers();
    let own = typed.filter(|fields| !fields.one("key_floor").is_empty());
    let changes = wanted.map_or(numbers, |wanted| wanted.numbers());
    let lines = NUMBERS.iter().zip(numbers.into_iter().zip(changes)).map(|(about, (value, wanted))| Line {
        field: about.field,
        label: about.label,
        range: about.range,
        question: about.is_a_question(),
        value: own.map_or_else(|| value.to_string(), |fields| fields.one(about.field).to_owned()),
        wanted: (wanted != value).then_some(wanted),
    });
    let draft = trust.draft.as_ref().map(|draft| Draft {
        by: draft.by_name.clone(),
        since: london::show(draft.at),
        own: draft.by == admin.person.id,
        seen: seen_as(draft),
        floor: (draft.settings.key_floor != trust.settings.key_floor).then(|| words(draft.settings.key_floor)),
    });
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let error = if faults.is_empty() { "" } else { "Error: " };
    let page = Page {
        frame: admin.frame(&format!("{error}Settings of {}", trust.name)),
        tab: "sites",
        id: trust.id.to_string(),
        name: trust.name.clone(),
        floor: own.map_or(trust.settings.key_floor.word(), |fields| fields.one("key_floor")).to_owned(),
        lines: lines.collect(),
        draft,
        kit,
        helpdesk: typed.and_then(helpdesk_of).unwrap_or_else(|| trust.helpdesk.clone()),
        roles: roles.into_iter().map(role_line).collect(),
        wish: typed.map(wish_of).unwrap_or_default(),
        faults,
    };
    show_with(status, &page)
}

pub(crate) async fn show_trust(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let id = read(&id)?;
    let trust = web.directory.trust(&admin.asker, id).await.map_err(|error| refused(error, &here(id)))?;
    page(&web, &admin, (&trust, None), vec![]).await
}

pub(crate) async fn save(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, PageError> {
    let id = read(&id)?;
    let fields = Fields::read(&body);
    let trust = web.directory.trust(&admin.asker, id).await.map_err(|error| refused(error, &here(id)))?;
    // What is no number is out of every range.
    let numbers = NUMBERS.map(|about| fields.one(about.field).parse().unwrap_or(-1));
    let floor = KeyPolicy::parse(fields.one("key_floor")).unwrap_or(trust.settings.key_floor);
    let settings = TrustSettings::with_numbers(floor, numbers);
    let saved = web.directory.save_trust(&admin.asker, id, settings).await.map(|_| ());
    answered(&web, &admin, id, (&fields, saved)).await
}

pub(crate) async fn decide(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, PageError> {
    let id = read(&id)?;
    let fields = Fields::read(&body);
    let answer = (fields.one("answer") == "approve", fields.one("seen"));
    web.directory.decide_trust(&admin.asker, id, answer).await.map_err(|error| refused(error, &here(id)))?;
    Ok(go(&here(id)))
}

pub(crate) async fn make_kit(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let id = read(&id)?;
    let codes = web.directory.make_owner_kit(&admin.asker, id).await.map_err(|error| refused(error, &here(id)))?;
    let codes = codes.iter().map(|code| grouped(code, 5)).collect();
    show(&Kit { frame: admin.frame("Recovery kit of the trust"), tab: "sites", codes })
}

fn role_line((role, person): (TrustRole, Person)) -> RoleLine {
    RoleLine { role: role.title(), word: role.as_str(), name: person.full_name(), login: person.login() }
}

fn wish_of(fields: &Fields) -> SeatWish {
    let text = |name: &str| fields.one(name).to_owned();
    SeatWish { email: text("email"), first_name: text("first_name"), last_name: text("last_name"), role: text("role") }
}

/// What was typed about the helpdesk, if that form was sent.
fn helpdesk_of(fields: &Fields) -> Option<Helpdesk> {
    let text = |name: &str| fields.one(name).trim().to_owned();
    let helpdesk = Helpdesk { email: text("helpdesk_email"), phone: text("helpdesk_phone") };
    (fields.one("what") == "helpdesk").then_some(helpdesk)
}

pub(crate) async fn save_helpdesk(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, PageError> {
    let id = read(&id)?;
    let fields = Fields::read(&body);
    let helpdesk = helpdesk_of(&fields).ok_or(PageError::Incomplete)?;
    let saved = web.directory.save_helpdesk(&admin.asker, id, helpdesk).await;
    answered(&web, &admin, id, (&fields, saved)).await
}

/// Back to the page, or the same page with its faults.
async fn answered(
    web: &Web,
    admin: &Admin,
    id: TrustId,
    (fields, done): (&Fields, Result<(), DirectoryError>),
) -> Result<Response, PageError> {
    match done {
        Ok(()) => Ok(go(&here(id))),
        Err(DirectoryError::Faults(faults)) => {
            let trust = web.directory.trust(&admin.asker, id).await.map_err(|error| refused(error, &here(id)))?;
            page(web, admin, (&trust, Some(fields)), shown(faults)).await
        }
        Err(other) => Err(refused(other, &here(id))),
    }
}

pub(crate) async fn change_roles(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, PageError> {
    let id = read(&id)?;
    let fields = Fields::read(&body);
    let changed = match fields.one("what") {
        "take" => web.directory.take_role(&admin.asker, id, fields.one("login"), fields.one("role")).await,
        _ => web.directory.give_role(&admin.asker, id, &wish_of(&fields)).await,
    };
    answered(&web, &admin, id, (&fields, changed)).await
}
