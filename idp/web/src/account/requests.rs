//! Requests: what somebody asked for, what they gave that waits for a second person, and what waits for them.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use idp_domain::group::group_by_id;
use idp_store::requests::Answer;

use crate::browser::SignedIn;
use crate::error::refused;
use crate::page::{Frame, show};
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

#[derive(Template)]
#[template(path = "requests.html")]
struct Page {
    frame: Frame,
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
    show(&Page { frame, mine, given, to_decide })
}
