//! A concern form on paper, for when a site does not answer. It is empty: nothing about a child passes through here.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::Slug;
use serde::Deserialize;

use crate::page::{Frame, show};
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "concern_form.html")]
struct Page {
    frame: Frame,
}

#[derive(Deserialize)]
pub(crate) struct Where {
    #[serde(default)]
    site: String,
}

pub(crate) async fn show_form(State(web): State<Web>, Query(at): Query<Where>) -> Result<Response, PageError> {
    let site = match Slug::parse(&at.site) {
        Ok(slug) => web.signin.context.store.site_by_slug(&slug).await?,
        Err(_) => None,
    };
    show(&Page { frame: Frame::titled("Concern form").at(site.as_ref()) })
}
