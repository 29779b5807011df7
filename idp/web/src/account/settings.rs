//! Account settings.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use idp_domain::london;

use crate::browser::SignedIn;
use crate::page::{Frame, show};
use crate::{PageError, Web};

struct Browser {
    since: String,
    seen: String,
    this: bool,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    name: String,
    login: String,
    keys: usize,
    browsers: Vec<Browser>,
}

pub(crate) async fn show_settings(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let (store, now) = (&web.signin.context.store, web.signin.context.now());
    let person = &signed_in.person;
    let browsers = store
        .sessions_of(person.id)
        .await?
        .into_iter()
        .filter(|session| session.is_live(now, person.epoch))
        .map(|session| Browser {
            since: london::show(session.created_at),
            seen: london::show(session.seen_at),
            this: session.sid == signed_in.session.sid,
        })
        .collect();
    let mut frame = Frame::of("Account settings", person, "account");
    frame.manages = web.directory.manages_anything(person).await?;
    show(&Page {
        frame,
        name: person.full_name(),
        login: person.login(),
        keys: store.keys_of(person.id).await?.len(),
        browsers,
    })
}
