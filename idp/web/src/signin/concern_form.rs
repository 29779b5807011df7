//! A concern form on paper, for when a site does not answer. It is empty: nothing about a child passes through here.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::first_time::site_of;
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
    let site = site_of(&web, &at.site).await?;
    show(&Page { frame: Frame::titled("Concern form").at(site.as_ref()) })
}
