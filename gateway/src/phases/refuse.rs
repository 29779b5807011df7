//! Refuses what could be read in two ways, and makes the one canonical target that everything after it uses.

use http::{Method, Request, StatusCode, Version, header};

use super::path;
use crate::error::Refusal;

/// What a request is aimed at, in canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Host, lower case, without port and trailing dot.
    pub host: String,
    /// Path, decoded once: what the rules see is what every upstream reads.
    pub path: String,
    /// Query, as it came.
    pub query: Option<String>,
}

/// Longest target, in bytes (G-34).
const LONGEST: usize = 8 * 1024;

const BAD: Refusal = Refusal::Malformed(StatusCode::BAD_REQUEST);

/// Checks the request line and the Host.
pub(crate) fn check<B>(request: &Request<B>) -> Result<Target, Refusal> {
    let method = request.method();
    // A proxy that tunnels is open to everything behind it (G-15); TRACE shows cookies (G-16).
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    if !known.contains(method) {
        let refused = if *method == Method::CONNECT || *method == Method::TRACE { 405 } else { 501 };
        return Err(Refusal::Malformed(StatusCode::from_u16(refused).unwrap_or(StatusCode::BAD_REQUEST)));
    }
    let host = host(request)?;
    let uri = request.uri();
    let length = uri.path_and_query().map_or(0, |target| target.as_str().len());
    if length > LONGEST {
        return Err(Refusal::Malformed(StatusCode::URI_TOO_LONG));
    }
    let path = path::check(uri.path()).map_err(|_| BAD)?;
    Ok(Target { host, path, query: uri.query().map(str::to_owned) })
}

/// Exactly one Host, plain, equal to an absolute target's (G-01 to G-05).
fn host<B>(request: &Request<B>) -> Result<String, Refusal> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (named, more) = (hosts.next(), hosts.next());
    if more.is_some() {
        return Err(BAD);
    }
    let named = named.map(|value| value.to_str().map_err(|_| BAD)).transpose()?;
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    let text = match (request.version(), named, authority) {
        (Version::HTTP_2, None, Some(authority)) => authority,
        (Version::HTTP_2, Some(named), Some(authority)) if named == authority => authority,
        (Version::HTTP_2, ..) => return Err(BAD),
        (_, Some(named), Some(authority)) if canonical(named)? == canonical(authority)? => named,
        (_, Some(named), None) => named,
        _ => return Err(BAD),
    };
    canonical(text)
}

/// Lower case, no trailing dot, no port; anything but letters, digits, dots and hyphens is refused.
fn canonical(text: &str) -> Result<String, Refusal> {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    if port.is_some_and(|port| port.is_empty() || port.len() > 5 || !port.bytes().all(|b| b.is_ascii_digit())) {
        return Err(BAD);
    }
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let labels_ok = host.split('.').all(|label| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    });
    if labels_ok && host.len() <= 253 { Ok(host) } else { Err(BAD) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g_03_and_g_04_hosts() {
        assert_eq!(canonical("Larkmoor.Example.:443").unwrap(), "larkmoor.example");
        for bad in
            ["", "a@evil", "a,b", "a b", "a\tb", "a/b", "a%2eb", "ä.example", "a:b", "a:", "a..b", "[::1]", "a:123456"]
        {
            assert!(canonical(bad).is_err(), "{bad:?}");
        }
    }
}
