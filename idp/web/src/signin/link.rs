//! A mailed link: GET looks, POST opens the form, POST of the form spends.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use idp_domain::london;
use idp_domain::person::Person;
use idp_signin::links::{LinkFault, SetFault};
use idp_signin::password::PasswordFault;
use serde::Deserialize;

use super::begin::{Way, let_in, looks_shared};
use crate::browser::{Browser, Peer, Visitor};
use crate::page::{Fault, Frame, Message, fault, form_head, go, grouped, show, show_with};
use crate::{PageError, Web, t, t1};

/// Examples of a password on one page.
const EXAMPLES: usize = 6;

#[derive(Template)]
#[template(path = "link.html")]
struct Look {
    frame: Frame,
    token: String,
    name: String,
    sites: Vec<String>,
    /// What to type on another device instead.
    code: String,
}

#[derive(Template)]
#[template(path = "password.html")]
struct Password {
    frame: Frame,
    token: String,
    login: String,
    new: NewPassword,
    shared: bool,
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
pub(crate) struct Token {
    #[serde(default)]
    token: String,
}

pub(crate) async fn look(State(web): State<Web>, Query(asked): Query<Token>) -> Result<Response, PageError> {
    let person = match web.signin.look(&asked.token).await? {
        Ok(person) => person,
        Err(fault) => return broken_link(&web, &fault, &asked.token).await,
    };
    let mut sites = Vec::new();
    for membership in web.signin.context.store.memberships_of(person.id).await? {
        sites.extend(web.signin.context.store.site(membership.site).await?.map(|site| site.name));
    }
    let again = person.password.is_some();
    let frame = Frame::titled(if again { "Create a new password" } else { "Set up your sign-in" });
    let code = web.signin.link_code(&asked.token).await?.map(|code| grouped(&code, 4)).unwrap_or_default();
    show(&Look { frame, token: asked.token, name: person.full_name(), sites, code })
}

pub(crate) async fn open(
    State(web): State<Web>,
    browser: Browser,
    Form(asked): Form<Token>,
) -> Result<Response, PageError> {
    match web.signin.look(&asked.token).await? {
        Ok(person) => create_password(&web, &browser, &person, asked.token).await,
        Err(fault) => broken_link(&web, &fault, &asked.token).await,
    }
}

/// The page on which a link leads to a password.
pub(super) async fn create_password(
    web: &Web,
    browser: &Browser,
    person: &Person,
    token: String,
) -> Result<Response, PageError> {
    let shared = looks_shared(web, browser).await?;
    password_page(web, person, (token, shared), vec![]).await
}

async fn password_page(
    web: &Web,
    person: &Person,
    (token, shared): (String, bool),
    faults: Vec<Fault>,
) -> Result<Response, PageError> {
    let (status, title) = form_head("Create a password", &faults);
    let (frame, new) = (Frame::titled(&title), NewPassword::of(web, person).await?);
    show_with(status, &Password { frame, token, login: person.login(), new, shared, faults })
}

/// What a field for a new password shows.
pub(crate) struct NewPassword {
    /// Fewest characters.
    pub least: i64,
    /// Three words each.
    examples: Vec<String>,
}

impl NewPassword {
    /// For this person.
    pub async fn of(web: &Web, person: &Person) -> Result<Self, PageError> {
        let least = web.signin.context.settings_of(person.id).await?.password_min;
        Ok(Self { least, examples: (0..EXAMPLES).map(|_| web.signin.three_words()).collect() })
    }

    /// The one in the hint.
    pub fn example(&self) -> &str {
        self.examples.first().map_or("", String::as_str)
    }

    /// All of them, for the button that fills one in.
    pub fn all(&self) -> String {
        self.examples.join(",")
    }
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    token: String,
    #[serde(default)]
    password: String,
    shared: Option<String>,
}

pub(crate) async fn set(
    State(web): State<Web>,
    (browser, peer): (Browser, Peer),
    visitor: Visitor,
    Form(filled): Form<Filled>,
) -> Result<Response, PageError> {
    match web.signin.set_password(&filled.token, &filled.password).await {
        Ok((person, epoch)) => {
            let has_keys = !web.signin.context.store.keys_of(person.id).await?.is_empty();
            let way = Way::by_password(epoch, filled.shared.is_some());
            let begun = let_in(&web, (&visitor, &browser, &peer), &person, way).await?;
            Ok(begun.with(go(if has_keys { "/start" } else { "/me/keys/first" })))
        }
        Err(SetFault::Link(fault)) => broken_link(&web, &fault, &filled.token).await,
        Err(SetFault::Password(words)) => {
            let person = match web.signin.look(&filled.token).await? {
                Ok(person) => person,
                Err(fault) => return broken_link(&web, &fault, &filled.token).await,
            };
            let faults = fault("password", password_fault(words));
            password_page(&web, &person, (filled.token, filled.shared.is_some()), faults).await
        }
        Err(SetFault::Refusal(refusal)) => Err(refusal.into()),
    }
}

/// A link that is over: whoever holds it may have another one sent, to where it came from and nowhere else.
#[derive(Template)]
#[template(path = "link_over.html")]
struct Over<'a> {
    frame: Frame,
    words: String,
    token: &'a str,
}

pub(crate) async fn send_again(State(web): State<Web>, Form(asked): Form<Token>) -> Result<Response, PageError> {
    // In the background, as for somebody who types their address.
    let signin = web.signin.clone();
    tokio::spawn(async move {
        if let Err(error) = signin.ask_link_again(&asked.token).await {
            tracing::warn!(%error, "a link could not be sent");
        }
    });
    show(&Message {
        frame: Frame::titled("Check your email"),
        paragraphs: vec![
            "If the older link was sent to you and has run out, we have sent a new one to the same address.".to_owned(),
            "Not arrived in 5 minutes? Check your junk folder, then ask your school to check the address they have for \
             you."
                .to_owned(),
        ],
        action: Some(("Back to sign in".to_owned(), "/signin".to_owned())),
        other: None,
    })
}

async fn broken_link(web: &Web, fault: &LinkFault, token: &str) -> Result<Response, PageError> {
    if *fault != LinkFault::Used && web.signin.was_on_paper(token).await? {
        let page = Message {
            frame: Frame::titled("This link does not work"),
            paragraphs: vec![
                "This link has run out, or your school has made a newer one.".to_owned(),
                "Ask your school office or site admin. They can print a new link for you at once.".to_owned(),
            ],
            action: Some(("Sign in".to_owned(), "/signin".to_owned())),
            other: Some(("Contact support".to_owned(), "/support".to_owned())),
        };
        return show_with(StatusCode::GONE, &page);
    }
    if let LinkFault::Expired(_) = fault {
        let frame = Frame::titled("This link does not work");
        return show_with(StatusCode::GONE, &Over { frame, words: link_fault(fault), token });
    }
    let action = match fault {
        LinkFault::Used => ("Sign in", "/signin"),
        _ => ("Send a new link", "/first-time"),
    };
    let page = Message {
        frame: Frame::titled("This link does not work"),
        paragraphs: vec![link_fault(fault)],
        action: Some((action.0.to_owned(), action.1.to_owned())),
        other: Some(("Contact support".to_owned(), "/support".to_owned())),
    };
    show_with(StatusCode::GONE, &page)
}

/// What is wrong with a link, in the language of the page.
pub(crate) fn link_fault(fault: &LinkFault) -> String {
    match fault {
        LinkFault::Expired(after) => {
            t1("This link stopped working after {0}. We can send you a new one.", lasted(*after))
        }
        LinkFault::Replaced(at) => t1("We sent you a newer link at {0}. Use that one.", london::show_time(*at)),
        LinkFault::Unknown | LinkFault::Used => fault.to_string(),
    }
}

/// A time that has run out: `14 days`, `60 minutes`.
pub(crate) fn lasted(seconds: i64) -> String {
    match seconds / (24 * 3600) {
        0 => t1("{0} minutes", seconds / 60),
        1 => t("1 day"),
        days => t1("{0} days", days),
    }
}

/// What is wrong with a password, in the language of the page.
pub(crate) fn password_fault(fault: PasswordFault) -> String {
    match fault {
        PasswordFault::Short(least) => {
            t1("Password must be {0} characters or more. Three random words work well.", least)
        }
        other => other.to_string(),
    }
}
