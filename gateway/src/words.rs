//! In which language the gateway speaks: that of whoever is signed in here, else what the browser prefers.
//!
//! English words are the keys of the catalogue in `locales`; a test holds it and the pages together. The language belongs to
//! the request and is looked at only when there is something to say.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::LazyLock;

use http::HeaderValue;
use time::OffsetDateTime;
use time_tz::{OffsetDateTimeExt, timezones};

/// What a request says about its reader.
struct Reader {
    /// Whether the person signed in here reads Welsh, once it is known.
    welsh: Cell<Option<bool>>,
    accepts: Option<HeaderValue>,
}

tokio::task_local! {
    static READER: Reader;
}

/// Words by their English.
type Catalogue = BTreeMap<String, String>;

static WELSH: LazyLock<Catalogue> =
    LazyLock::new(|| toml::from_str(include_str!("../locales/cy.toml")).unwrap_or_default());

/// Answers a request in its reader's language. `accepts` is what the browser prefers (RFC 9110 §12.5.4).
pub(crate) async fn spoken<T>(accepts: Option<HeaderValue>, answer: impl Future<Output = T>) -> T {
    READER.scope(Reader { welsh: Cell::new(None), accepts }, answer).await
}

/// The person who reads is known now, and so is their language (BCP 47).
pub(crate) fn prefer(language: &str) {
    // Outside of a request nobody reads.
    READER.try_with(|reader| reader.welsh.set(Some(language == "cy"))).ok();
}

fn is_welsh() -> bool {
    let accepts = |reader: &Reader| {
        let wanted = reader.accepts.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut tags = wanted.split(',').filter_map(|part| part.split([';', '-']).next()).map(str::trim);
        tags.find(|tag| ["cy", "en"].contains(tag)) == Some("cy")
    };
    READER.try_with(|reader| reader.welsh.get().unwrap_or_else(|| accepts(reader))).unwrap_or_default()
}

/// The language of this answer, for `lang`.
pub(crate) fn lang() -> &'static str {
    if is_welsh() { "cy" } else { "en" }
}

/// Words in the reader's language. What the catalogue does not know stays as it is.
pub(crate) fn t(english: &str) -> String {
    let known = if is_welsh() { WELSH.get(english) } else { None };
    known.map_or_else(|| english.to_owned(), Clone::clone)
}

/// Words with one value, which stands at `{0}`.
pub(crate) fn t1(english: &str, value: impl std::fmt::Display) -> String {
    t(english).replace("{0}", &value.to_string())
}

/// The whole catalogue for the bar, which speaks in the browser; nothing for English.
pub(crate) fn for_bar() -> Option<&'static Catalogue> {
    is_welsh().then(|| &*WELSH)
}

/// The time of day in London: `4:30pm`.
pub(crate) fn clock_time(seconds: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let clock = moment.to_timezone(timezones::db::europe::LONDON).time();
    let half = if clock.hour() < 12 { "am" } else { "pm" };
    let hour = match clock.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    format!("{hour}:{:02}{half}", clock.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_person_comes_before_the_browser() {
        let accepts = |value| Some(HeaderValue::from_static(value));
        let welsh = accepts("cy-GB,cy;q=0.9,en;q=0.8");
        assert_eq!(spoken(welsh.clone(), async { lang() }).await, "cy");
        let known = async {
            prefer("en");
            lang()
        };
        assert_eq!(spoken(welsh, known).await, "en");
        assert_eq!(spoken(accepts("fr,en;q=0.5,cy;q=0.1"), async { lang() }).await, "en");
        assert_eq!(spoken(None, async { t("Sign out") }).await, "Sign out");
    }

    #[test]
    fn times_are_those_of_schools() {
        assert_eq!(clock_time(1_788_766_260), "8:31am", "summer time");
        assert_eq!(clock_time(1_767_225_600), "12:00am");
    }

    #[test]
    fn the_catalogue_can_be_read_and_keeps_every_place() {
        assert!(!WELSH.is_empty());
        assert!(WELSH.iter().all(|(english, welsh)| english.contains("{0}") == welsh.contains("{0}")));
    }
}
