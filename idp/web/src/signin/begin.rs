//! Letting somebody in: the one place where a browser gets a session, after whatever proved who it is.

use axum::http::HeaderValue;
use axum::response::Response;
use idp_domain::person::Person;
use idp_domain::session::{KeyProof, Method, Session};
use idp_domain::{Language, Secret, TextSize, Timestamp};
use idp_signin::sessions::Beginning;
use idp_store::sessions::Proven;

use crate::browser::{Browser, Peer, Visitor};
use crate::cookies::{Cookie, REMEMBERED, language_cookie, text_size_cookie};
use crate::language::chosen;
use crate::page::with_cookie;
use crate::{PageError, Web};

/// A session that has just begun, with the cookies that belong to it.
pub(crate) struct Begun {
    pub session: Option<Session>,
    cookies: Vec<HeaderValue>,
}

impl Begun {
    /// The answer with the cookies.
    pub fn with(self, response: Response) -> Response {
        self.cookies.into_iter().map(Some).fold(response, with_cookie)
    }
}

/// How somebody got in.
pub(crate) struct Way {
    /// The person's epoch when they proved themselves.
    pub epoch: i64,
    pub method: Method,
    pub shared: bool,
    pub proof: Option<KeyProof>,
    /// When they proved themselves, if it was not just now.
    pub proven_at: Option<Timestamp>,
    /// When the session ends at the latest, if before what the trust allows.
    pub until: Option<Timestamp>,
}

/// Signs a person in. Two people one after the other: the first one's session ends before the second begins.
pub(crate) async fn let_in(
    web: &Web,
    (visitor, browser, peer): (&Visitor, &Browser, &Peer),
    person: &Person,
    way: Way,
) -> Result<Begun, PageError> {
    if let Some((session, _)) = &visitor.0 {
        web.signin.end(session).await?;
    }
    let Way { epoch, method, shared, proof, proven_at, until } = way;
    let beginning = Beginning { method, shared, proven_at, until, proof, browser: &browser.hash(), agent: &peer.agent };
    let secret = web.signin.start_session(person, epoch, beginning).await?;
    let remembered = (!shared).then(|| Cookie::Browser.set(&browser.0, Some(REMEMBERED), &web.settings)).flatten();
    let language = match chosen() {
        // What was chosen here holds for mails as well.
        Some(language) if language != person.language => {
            web.signin.context.store.set_language(person.id, language).await?;
            None
        }
        Some(_) => None,
        None if person.language == Language::default() || shared => None,
        None => language_cookie(person.language, &web.settings),
    };
    let session = web.signin.current(Some(&secret)).await?.map(|(session, _)| session);
    let larger = person.text_size != TextSize::default() && !shared;
    let text = larger.then(|| text_size_cookie(person.text_size, &web.settings)).flatten();
    let own = session_cookie(web, &secret, session.as_ref());
    Ok(Begun { cookies: [own, remembered, language, text].into_iter().flatten().collect(), session })
}

/// Notes in a session what was proven. Answers it with its new cookie.
pub(crate) async fn stepped_up(web: &Web, session: &Session, proven: &Proven) -> Result<Begun, PageError> {
    let secret = web.signin.step_up(session, proven).await?;
    rotated(web, session, &secret).await
}

/// A session after its cookie has changed.
pub(crate) async fn rotated(web: &Web, session: &Session, secret: &Secret) -> Result<Begun, PageError> {
    Ok(Begun {
        session: web.signin.current(Some(secret)).await?.map(|(session, _)| session),
        cookies: session_cookie(web, secret, Some(session)).into_iter().collect(),
    })
}

fn session_cookie(web: &Web, secret: &Secret, session: Option<&Session>) -> Option<HeaderValue> {
    let life = session.filter(|session| !session.shared).map(|session| session.limits.absolute);
    Cookie::Session.set(secret, life, &web.settings)
}
