//! Letting somebody in: the one place where a browser gets a session, after whatever proved who it is.

use axum::http::HeaderValue;
use axum::response::Response;
use idp_domain::person::Person;
use idp_domain::session::{KeyProof, Method, Session};
use idp_domain::{Language, Secret, Timestamp};
use idp_signin::factors::new_browser::Confirm;
use idp_signin::sessions::Beginning;

use crate::browser::{Browser, Peer, Visitor};
use crate::cookies::{Cookie, REMEMBERED, language_cookie, remember_look, text_size_cookie};
use crate::language::{chosen, current, text_size};
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
    /// What the browser had to show: whether they may change their account from it, and whether it is known as theirs.
    pub confirm: Confirm,
}

impl Way {
    /// By a password that was right just now, in a browser that is known or was shown to be theirs.
    pub fn by_password(epoch: i64, shared: bool) -> Self {
        let method = Method::Password;
        Self { epoch, method, shared, proof: None, proven_at: None, until: None, confirm: Confirm::Nothing }
    }
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
    let Way { epoch, method, shared, proof, proven_at, until, confirm } = way;
    // Before the session begins, which remembers the browser.
    let language = language_of(web, browser, person, shared).await?;
    let (browser_hash, agent) = (&browser.hash(), &peer.agent);
    let shown = confirm == Confirm::Nothing;
    let confirmed = shown || confirm == Confirm::ByKey;
    let beginning =
        Beginning { method, shared, proven_at, until, proof, browser: browser_hash, agent, confirmed, shown };
    let secret = web.signin.start_session(person, epoch, beginning).await?;
    let remembered = (!shared).then(|| Cookie::Browser.set(&browser.0, Some(REMEMBERED), &web.settings)).flatten();
    let session = web.signin.current(Some(&secret)).await?.map(|(session, _)| session);
    let own = session_cookie(web, &secret, session.as_ref());
    let look = [
        (language != current() && (chosen().is_some() || language != Language::default()))
            .then(|| language_cookie(language, remember_look(shared), &web.settings)),
        (person.text_size != text_size())
            .then(|| text_size_cookie(person.text_size, remember_look(shared), &web.settings)),
    ];
    let cookies = [own, remembered].into_iter().chain(look.into_iter().map(Option::flatten)).flatten().collect();
    Ok(Begun { session, cookies })
}

/// The language in which pages go on. What was chosen in a browser of one's own holds for mails as well; where others sit
/// too, it may have been chosen by any of them, and the person's own holds.
async fn language_of(web: &Web, browser: &Browser, person: &Person, shared: bool) -> Result<Language, PageError> {
    let store = &web.signin.context.store;
    let Some(language) = chosen().filter(|language| *language != person.language && !shared) else {
        return Ok(person.language);
    };
    let (known, own) =
        (store.browser_is_known(&browser.hash()).await?, store.knows_browser(person.id, &browser.hash()).await?);
    if known && !own {
        return Ok(person.language);
    }
    store.set_language(person.id, language).await?;
    Ok(language)
}

/// Whether a browser is taken for one that many people use until somebody says otherwise: a classroom is where most
/// strange browsers are.
pub(super) async fn looks_shared(web: &Web, browser: &Browser) -> Result<bool, PageError> {
    Ok(!web.signin.context.store.browser_is_known(&browser.hash()).await?)
}

/// Notes in a session that a key was proven. Answers it with its new cookie.
pub(crate) async fn stepped_up(web: &Web, session: &Session, proof: KeyProof) -> Result<Begun, PageError> {
    let secret = web.signin.step_up(session, proof).await?;
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
