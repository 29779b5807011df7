//! A concern that was being written when access ended by its date: it may still be sent, for ten minutes, and nothing else.

use std::sync::Arc;

use http::{Method, Request, Response, StatusCode};

use super::refuse::Target;
use crate::error::Asks;
use crate::origin::is_own_form;
use crate::page;
use crate::registry::Site;
use crate::session::{Cookie, Live};
use crate::words::{t, t1};
use crate::{Body, Inner};

/// Who sends it, at base access, if it is a concern from the site's own form and the time is not over.
pub(crate) fn of<B>(inner: &Inner, request: &Request<B>, target: &Target, site: &Site) -> Option<Arc<Live>> {
    let path = &site.entry.concern_path;
    let a_concern = *request.method() == Method::POST && !path.is_empty() && target.path == *path;
    if !a_concern || !is_own_form(&inner.settings, request.headers(), &site.entry.slug) {
        return None;
    }
    let cookie = Cookie::Session.read(request.headers(), inner.settings.secure)?;
    let record = inner.sessions.grace_of(cookie, &site.entry.slug)?;
    Some(Arc::new(Live::passing(record)))
}

/// What its sender sees. Where the site sends them on, they may not go any more: then it was taken, and that is said. Any
/// other answer, such as the form with a fault in it, is the site's own.
pub(crate) fn answered(site: &Site, asks: Asks, answer: Response<Body>) -> Response<Body> {
    if !asks.navigates || !answer.status().is_redirection() {
        return answer;
    }
    let words = [t("The site has taken what you sent."), t("Your access there has ended, so nothing else opens.")];
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let support = ("/.lanyard/".to_owned(), t("Contact support"));
    page::page(StatusCode::OK, &t1("Sent to {0}", &site.entry.short_name), &words, &[support])
}
