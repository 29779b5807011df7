//! Plain headers. Text beyond ASCII is encoded as in RFC 8187; lists over 4 kB travel in the assertion only.

use std::fmt::Write;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::Inner;
use crate::registry::Site;
use crate::session::Live;

/// Longest list, in bytes.
const LONGEST: usize = 4096;

/// Adds the headers of a session.
pub(crate) fn add(inner: &Inner, headers: &mut HeaderMap, site: &Site, live: &Live) {
    let now = inner.ports.clock.now();
    let record = &live.record;
    let elevation = record.elevation.as_ref().filter(|_| live.is_elevated(now));
    let mut set = |name: &'static str, value: &str| {
        if value.is_empty() || value.len() > LONGEST {
            return;
        }
        if let Ok(value) = HeaderValue::from_str(&encoded(value)) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("x-lanyard-user", &record.sub);
    set("x-lanyard-name", &record.name);
    set("x-lanyard-email", &record.email);
    set("x-lanyard-account", &record.account);
    set("x-lanyard-site", &site.entry.slug);
    set("x-lanyard-groups", &record.groups.join(","));
    set("x-lanyard-level", if elevation.is_some() { "elevated" } else { "base" });
    set("x-lanyard-scope", &record.scope);
    set("x-lanyard-classes", &record.classes.join(","));
    set("x-lanyard-years", &record.years.join(","));
    set("x-lanyard-elevated-until", &elevation.map(|elevation| elevation.until.to_string()).unwrap_or_default());
}

/// ASCII as it is; anything else as `UTF-8''` and percent escapes.
fn encoded(text: &str) -> String {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return text.to_owned();
    }
    text.bytes().fold("UTF-8''".to_owned(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h_10_names_cannot_break_out_of_a_header() {
        assert_eq!(encoded("Carys"), "Carys");
        assert_eq!(encoded("Holloway–Idris"), "UTF-8''Holloway%E2%80%93Idris");
        assert_eq!(encoded("a\r\nX-Lanyard-Level: elevated"), "UTF-8''a%0D%0AX-Lanyard-Level%3A%20elevated");
    }
}
