//! Importing a staff spreadsheet: upload, answer, preview, apply.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use idp_directory::import::{Applied, Effect, ImportFault, Plan, Question, Row, RowState};
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

impl Review {
    /// What there is of each kind, in words; what there is none of is left out.
    fn counts(&self) -> Vec<(usize, &'static str)> {
        let one = |number: usize, one: &'static str, many: &'static str| (number, if number == 1 { one } else { many });
        let all = [
            one(self.people, "person ready", "people ready"),
            one(self.memberships, "membership", "memberships"),
            one(self.higher, "user group will wait for a second person", "user groups will wait for a second person"),
            one(self.questions.len(), "question", "questions"),
            one(self.held, "row held", "rows held"),
            one(self.refused, "row refused", "rows refused"),
            one(self.merged, "row merged", "rows merged"),
            one(self.ignored.len(), "line ignored", "lines ignored"),
        ];
        all.into_iter().filter(|(number, _)| *number > 0).collect()
    }
}

#[derive(Template)]
#[template(path = "admin_import_done.html")]
struct Done {
    frame: Frame,
    tab: &'static str,
    applied: Applied,
}

pub(crate) async fn show_form(admin: Admin) -> Result<Response, PageError> {
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
    let (plan, effects) = web.directory.import_preview(&admin.asker, id_of(&id)?).await.map_err(failed)?;
    let lines = lines(&admin, &plan, &effects);
    let waits = |row: &Row| {
        let second = group_by_id(row.group).is_some_and(|group| group.needs_second_person);
        second && effects.get(&row.number) != Some(&Effect::Nothing)
    };
    let higher = plan.ready().filter(|row| waits(row)).count();
    show(&Review {
        frame: admin.frame("Check before anything changes"),
        tab: "import",
        id,
        people: plan.people_ready(),
        memberships: plan.ready().count(),
        higher,
        held: plan.count(|state| *state == RowState::Held),
        refused: plan.count(|state| matches!(state, RowState::Refused(_))),
        merged: plan.count(|state| *state == RowState::Merged),
        lines,
        questions: plan.questions,
        ignored: plan.ignored,
    })
}

fn lines(admin: &Admin, plan: &Plan, effects: &BTreeMap<usize, Effect>) -> Vec<Line> {
    let rows = plan.rows.iter().map(|row| {
        let site = admin.asker.sites.iter().find(|seen| Some(seen.site.id) == row.site);
        let mut notes = row.notes.clone();
        let (state, kind) = match &row.state {
            RowState::Ready if row.waits_for.is_empty() => match effects.get(&row.number) {
                Some(Effect::NewPerson) => ("New person", "ok"),
                Some(Effect::Nothing) => ("No change", "soft"),
                Some(Effect::Changes(words)) => {
                    notes.insert(0, capital(words));
                    ("Changes", "wait")
                }
                Some(Effect::NewPlace) | None => ("New at this site", "ok"),
            },
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

/// With a capital letter at the start, as a sentence has.
fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
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
