//! Service status: what works at the moment, for people who cannot sign in and want to know why.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::page::{Frame, show};
use crate::{PageError, Web, language, t};

/// Mails that waited longer than this are late, in seconds.
const LATE: i64 = 10 * 60;

struct Line {
    what: String,
    state: String,
    badge: &'static str,
    /// What to do meanwhile; empty when nothing is wrong.
    meanwhile: String,
}

#[derive(Template)]
#[template(path = "status.html")]
struct Page {
    frame: Frame,
    lines: Vec<Line>,
    at: String,
}

pub(crate) async fn show_status(State(web): State<Web>) -> Result<Response, PageError> {
    let context = &web.signin.context;
    let now = context.now();
    let store = context.store.oldest_waiting("mail").await;
    let line = |what: &str, works: bool, meanwhile: &str| Line {
        what: t(what),
        state: t(if works { "Working" } else { "Not working" }),
        badge: if works { "ok" } else { "bad" },
        meanwhile: if works { String::new() } else { t(meanwhile) },
    };
    let mail = store.as_ref().is_ok_and(|oldest| oldest.is_none_or(|oldest| now.since(oldest) < LATE));
    let clock = !web.signin.clock_watch.is_suspect();
    let lines = vec![
        line(
            "Signing in",
            store.is_ok(),
            "If you are signed in at a school’s site already, you can keep working there. Try again in a few minutes.",
        ),
        line(
            "Security codes of authenticator apps",
            clock,
            "The clock of our server may be wrong. Use a passkey, a security key or a printed code.",
        ),
        line(
            "Emails with links and codes",
            mail,
            "Emails are late. Sign in with a password, a passkey or a security key.",
        ),
    ];
    show(&Page { frame: Frame::titled("Service status"), lines, at: language::show(now) })
}
