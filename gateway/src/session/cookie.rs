//! The gateway's cookies: `__Host-` on TLS, opaque, never read when they come twice (S-03, S-05).

use http::{HeaderMap, HeaderValue, header};

/// Our cookies on a site's host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The session.
    Session,
    /// The browser, while it signs in (S-14).
    Flow,
}

impl Cookie {
    /// Names that never reach an upstream and that no upstream may set (H-15, G-33).
    const NAMES: [&'static str; 4] = ["__Host-ln", "ln", "__Host-ln-flow", "ln-flow"];

    /// Whether a `name=value` pair, as a browser or an upstream writes it, is one of ours in any spelling.
    pub fn is_ours(pair: &[u8]) -> bool {
        let name = pair.split(|b| *b == b'=').next().unwrap_or_default();
        let name = name.trim_ascii().strip_prefix(b"\"").unwrap_or(name.trim_ascii());
        Self::NAMES.iter().any(|ours| ours.as_bytes().eq_ignore_ascii_case(name))
    }

    fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-ln",
            (Self::Session, false) => "ln",
            (Self::Flow, true) => "__Host-ln-flow",
            (Self::Flow, false) => "ln-flow",
        }
    }

    /// Reads a well-formed value that comes once.
    pub fn read(self, headers: &HeaderMap, secure: bool) -> Option<&str> {
        let name = self.name(secure);
        let mut found = None;
        // As bytes: another cookie of the site that is not ASCII must not hide ours.
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
        let value = std::str::from_utf8(found?).ok()?;
        let formed = value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        formed.then_some(value)
    }

    /// A `Set-Cookie` value; as long as the browser is open.
    pub fn set(self, value: &str, secure: bool) -> Option<HeaderValue> {
        let tls = if secure { "; Secure" } else { "" };
        HeaderValue::from_str(&format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{tls}", self.name(secure))).ok()
    }

    /// A `Set-Cookie` value that removes it.
    pub fn clear(self, secure: bool) -> Option<HeaderValue> {
        let tls = if secure { "; Secure" } else { "" };
        HeaderValue::from_str(&format!("{}=; Path=/; HttpOnly; SameSite=Lax{tls}; Max-Age=0", self.name(secure))).ok()
    }
}
