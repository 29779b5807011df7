//! Importing a staff spreadsheet: upload, answer, preview, apply.

use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use idp_directory::import::{Applied, ImportFault, Plan, Question, RowState};
use idp_domain::ImportId;
use idp_domain::group::group_by_id;

use super::wanted::Fields;
use super::{Admin, refused};
use crate::page::{Fault, Frame, fault, go, show, show_with};
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "admin_import.html")]
struct Upload {
    frame: Frame,
    tab: &'static str,
    faults: Vec<Fault>,
}

struct Line {
    number: usize,
    name: String,
    site: String,
    group: &'static str,
    state: &'static str,
    kind: &'static str,
    notes: Vec<String>,
}

#[derive(Template)]
#[template(path = "admin_import_review.html")]
struct Review {
    frame: Frame,
    tab: &'static str,
    id: String,
    people: usize,
    memberships: usize,
    higher: usize,
    held: usize,
    refused: usize,
    merged: usize,
    questions: Vec<Question>,
    lines: Vec<Line>,
    ignored: Vec<(usize, &'static str)>,
}

#[derive(Template)]
#[template(path = "admin_import_done.html")]
struct Done {
    frame: Frame,
    tab: &'static str,
    applied: Applied,
}

pub(crate) async fn show_form(admin: Admin) -> Result<Response, PageError> {
    if !admin.asker.elevated {
        return Err(PageError::KeyFirst("/admin/import".to_owned()));
    }
    show(&Upload { frame: admin.frame("Import a staff list"), tab: "import", faults: vec![] })
}

pub(crate) async fn upload(State(web): State<Web>, admin: Admin, mut form: Multipart) -> Result<Response, PageError> {
    let mut file = None;
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some("file") {
            let name = field.file_name().unwrap_or("staff list").to_owned();
            file = field.bytes().await.ok().filter(|bytes| !bytes.is_empty()).map(|bytes| (name, bytes.to_vec()));
        }
    }
    let words = match file {
        None => "Choose a file".to_owned(),
        Some((name, bytes)) => match web.directory.upload(&admin.asker, &name, bytes).await {
            Ok(id) => return Ok(go(&format!("/admin/import/{id}"))),
            Err(ImportFault::File(words)) => words.to_string(),
            Err(ImportFault::Directory(error)) => return Err(refused(error, "/admin/import")),
        },
    };
    let frame = admin.frame("Error: Import a staff list");
    show_with(StatusCode::UNPROCESSABLE_ENTITY, &Upload { frame, tab: "import", faults: fault("file", words) })
}

fn failed(fault: ImportFault) -> PageError {
    match fault {
        ImportFault::File(words) => PageError::Refused(words.to_string()),
        ImportFault::Directory(error) => refused(error, "/admin/import"),
    }
}

fn id_of(text: &str) -> Result<ImportId, PageError> {
    text.parse().map_err(|_| PageError::NotFound)
}

pub(crate) async fn review(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let plan = web.directory.import_plan(&admin.asker, id_of(&id)?).await.map_err(failed)?;
    let lines = lines(&admin, &plan);
    show(&Review {
        frame: admin.frame("Check before anything changes"),
        tab: "import",
        id,
        people: plan.people_ready(),
        memberships: plan.ready().count(),
        higher: plan.higher(),
        held: plan.count(|state| *state == RowState::Held),
        refused: plan.count(|state| matches!(state, RowState::Refused(_))),
        merged: plan.count(|state| *state == RowState::Merged),
        lines,
        questions: plan.questions,
        ignored: plan.ignored,
    })
}

fn lines(admin: &Admin, plan: &Plan) -> Vec<Line> {
    let rows = plan.rows.iter().map(|row| {
        let site = admin.asker.sites.iter().find(|seen| Some(seen.site.id) == row.site);
        let mut notes = row.notes.clone();
        let (state, kind) = match &row.state {
            RowState::Ready if row.waits_for.is_empty() => ("Ready", "ok"),
            RowState::Ready => ("Ready when answered", "wait"),
            RowState::Merged => ("Merged", "ok"),
            RowState::Held => ("Held", "wait"),
            RowState::Refused(faults) => {
                notes.extend(faults.iter().cloned());
                ("Refused", "bad")
            }
        };
        Line {
            number: row.number,
            name: format!("{} {}", row.first_name, row.last_name),
            site: site.map(|seen| seen.site.settings.short_name.clone()).unwrap_or_default(),
            group: group_by_id(row.group).map_or("", |group| group.name),
            state,
            kind,
            notes,
        }
    });
    rows.collect()
}

pub(crate) async fn answer(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, PageError> {
    let answers = Fields::read(&body).under("q:").into_iter().filter(|(_, value)| value != "?").collect();
    let kept = web.directory.answer_import(&admin.asker, id_of(&id)?, answers).await;
    kept.map_err(|error| refused(error, "/admin/import"))?;
    Ok(go(&format!("/admin/import/{id}")))
}

pub(crate) async fn apply(State(web): State<Web>, admin: Admin, Path(id): Path<String>) -> Result<Response, PageError> {
    let applied = web.directory.apply_import(&admin.asker, id_of(&id)?).await.map_err(failed)?;
    show(&Done { frame: admin.frame("Import finished"), tab: "import", applied })
}
