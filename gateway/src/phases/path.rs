//! Paths: exact, or refused. What is let through is the same text for the rules and for every upstream (G-18 to G-22).

/// The path could mean different things to different servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ambiguous;

/// Accepts a path that every server reads the same way, and answers what it reads: the path decoded once.
pub(crate) fn check(path: &str) -> Result<String, Ambiguous> {
    if !path.starts_with('/') || path.len() > 1 && path.contains("//") || escapes_plain_letters(path) {
        return Err(Ambiguous);
    }
    let decoded = decode_once(path)?;
    // Decoded once and looked at once: what still holds an escape was escaped twice (G-19).
    let nested = decoded
        .as_bytes()
        .windows(3)
        .any(|w| matches!(w, [b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()));
    let segments_ok = path.split('/').skip(1).all(|raw| {
        let Ok(segment) = decode_once(raw) else { return false };
        segment != "." && segment != ".." && !segment.contains('/')
    });
    // A backslash is a slash to some; a semicolon begins parameters to Tomcat (G-21); a trailing dot or space is nothing
    // to Windows (G-26); a fragment has no place here (G-24).
    let odd = decoded.chars().any(|c| c.is_control() || matches!(c, '\\' | ';' | '#' | '?'));
    let trailing = decoded.split('/').any(|segment| segment.ends_with(['.', ' ']));
    if nested || odd || trailing || !segments_ok { Err(Ambiguous) } else { Ok(decoded) }
}

/// `%72ecords` is `/records` to every server: nobody writes so who does not want to be misread (RFC 3986 §2.3).
fn escapes_plain_letters(path: &str) -> bool {
    path.split('%').skip(1).any(|rest| {
        let code = rest.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        code.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte))
    })
}

fn decode_once(text: &str) -> Result<String, Ambiguous> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next().ok_or(Ambiguous)?, rest.next().ok_or(Ambiguous)?];
        let digits = std::str::from_utf8(&digits).map_err(|_| Ambiguous)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Ambiguous);
        }
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| Ambiguous)?);
    }
    String::from_utf8(bytes).map_err(|_| Ambiguous)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_paths_pass() {
        for good in [
            "/",
            "/records/42",
            "/a.css",
            "/%C3%A9t%C3%A9",
            "/a%20b",
            "/..a",
            "/.well-known/x",
            "/a-b_c~d",
            "/a+b",
            "/a:b@c",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn g_18_to_g_22_and_g_26_paths_that_read_two_ways() {
        for bad in [
            "/public/../admin",
            "/./admin",
            "/public/..",
            "/%2e%2e/admin",
            "/.%2e/admin",
            "/%252e%252e/admin",
            "/%c0%ae/x",
            "/a%2fb",
            "/a%5cb",
            "/a\\b",
            "/public;/../admin",
            "/admin;x",
            "/..;/admin",
            "//admin",
            "///",
            "/public//admin",
            "/a%00b",
            "/a%0ab",
            "/a%",
            "/a%2",
            "/a%zz",
            "/%u0061",
            "/admin.",
            "/admin%20",
            "/a%23b",
            "/%72ecords",
            "/%61dmin",
            "/%2elanyard/whoami",
            "/a%7Eb",
            "/a%3fb",
            "admin",
            "*",
        ] {
            assert_eq!(check(bad), Err(Ambiguous), "{bad}");
        }
    }
}
