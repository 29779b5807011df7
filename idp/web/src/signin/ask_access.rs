//! Asking for access to a site: the request goes to its admins, with a reason; nothing is promised.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_directory::DirectoryError;
use idp_domain::Slug;
use idp_domain::site::Site;
use idp_signin::throttle::within_budget;
use serde::Deserialize;

use crate::browser::SignedIn;
use crate::error::refused;
use crate::page::{Fault, Frame, Message, fault, form_head, show, show_with};
use crate::{PageError, Web, t1};

/// How often somebody asks one site in a [`DAY`]: each request that was answered lets them ask again.
const TRIES: i64 = 5;
/// In seconds.
const DAY: i64 = 24 * 3600;

#[derive(Template)]
#[template(path = "ask_access.html")]
struct Page<'a> {
    frame: Frame,
    site: &'a str,
    reason: &'a str,
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    site: String,
    #[serde(default)]
    reason: String,
}

async fn found(web: &Web, slug: &str) -> Result<Site, PageError> {
    let slug = Slug::parse(slug).map_err(|_| PageError::NotFound)?;
    web.signin.context.store.site_by_slug(&slug).await?.ok_or(PageError::NotFound)
}

pub(crate) async fn show_form(
    State(web): State<Web>,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let site = found(&web, &asked.site).await?;
    let frame = Frame::of("Ask for access", &signed_in.person, "").at(Some(&site));
    show(&Page { frame, site: &asked.site, reason: "", faults: vec![] })
}

pub(crate) async fn submit(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(asked): Form<Asked>,
) -> Result<Response, PageError> {
    let site = found(&web, &asked.site).await?;
    let again = |words: &str| {
        let faults = fault("reason", words);
        let (status, title) = form_head("Ask for access", &faults);
        let frame = Frame::of(&title, &signed_in.person, "").at(Some(&site));
        show_with(status, &Page { frame, site: &asked.site, reason: &asked.reason, faults })
    };
    let counter = format!("ask:{}:{}", signed_in.person.id, site.id);
    if !within_budget(&web.signin.context, &counter, TRIES, DAY).await? {
        return again("You have asked several times today. Wait for an answer, or talk to the school office.");
    }
    match web.directory.ask_access(&signed_in.person, &site, &asked.reason).await {
        Ok(()) => {}
        Err(DirectoryError::Faults(_)) => return again("Enter a reason, up to 500 characters"),
        Err(other) => return Err(refused(other, "/")),
    }
    show(&Message {
        frame: Frame::of("We have passed your request on", &signed_in.person, "").at(Some(&site)),
        paragraphs: vec![
            t1("The people who manage access at {0} decide. It usually takes a working day.", &site.name),
            "If it is urgent, talk to the school office.".to_owned(),
        ],
        action: Some(("Go to my sites".to_owned(), "/".to_owned())),
        other: Some(("My requests".to_owned(), "/me/requests".to_owned())),
    })
}
