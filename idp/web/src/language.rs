//! In which language a page is written. The English words are the keys of the catalogue in `locales`, so that templates
//! read as pages do; a test holds the catalogue and the pages together.
//!
//! The language belongs to the request, like its tracing span: it is set once around every handler, and templates ask for
//! it, rather than each of a hundred structs carrying it.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::LazyLock;

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;
use idp_domain::{Language, TextSize, Timestamp, london};

use crate::Web;
use crate::cookies::{read_asked_language, read_language, read_text_size};

/// What a request says about its reader.
#[derive(Clone, Debug)]
struct Spoken {
    language: Language,
    /// Chosen in this browser, rather than guessed.
    chosen: bool,
    /// The page that is shown, to come back to.
    here: String,
    /// How large the text is.
    text_size: TextSize,
}

tokio::task_local! {
    static SPOKEN: Spoken;
}

static WELSH: LazyLock<HashMap<String, String>> =
    LazyLock::new(|| toml::from_str(include_str!("../locales/cy.toml")).unwrap_or_default());

/// Sets the language around every handler: what was chosen in this browser, else what the app asked for that sent it here,
/// else what the browser prefers.
pub(crate) async fn speak(State(web): State<Web>, request: Request, next: Next) -> Response {
    let chosen = read_language(request.headers(), &web.settings);
    let asked = || read_asked_language(request.headers(), &web.settings);
    let wanted = || {
        let accepts = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        accepts.and_then(Language::wanted)
    };
    let here = match *request.method() {
        Method::GET => request.uri().path_and_query().map_or("/", |path| path.as_str()),
        _ => "/",
    };
    let spoken = Spoken {
        language: chosen.or_else(asked).or_else(wanted).unwrap_or_default(),
        chosen: chosen.is_some(),
        here: here.to_owned(),
        text_size: read_text_size(request.headers(), &web.settings).unwrap_or_default(),
    };
    SPOKEN.scope(spoken, next.run(request)).await
}

/// The language of this page.
pub(crate) fn current() -> Language {
    SPOKEN.try_with(|spoken| spoken.language).unwrap_or_default()
}

/// The language that was chosen in this browser, if one was.
pub(crate) fn chosen() -> Option<Language> {
    SPOKEN.try_with(|spoken| spoken.chosen.then_some(spoken.language)).ok().flatten()
}

/// Its code, for `lang`.
pub(crate) fn lang() -> &'static str {
    current().code()
}

/// How large the text of this page is, as the class of the page.
pub(crate) fn text_size() -> TextSize {
    SPOKEN.try_with(|spoken| spoken.text_size).unwrap_or_default()
}

/// The page that is shown, to come back to.
pub(crate) fn here() -> String {
    SPOKEN.try_with(|spoken| spoken.here.clone()).unwrap_or_else(|_| "/".to_owned())
}

/// The other language on offer: its code and its own name.
#[expect(clippy::unnecessary_wraps, reason = "the shape that templates can bind with `if let`")]
pub(crate) fn other_language() -> Option<(&'static str, &'static str)> {
    let other = match current() {
        Language::En => Language::Cy,
        Language::Cy => Language::En,
    };
    Some((other.code(), other.name()))
}

/// Words in the language of this page. What the catalogue does not know stays as it is.
pub(crate) fn t(english: &str) -> String {
    let known = match current() {
        Language::En => None,
        Language::Cy => WELSH.get(english),
    };
    known.map_or_else(|| english.to_owned(), Clone::clone)
}

/// Words with one value, which stands at `{0}`.
pub(crate) fn t1(english: &str, value: impl Display) -> String {
    t(english).replace("{0}", &value.to_string())
}

/// Words with two values, at `{0}` and `{1}`.
pub(crate) fn t2(english: &str, first: impl Display, second: impl Display) -> String {
    // Both at once: a value may itself look like a place.
    let words = t(english);
    let mut written = String::with_capacity(words.len());
    let mut rest = words.as_str();
    while let Some(at) = rest.find('{') {
        let (before, after) = rest.split_at(at);
        written.push_str(before);
        if let Some(tail) = after.strip_prefix("{0}") {
            written.push_str(&first.to_string());
            rest = tail;
        } else if let Some(tail) = after.strip_prefix("{1}") {
            written.push_str(&second.to_string());
            rest = tail;
        } else {
            written.push('{');
            rest = after.get(1..).unwrap_or_default();
        }
    }
    written.push_str(rest);
    written
}

/// A day in the language of this page.
pub(crate) fn show_date(moment: Timestamp) -> String {
    current().dated(&london::show_date(moment))
}

/// A moment with the name of its day, in the language of this page.
pub(crate) fn show_weekday_time(moment: Timestamp, now: Timestamp) -> String {
    current().dated(&format!("{} at {}", london::show_weekday(moment, now), london::show_time(moment)))
}

/// A day with its name, in the language of this page.
pub(crate) fn show_weekday(moment: Timestamp, now: Timestamp) -> String {
    current().dated(&london::show_weekday(moment, now))
}

/// A browser in words, in the language of this page.
pub(crate) fn device(agent: &str) -> String {
    current().device(agent)
}

/// The last day inside a period, or the moment at which it ends in the middle of one, in the language of this page.
pub(crate) fn show_last_day(end: Timestamp) -> String {
    // Most access ends at the end of a day; where it ends in its middle, the time is what matters.
    let whole = london::end_of(london::date(end.plus(-1))) == end;
    current().dated(&if whole { london::show_last_day(end) } else { london::show(end) })
}

/// A moment in the language of this page.
pub(crate) fn show(moment: Timestamp) -> String {
    current().dated(&london::show(moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_looks_like_a_place_stays_a_value() {
        assert_eq!(t2("{0} and {1} {x}", "{1}", "b"), "{1} and b {x}");
    }

    #[test]
    fn the_catalogue_can_be_read_and_keeps_every_place() {
        assert!(!WELSH.is_empty());
        for (english, welsh) in &*WELSH {
            for place in ["{0}", "{1}"] {
                assert_eq!(english.contains(place), welsh.contains(place), "{english}");
            }
        }
    }
}
