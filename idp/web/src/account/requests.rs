//! Requests: what somebody asked for, what they gave that waits for a second person, and what waits for them.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use idp_domain::group::group_by_id;
use idp_oauth::token::ciba::Asked;
use idp_store::requests::Answer;
use serde::Deserialize;

use crate::browser::SignedIn;
use crate::error::refused;
use crate::oauth::facts_of;
use crate::page::{Frame, Message, show};
use crate::{PageError, Web, language, t, t1, t2};

/// How far back, in seconds: 12 months.
const REACH: i64 = 365 * 24 * 3600;

struct Line {
    title: String,
    /// Their own reason, or what else there is to say.
    words: String,
    state: String,
    badge: &'static str,
}

/// An app that waits for an answer.
struct AppQuestion {
    handle: String,
    app: String,
    message: String,
    facts: Vec<String>,
}

#[derive(Template)]
#[template(path = "requests.html")]
struct Page {
    frame: Frame,
    /// What apps ask this person now.
    questions: Vec<AppQuestion>,
    mine: Vec<Line>,
    given: Vec<Line>,
    /// How many wait for this person's decision; absent for people who decide nothing.
    to_decide: Option<usize>,
}

pub(crate) async fn list(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let (context, person) = (&web.signin.context, &signed_in.person);
    let mut mine = Vec::new();
    for request in context.store.requests_of(person.id, context.now().plus(-REACH)).await? {
        let Some(site) = context.store.site(request.site).await? else { continue };
        let (state, badge) = match request.answer {
            Answer::Waiting => (t("Waiting for a decision"), "wait"),
            Answer::Granted => (t("Approved"), "ok"),
            Answer::Refused(why) => (t1("Not approved: {0}", why), "bad"),
        };
        let title = t2("Access to {0}, asked for on {1}", site.name, language::show_date(request.asked_at));
        mine.push(Line { title, words: request.reason, state, badge });
    }
    let asker = web.directory.asker(person, false).await?;
    let mut given = Vec::new();
    let waiting = web.directory.waiting(&asker).await.map_err(|error| refused(error, "/me/requests"))?;
    for one in waiting.iter().filter(|one| one.grant.granted_by == Some(person.id)) {
        let group = group_by_id(&one.grant.group).map_or("", |group| group.name);
        let title = t2("{0} for {1}", t(group), one.person.full_name());
        let state = t("Waiting for a second person");
        given.push(Line { title, words: one.site.name.clone(), state, badge: "wait" });
    }
    let decides = !asker.approves.is_empty() || !asker.sites.is_empty();
    let wishes = web.directory.requests(&asker).await.map_err(|error| refused(error, "/me/requests"))?.len();
    let to_decide = decides.then_some(waiting.len() - given.len() + wishes);
    let mut frame = Frame::of("Requests", person, "account");
    frame.manages = asker.sees_anything();
    let questions = web.provider.asked_of(person.id).await.map_err(|_| PageError::Unavailable)?;
    let question = |one: Asked| {
        let facts = facts_of(&one.scopes, person);
        AppQuestion { handle: one.handle, app: one.client.name, message: one.message, facts }
    };
    let questions = questions.into_iter().map(question).collect();
    show(&Page { frame, questions, mine, given, to_decide })
}

#[derive(Deserialize)]
pub(crate) struct Answered {
    #[serde(default)]
    question: String,
    #[serde(default)]
    decision: String,
}

/// Answers an app that waits (CIBA).
pub(crate) async fn answer(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(answered): Form<Answered>,
) -> Result<Response, PageError> {
    let approve = match answered.decision.as_str() {
        "allow" => true,
        "deny" => false,
        _ => return Err(PageError::Incomplete),
    };
    let by = (&signed_in.session, &signed_in.person);
    let done = web.provider.answer_app(by, (&answered.question, approve)).await;
    if !done.map_err(|_| PageError::Unavailable)? {
        return Err(PageError::Refused(t("This app does not wait any more. Start again there.")));
    }
    show(&Message {
        frame: Frame::of("You can close this page", &signed_in.person, "account"),
        paragraphs: vec![if approve {
            t("You have agreed. Go back to where you started.")
        } else {
            t("You have refused. The app is told so.")
        }],
        action: Some(("Account settings".to_owned(), "/me".to_owned())),
        other: None,
    })
}
