//! Other ways to sign in: accounts elsewhere that are linked to one's own.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use idp_signin::upstreams::Errand;
use serde::Deserialize;

use super::keys::{prove_again, require_proof};
use crate::browser::{Browser, SignedIn};
use crate::page::{Frame, go, show};
use crate::signin::in_words;
use crate::{PageError, Web, language};

struct Line {
    issuer: String,
    subject: String,
    name: String,
    account: String,
    linked: String,
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct Page {
    frame: Frame,
    lines: Vec<Line>,
    /// Identifier and name of each provider that may be linked.
    offers: Vec<(String, String)>,
}

pub(crate) async fn list(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let name = |id: &str| web.signin.upstreams.find(id).map_or_else(|| id.to_owned(), |one| one.name.clone());
    let linked = web.signin.context.store.upstream_links_of(signed_in.person.id).await?;
    let lines = linked.into_iter().map(|link| Line {
        name: name(&link.provider),
        issuer: link.issuer,
        subject: link.subject,
        account: link.account,
        linked: language::show_date(link.linked_at),
    });
    let mut frame = Frame::of("Other ways to sign in", &signed_in.person, "account");
    frame.manages = web.directory.manages_anything(&signed_in.person).await?;
    let offers = web.signin.upstreams.all().iter().map(|one| (one.id.clone(), one.name.clone())).collect();
    show(&Page { frame, lines: lines.collect(), offers })
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    provider: String,
}

pub(crate) async fn link(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
    Form(asked): Form<Asked>,
) -> Result<Response, PageError> {
    require_proof(&web, &signed_in, "/me/accounts").await?;
    let errand = Errand::Link { sid: signed_in.session.sid };
    match web.signin.begin_upstream(&asked.provider, &browser.hash(), (errand, false)).await {
        Ok(location) => Ok(go(&location)),
        Err(fault) => in_words(&web, &asked.provider, fault, "/me/accounts"),
    }
}

#[derive(Deserialize)]
pub(crate) struct Ended {
    issuer: String,
    subject: String,
}

pub(crate) async fn unlink(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(ended): Form<Ended>,
) -> Result<Response, PageError> {
    let pair = (ended.issuer.as_str(), ended.subject.as_str());
    match web.signin.unlink(&signed_in.session, &signed_in.person, pair).await? {
        Some(_) => Ok(go("/me/accounts")),
        None => {
            let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
            Err(prove_again(&keys, "/me/accounts"))
        }
    }
}
