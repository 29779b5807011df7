//! Rendering: a template into an answer, and what every page shows around its own content.

use std::borrow::Cow;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use idp_domain::person::Person;
use idp_domain::site::Site;

use crate::{PageError, t};

/// What every page shows around its own content.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    /// The page's title and main heading.
    pub title: String,
    /// The site in question.
    pub site: Option<SiteLook>,
    /// Who is signed in.
    pub person: Option<String>,
    /// Their identifier, which ties the forms of the page to them.
    pub whose: String,
    /// Whether the person manages anybody, so that the console is offered.
    pub manages: bool,
    /// Which part of the navigation is current.
    pub part: &'static str,
}

/// Name and colour of a site.
#[derive(Clone, Debug)]
pub(crate) struct SiteLook {
    pub name: String,
    pub initials: String,
    /// Names its colour, which comes as a stylesheet of its own: inline styles are not allowed on our pages.
    pub slug: String,
}

impl Frame {
    /// A page for nobody in particular.
    pub fn titled(title: &str) -> Self {
        Self { title: t(title), ..Self::default() }
    }

    /// A page of a signed-in person.
    pub fn of(title: &str, person: &Person, part: &'static str) -> Self {
        Self { person: Some(person.full_name()), whose: person.id.to_string(), part, ..Self::titled(title) }
    }

    /// With the site's name and colour.
    #[must_use]
    pub fn at(mut self, site: Option<&Site>) -> Self {
        self.site = site.map(look);
        self
    }
}

/// How a site is shown on the provider's pages.
pub(crate) fn look(site: &Site) -> SiteLook {
    let initials = site.settings.short_name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect();
    SiteLook { name: site.name.clone(), initials, slug: site.slug.to_string() }
}

/// A field that needs mending: its name, and the words beside it.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub field: Cow<'static, str>,
    pub message: String,
}

/// The faults of a form of the console, which speaks English.
pub(crate) fn shown(faults: Vec<idp_directory::FieldFault>) -> Vec<Fault> {
    faults.into_iter().map(|fault| Fault { field: fault.field.into(), message: fault.message }).collect()
}

/// A list of at most one fault.
pub(crate) fn fault(field: &'static str, message: impl std::fmt::Display) -> Vec<Fault> {
    vec![Fault { field: field.into(), message: t(&message.to_string()) }]
}

/// The words beside a field.
pub(crate) fn fault_of<'a>(faults: &'a [Fault], field: &str) -> Option<&'a str> {
    faults.iter().find(|fault| fault.field == field).map(|fault| fault.message.as_str())
}

/// Status and title of a form. One that has faults is no success, and says so before anything else.
pub(crate) fn form_head(title: &str, faults: &[Fault]) -> (StatusCode, String) {
    match faults {
        [] => (StatusCode::OK, t(title)),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, format!("{} {}", t("Error:"), t(title))),
    }
}

/// An HTML answer.
pub(crate) fn show(template: &impl Template) -> Result<Response, PageError> {
    show_with(StatusCode::OK, template)
}

/// An HTML answer with a status.
pub(crate) fn show_with(status: StatusCode, template: &impl Template) -> Result<Response, PageError> {
    let html = template.render().map_err(|error| {
        tracing::error!(%error, "template");
        PageError::Broken("template")
    })?;
    Ok((status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], owned(html)).into_response())
}

/// The field in which a form says whose page it was on.
pub(crate) const WHOSE: &str = "whose";

/// Writes into each form of a page whose page it is, so that it is not sent in the name of who sits there next.
fn owned(html: String) -> String {
    let Some(whose) = html.split_once("<body data-whose=\"").and_then(|(_, rest)| rest.split('"').next()) else {
        return html;
    };
    let field = format!("<input type=\"hidden\" name=\"{WHOSE}\" value=\"{whose}\">");
    let mut parts = html.split("<form method=\"post\" action=\"/");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (tag, rest) = part.split_once('>').unwrap_or((part, ""));
        page.push_str(&format!("<form method=\"post\" action=\"/{tag}>{field}{rest}"));
    }
    page
}

/// A page that says one thing and offers one next step.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message {
    pub frame: Frame,
    pub paragraphs: Vec<String>,
    /// Label and address of the next step.
    pub action: Option<(String, String)>,
    /// Label and address of another way.
    pub other: Option<(String, String)>,
}

/// Goes to a page with GET (303).
pub(crate) fn go(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// Adds a cookie to an answer.
pub(crate) fn with_cookie(mut response: Response, cookie: Option<header::HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// A code in groups that are easy to read and to type.
pub(crate) fn grouped(code: &str, size: usize) -> String {
    let letters: Vec<char> = code.chars().collect();
    let groups: Vec<String> = letters.chunks(size).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::owned;

    #[test]
    fn forms_of_ours_say_whose_they_are_and_those_that_go_elsewhere_do_not() {
        let page = "<body data-whose=\"w\"><form method=\"post\" action=\"/a\" id=\"x\"><button></form>\
                    <form method=\"post\" action=\"https://app.example/\"></form>";
        let told = owned(page.to_owned());
        assert!(
            told.contains("action=\"/a\" id=\"x\"><input type=\"hidden\" name=\"whose\" value=\"w\"><button>"),
            "{told}"
        );
        assert_eq!(told.matches("name=\"whose\"").count(), 1);
        let nobody = page.replace(" data-whose=\"w\"", "");
        assert_eq!(owned(nobody.clone()), nobody);
    }
}
