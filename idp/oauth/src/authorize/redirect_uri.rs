//! `redirect_uri`: equal, character by character, to one that is registered (RFC 9700 §2.1, R-05).

use idp_domain::client::Client;

use crate::OAuthError;
use crate::params::Params;

pub(super) fn check(client: &Client, params: &Params) -> Result<String, OAuthError> {
    let asked = params.require("redirect_uri", "redirect_uri is missing")?;
    let known = client.redirect_uris.iter().find(|known| known.as_str() == asked || same_but_port(known, asked));
    known.map(|_| asked.to_owned()).ok_or(OAuthError::request("redirect_uri is not registered for this client"))
}

/// A native app listens on a port that it cannot know beforehand: loopback literals may differ in it (RFC 8252 §7.3).
fn same_but_port(known: &str, asked: &str) -> bool {
    let split = |address: &str| -> Option<(String, String)> {
        let rest = ["http://127.0.0.1", "http://[::1]"].iter().find_map(|host| address.strip_prefix(*host))?;
        let (port, path) = rest.split_once('/')?;
        let port = port.strip_prefix(':').unwrap_or(if port.is_empty() { "80" } else { "x" });
        let host = address.strip_suffix(rest)?;
        port.parse::<u16>().ok().map(|_| (host.to_owned(), path.to_owned()))
    };
    match (split(known), split(asked)) {
        (Some(known), Some(asked)) => known == asked,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_loopback_port_may_vary() {
        assert!(same_but_port("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"));
        assert!(!same_but_port("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb/x"));
        assert!(!same_but_port("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb"));
        assert!(!same_but_port("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb"));
        assert!(!same_but_port("http://[::1]/cb", "http://127.0.0.1/cb"));
        assert!(!same_but_port("http://app.example/cb", "http://app.example:81/cb"));
    }
}
