//! A concern that was being written when access ended by its date: it may still be sent, for ten minutes, and nothing else.

use std::sync::Arc;

use http::{Method, Request, Response, StatusCode, header};

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
    let grace = inner.sessions.grace_of(cookie, &site.entry.slug)?;
    Some(Arc::new(Live::passing(grace.record, &grace.ended)))
}

/// What its sender sees where the site would send them on, since they may not go there any more. What the site made of it, it
/// says on the page that they do not see: so nothing is promised. Any other answer, such as the form with a fault in it, is
/// the site's own.
pub(crate) fn answered(inner: &Inner, site: &Site, asks: Asks, answer: Response<Body>) -> Response<Body> {
    if !asks.navigates || !answer.status().is_redirection() {
        return answer;
    }
    let entry = &site.entry;
    let lead = match entry.dsl_contact.as_str() {
        "" => String::new(),
        contact => t1("Reach the DSL: {0}.", contact),
    };
    let words = if leads_on(site, &answer) {
        t(
            "The site has answered, and your access there has ended. If you are not sure that it was saved, tell the DSL now.",
        )
    } else {
        t(
            "The site wants something more before it saves this. Go back: what you typed is still on the page. Or tell the DSL now.",
        )
    };
    let actions = [
        (format!("{}/concern-form?site={}", inner.settings.issuer, entry.slug), t("Print a concern form")),
        ("/.lanyard/".to_owned(), t("Contact support")),
    ];
    let words: Vec<&str> = [words.as_str(), lead.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
    page::page(StatusCode::OK, &t1("Sent to {0}", &entry.short_name), &words, &actions)
}

/// Whether an answer is what follows a form that was taken: on to another page, with GET (RFC 9110 §15.4.4).
fn leads_on(site: &Site, answer: &Response<Body>) -> bool {
    let with_get = [StatusCode::SEE_OTHER, StatusCode::FOUND].contains(&answer.status());
    let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let base = url::Url::parse("https://site.invalid").ok();
    let there = base.and_then(|base| base.join(location).ok());
    with_get && there.is_some_and(|there| there.path() != site.entry.concern_path)
}
