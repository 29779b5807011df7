//! Where you are signed in: browsers and apps; ending one, or all.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::browser::SignedIn;
use crate::page::{Frame, go, show};
use crate::signin::cleared;
use crate::{PageError, Web, language};

struct Line {
    sid: String,
    agent: String,
    since: String,
    seen: String,
    this: bool,
}

#[derive(Template)]
#[template(path = "browsers.html")]
struct Page {
    frame: Frame,
    browsers: Vec<Line>,
}

pub(crate) async fn list(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let browsers = web.signin.browsers(&signed_in.person).await?.into_iter().map(|session| Line {
        this: session.sid == signed_in.session.sid,
        agent: if session.agent.is_empty() { "A browser".to_owned() } else { session.agent },
        since: language::show(session.created_at),
        seen: language::show(session.seen_at),
        sid: session.sid,
    });
    let mut frame = Frame::of("Where you are signed in", &signed_in.person, "account");
    frame.manages = web.directory.manages_anything(&signed_in.person).await?;
    show(&Page { frame, browsers: browsers.collect() })
}

#[derive(Deserialize)]
pub(crate) struct Ended {
    /// Which one; all of them when it is empty.
    #[serde(default)]
    sid: String,
}

pub(crate) async fn end(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(ended): Form<Ended>,
) -> Result<Response, PageError> {
    if ended.sid.is_empty() {
        web.signin.end_everywhere(&signed_in.person).await?;
        return Ok(cleared(&web, go("/signed-out")));
    }
    web.signin.end_browser(&signed_in.person, &ended.sid).await?;
    if ended.sid == signed_in.session.sid { Ok(cleared(&web, go("/signed-out"))) } else { Ok(go("/me/browsers")) }
}
