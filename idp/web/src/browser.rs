//! Who is at the other end: the browser, and the person signed in there.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use idp_domain::person::Person;
use idp_domain::session::{KeyProof, Method, Session};
use idp_domain::{Secret, SecretHash};
use idp_signin::throttle::TriedFrom;

use crate::cookies::Cookie;
use crate::error::DAY_PASS_ONLY;
use crate::{PageError, Web};

/// The browser of a request: known by its cookie, or given one.
#[derive(Clone)]
pub(crate) struct Browser(pub Secret);

impl Browser {
    /// What attempts are bound to.
    pub fn hash(&self) -> SecretHash {
        self.0.hash()
    }
}

/// Makes sure that every page knows its browser.
pub(crate) async fn remember(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let known = Cookie::Browser.read(request.headers(), &web.settings);
    let browser = known.clone().unwrap_or_else(|| Secret::new(&*web.signin.context.random));
    request.extensions_mut().insert(Browser(browser.clone()));
    let mut response = next.run(request).await;
    if known.is_none()
        && let Some(value) = Cookie::Browser.set(&browser, None, &web.settings)
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

impl FromRequestParts<Web> for Browser {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(PageError::Broken("no browser"))
    }
}

/// The other end of the connection, as far as it is known: address and software.
#[derive(Clone)]
pub(crate) struct Peer {
    pub address: Option<IpAddr>,
    /// The browser in words, for its owner: `Firefox on Windows`.
    pub agent: String,
}

impl FromRequestParts<Web> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Self::Rejection> {
        let agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let address = parts.extensions.get::<SocketAddr>().map(SocketAddr::ip);
        Ok(Self { address, agent: agent_words(agent) })
    }
}

impl Peer {
    /// Where a password is tried.
    pub fn tries<'a>(&self, browser: &'a SecretHash) -> TriedFrom<'a> {
        TriedFrom { browser, address: self.address }
    }
}

/// A browser and its system, in words; nothing that a header could make up is repeated.
fn agent_words(agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| agent.contains(mark)).map_or("", |(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "a Chromebook"),
        ("Mac OS X", "a Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        ("", "") => "a browser".to_owned(),
        (browser, "") => browser.to_owned(),
        ("", system) => format!("a browser on {system}"),
        (browser, system) => format!("{browser} on {system}"),
    }
}

/// Whoever is signed in, or nobody.
pub(crate) struct Visitor(pub Option<(Session, Person)>);

impl Visitor {
    /// Their session.
    pub fn session(&self) -> Option<&Session> {
        self.0.as_ref().map(|(session, _)| session)
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Self::Rejection> {
        let cookie = Cookie::Session.read(&parts.headers, &web.settings);
        Ok(Self(web.signin.current(cookie.as_ref()).await?))
    }
}

/// Somebody who is signed in; everybody else is sent to sign in first and comes back to the same page.
pub(crate) struct SignedIn {
    pub session: Session,
    pub person: Person,
}

impl SignedIn {
    /// The proof by a key that is recent enough for the console, if there is one.
    pub async fn console_proof(&self, web: &Web) -> Result<Option<&KeyProof>, PageError> {
        let fresh_for = web.signin.context.settings_of(self.person.id).await?.console_minutes * 60;
        let now = web.signin.context.now();
        Ok(self.session.key_proof.as_ref().filter(|proof| now.since(proof.at) <= fresh_for))
    }
}

impl FromRequestParts<Web> for SignedIn {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Self::Rejection> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let reads = parts.method == axum::http::Method::GET;
        match Visitor::from_request_parts(parts, web).await?.0 {
            // Whoever is here for a day has no account of their own.
            Some((session, _)) if session.method == Method::DayPass => {
                Err(PageError::Refused(DAY_PASS_ONLY.to_owned()))
            }
            Some((session, person)) => Ok(Self { session, person }),
            None => Err(PageError::SignInFirst(if reads { path } else { "/".to_owned() })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_in_words_and_never_repeated() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120 Safari/537 Edg/120";
        assert_eq!(agent_words(edge), "Edge on Windows");
        assert_eq!(
            agent_words("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604"),
            "Safari on iPhone"
        );
        assert_eq!(agent_words("<script>alert(1)</script>"), "a browser");
    }
}
