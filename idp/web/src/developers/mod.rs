//! For makers of apps: registering, trying out, seeing what went wrong; the guide and the standards, which anybody may read.

mod apps;
mod errors;
mod guide;
mod typed;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::routing::{get, post};
use idp_directory::apps::Maker;
use idp_domain::person::Person;

use crate::browser::SignedIn;
use crate::error::refused;
use crate::page::Frame;
use crate::{PageError, Web};

pub use errors::ErrorLog;

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/developers", get(guide::show_guide))
        .route("/developers/standards", get(guide::show_standards))
        .route("/developers/apps", get(apps::list))
        .route("/developers/apps/new", get(apps::show_new).post(apps::add))
        .route("/developers/apps/token", post(apps::make_token))
        .route("/developers/apps/{app}", get(apps::show_app).post(apps::save))
        .route("/developers/apps/{app}/do", post(apps::act))
        .route("/developers/apps/{app}/check", get(apps::check_redirect))
}

/// Somebody who makes apps in a trust. Nobody else learns that there are any.
pub(crate) struct AppMaker {
    pub person: Person,
    pub maker: Maker,
}

impl FromRequestParts<Web> for AppMaker {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Self::Rejection> {
        let signed_in = SignedIn::from_request_parts(parts, web).await?;
        // A proof that was given for a school opens nothing here.
        let fresh = signed_in.console_proof(web).await?.is_some_and(|proof| proof.place.is_empty());
        let person = signed_in.person;
        let maker = web.directory.maker(&person, fresh).await.map_err(|error| refused(error, "/"))?;
        let maker = maker.ok_or(PageError::NotFound)?;
        Ok(Self { person, maker })
    }
}

impl AppMaker {
    fn frame(&self, title: &str) -> Frame {
        Frame { manages: !self.maker.decides.is_empty(), ..Frame::of(title, &self.person, "dev-apps") }
    }
}
