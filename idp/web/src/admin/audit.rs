//! The audit log, in sentences.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::london;
use serde::Deserialize;

use super::{Admin, refused};
use crate::page::{Frame, show};
use crate::{PageError, Web};

struct Line {
    at: String,
    event: String,
    sentence: String,
}

#[derive(Template)]
#[template(path = "admin_audit.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    event: String,
    kinds: [(&'static str, &'static str); 9],
    lines: Vec<Line>,
}

/// What the list can be narrowed to: the beginning of events' names, and what people call them.
const KINDS: [(&str, &str); 9] = [
    ("", "Everything"),
    ("site.opened", "Sign-ins to sites"),
    ("site.elevated", "Elevations"),
    ("membership", "Access given, changed, ended"),
    ("grant", "Approvals"),
    ("person", "Access removed, names"),
    ("key", "Keys"),
    ("pass", "Temporary passes"),
    ("site.changed", "Site settings"),
];

impl Page {
    fn is_kind(&self, value: &str) -> bool {
        self.event == value
    }
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    event: String,
}

pub(crate) async fn list(
    State(web): State<Web>,
    admin: Admin,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let entries = web.directory.audit(&admin.asker, None, &asked.event).await;
    let lines = entries.map_err(|error| refused(error, "/admin/audit"))?.into_iter().map(|entry| Line {
        at: london::show(entry.at),
        event: entry.event,
        sentence: entry.sentence,
    });
    show(&Page { frame: admin.frame("Audit"), tab: "audit", event: asked.event, kinds: KINDS, lines: lines.collect() })
}
