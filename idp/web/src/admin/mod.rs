//! The console of trusts and sites: people, import, approvals, sites, audit. It sees what its asker may see.

mod approvals;
mod audit;
mod day_passes;
mod domain;
mod import;
mod invite;
mod links;
mod passes;
mod people;
mod person;
mod sites;
mod trust;
mod wanted;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::request::Parts;
use axum::routing::{get, post};
use idp_directory::asker::Asker;
use idp_domain::person::Person;

use crate::browser::SignedIn;
use crate::error::refused;
use crate::page::Frame;
use crate::{PageError, Web};

pub(crate) fn routes() -> Router<Web> {
    let upload = post(import::upload).layer(DefaultBodyLimit::max(3 * 1024 * 1024));
    Router::new()
        .route("/admin/people", get(people::list))
        .route("/admin/people/invite", get(invite::show_form).post(invite::submit))
        .route("/admin/people/{person}", get(person::show_person))
        .route("/admin/people/{person}/remove", post(person::remove))
        .route("/admin/people/{person}/restore", post(person::restore))
        .route("/admin/people/{person}/link", post(links::make))
        .route("/admin/memberships/{membership}", post(person::change))
        .route("/admin/people/{person}/confirm", post(passes::lift_hold))
        .route("/admin/pass", get(passes::show_form).post(passes::make))
        .route("/admin/day-pass", get(day_passes::show_form).post(day_passes::make))
        .route("/admin/requests", post(approvals::refuse_request))
        .route("/admin/approvals", get(approvals::list).post(approvals::decide))
        .route("/admin/import", get(import::show_form).merge(upload))
        .route("/admin/import/{import}", get(import::review).post(import::answer))
        .route("/admin/import/{import}/apply", post(import::apply))
        .route("/admin/sites", get(sites::list))
        .route("/admin/sites/{slug}", get(sites::show_site).post(sites::save))
        .route("/admin/sites/{slug}/emblem", post(sites::save_emblem).layer(DefaultBodyLimit::max(256 * 1024)))
        .route("/admin/sites/{slug}/emblem/remove", post(sites::remove_emblem))
        .route("/admin/trusts/{trust}", get(trust::show_trust).post(trust::save))
        .route("/admin/trusts/{trust}/decide", post(trust::decide))
        .route("/admin/trusts/{trust}/roles", post(trust::change_roles))
        .route("/admin/trusts/{trust}/helpdesk", post(trust::save_helpdesk))
        .route("/admin/trusts/{trust}/domain", get(domain::look).post(domain::change))
        .route("/admin/trusts/{trust}/kit", post(trust::make_kit))
        .route("/admin/audit", get(audit::list))
}

/// An admin. Nobody else learns that there is a console.
pub(crate) struct Admin {
    pub person: Person,
    pub asker: Asker,
}

impl FromRequestParts<Web> for Admin {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Self::Rejection> {
        let signed_in = SignedIn::from_request_parts(parts, web).await?;
        let fresh = signed_in.console_proof(web).await?;
        let mut asker = web.directory.asker(&signed_in.person, fresh.is_some()).await?;
        // A proof given for another trust, or for an app, opens nothing here (invariant 3).
        let mut places = asker.sites.iter().chain(&asker.approves).map(|seen| seen.site.place()).peekable();
        let mut only = |place: &str| places.peek().is_some() && places.all(|seen| seen == place);
        asker.elevated = fresh.is_some_and(|proof| proof.place.is_empty() || only(&proof.place));
        if !asker.sees_anything() {
            return Err(PageError::NotFound);
        }
        Ok(Self { person: signed_in.person, asker })
    }
}

impl Admin {
    fn frame(&self, title: &str) -> Frame {
        Frame { manages: true, ..Frame::of(title, &self.person, "admin") }
    }
}
