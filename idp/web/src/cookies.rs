//! Cookies: `__Host-` on TLS, opaque, never read when they come twice (S-03, S-05).

use axum::http::{HeaderMap, HeaderValue, header};
use idp_domain::{Language, Secret, TextSize};

use crate::Settings;

/// How long a browser is remembered, in seconds; the longest that browsers keep a cookie is 400 days.
pub const REMEMBERED: i64 = 400 * 24 * 3600;

/// Our two cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// The signed-in session.
    Session,
    /// The browser, so that an attempt cannot be carried to another one (S-14).
    Browser,
}

impl Cookie {
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-lanyard",
            (Self::Session, false) => "lanyard",
            (Self::Browser, true) => "__Host-browser",
            (Self::Browser, false) => "browser",
        }
    }

    /// Reads the cookie. Two of the same name count as none.
    pub fn read(self, headers: &HeaderMap, settings: &Settings) -> Option<Secret> {
        let value = value_of(self.name(settings.secure), headers)?;
        let formed = value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        formed.then(|| Secret::presented(value))
    }

    /// A `Set-Cookie` value. `seconds` of life; none means as long as the browser is open.
    pub fn set(self, secret: &Secret, seconds: Option<i64>, settings: &Settings) -> Option<HeaderValue> {
        written(self.name(settings.secure), secret.reveal(), seconds, settings)
    }

    /// A `Set-Cookie` value that removes it.
    pub fn clear(self, settings: &Settings) -> Option<HeaderValue> {
        written(self.name(settings.secure), "", Some(0), settings)
    }
}

/// A `Set-Cookie` value.
fn written(name: &str, value: &str, seconds: Option<i64>, settings: &Settings) -> Option<HeaderValue> {
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let tls = if settings.secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{tls}{age}")).ok()
}

/// The value of a cookie. Two of the same name count as none.
fn value_of<'a>(name: &str, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut found = None;
    // As bytes: a cookie of a parent domain that is not ASCII must not hide ours.
    for pair in headers.get_all(header::COOKIE).iter().flat_map(|header| header.as_bytes().split(|b| *b == b';')) {
        let Some(value) = pair.trim_ascii().strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
        else {
            continue;
        };
        if found.is_some() {
            return None;
        }
        found = Some(value);
    }
    std::str::from_utf8(found?).ok()
}

/// What a browser remembers of how pages look; it is no secret.
#[derive(Clone, Copy)]
enum Look {
    Language,
    /// The language that an app asked for, which nobody here has chosen.
    AskedLanguage,
    TextSize,
}

impl Look {
    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Language, true) => "__Host-language",
            (Self::Language, false) => "language",
            (Self::AskedLanguage, true) => "__Host-asked-language",
            (Self::AskedLanguage, false) => "asked-language",
            (Self::TextSize, true) => "__Host-text",
            (Self::TextSize, false) => "text",
        }
    }

    /// A `Set-Cookie` value. `seconds` of life; none means as long as the browser is open.
    fn set(self, word: &'static str, seconds: Option<i64>, settings: &Settings) -> Option<HeaderValue> {
        written(self.name(settings.secure), word, seconds, settings)
    }
}

/// How long a browser keeps how pages look, in seconds: not beyond its closing where others sit as well.
pub fn remember_look(shared: bool) -> Option<i64> {
    (!shared).then_some(REMEMBERED)
}

/// `Set-Cookie` values that forget how pages look.
pub fn forget_look(settings: &Settings) -> [Option<HeaderValue>; 3] {
    [Look::Language, Look::AskedLanguage, Look::TextSize].map(|look| look.set("", Some(0), settings))
}

/// The language that was chosen in this browser.
pub fn read_language(headers: &HeaderMap, settings: &Settings) -> Option<Language> {
    Language::parse(value_of(Look::Language.name(settings.secure), headers)?)
}

/// The language that an app asked for.
pub fn read_asked_language(headers: &HeaderMap, settings: &Settings) -> Option<Language> {
    Language::parse(value_of(Look::AskedLanguage.name(settings.secure), headers)?)
}

/// A `Set-Cookie` value that keeps the language that an app asked for, as long as the browser is open.
pub fn asked_language_cookie(language: Language, settings: &Settings) -> Option<HeaderValue> {
    Look::AskedLanguage.set(language.code(), None, settings)
}

/// A `Set-Cookie` value that remembers a language.
pub fn language_cookie(language: Language, seconds: Option<i64>, settings: &Settings) -> Option<HeaderValue> {
    Look::Language.set(language.code(), seconds, settings)
}

/// The size of text that was chosen in this browser.
pub fn read_text_size(headers: &HeaderMap, settings: &Settings) -> Option<TextSize> {
    TextSize::parse(value_of(Look::TextSize.name(settings.secure), headers)?)
}

/// A `Set-Cookie` value that remembers a size of text.
pub fn text_size_cookie(size: TextSize, seconds: Option<i64>, settings: &Settings) -> Option<HeaderValue> {
    Look::TextSize.set(size.as_str(), seconds, settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(secure: bool) -> Settings {
        Settings { secure, site_address: String::new(), support_email: String::new() }
    }

    fn headers(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    #[test]
    fn s_03_an_unprefixed_twin_is_ignored_and_two_are_none() {
        let value = "a".repeat(43);
        let secure = settings(true);
        let read = |cookie: String| Cookie::Session.read(&headers(&cookie), &secure);
        assert!(read(format!("__Host-lanyard={value}")).is_some());
        assert!(read(format!("lanyard={value}")).is_none());
        assert!(read(format!("__Host-lanyard={value}; __Host-lanyard={value}")).is_none());
        assert!(read("__Host-lanyard=short".to_owned()).is_none());
        let set = Cookie::Session.set(&Secret::presented(&value), None, &secure).unwrap();
        let set = set.to_str().unwrap();
        assert!(set.starts_with("__Host-lanyard=") && set.contains("; Secure") && set.contains("; HttpOnly"));
        assert!(set.contains("; Path=/") && !set.contains("Domain"));
    }
}
