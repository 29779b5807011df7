//! Who is at the other end: the browser, and the person signed in there.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use idp_domain::person::Person;
use idp_domain::session::Session;
use idp_domain::{Secret, SecretHash};

use crate::cookies::Cookie;
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

/// Whoever is signed in, or nobody.
pub(crate) struct Visitor(pub Option<(Session, Person)>);

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

impl FromRequestParts<Web> for SignedIn {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Self::Rejection> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let reads = parts.method == axum::http::Method::GET;
        match Visitor::from_request_parts(parts, web).await?.0 {
            Some((session, person)) => Ok(Self { session, person }),
            None => Err(PageError::SignInFirst(if reads { path } else { "/".to_owned() })),
        }
    }
}
