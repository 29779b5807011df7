//! Account settings: name, address, password, and the way to everything else of one's own.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use idp_domain::TextSize;
use idp_domain::contact::Contact;
use idp_signin::Refusal;
use idp_signin::account::address::AddressFault;
use idp_signin::account::profile::ProfileFault;
use idp_signin::factors::new_browser::Confirm;
use serde::Deserialize;

use super::keys::{prove_again, require_proof};
use super::notices;
use crate::browser::{Browser, Peer, SignedIn};
use crate::page::{Fault, Frame, fault, form_head, go, show, show_with};
use crate::signin::{NewPassword, Way, code_fault, let_in, password_fault, password_words};
use crate::{PageError, Web, language};

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    frame: Frame,
    name: String,
    login: String,
    has_email: bool,
    has_password: bool,
    keys: usize,
    recovery: i64,
    browsers: usize,
    /// How many accounts elsewhere are linked; absent where there can be none.
    accounts: Option<usize>,
    language: &'static str,
    size: TextSize,
    /// Work phone and address, as far as they are given.
    contact: String,
    /// Notifications that were not read.
    unread: usize,
    makes_apps: bool,
}

pub(crate) async fn show_settings(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let (store, person) = (&web.signin.context.store, &signed_in.person);
    let mut frame = Frame::of("Account settings", person, "account");
    frame.manages = web.directory.manages_anything(person).await?;
    let accounts = store.upstream_links_of(person.id).await?.len();
    show(&Page {
        frame,
        name: person.full_name(),
        login: person.login(),
        has_email: person.email.is_some(),
        has_password: person.password.is_some(),
        keys: store.keys_of(person.id).await?.len(),
        recovery: store.recovery_codes_left(person.id).await?,
        browsers: web.signin.browsers(person).await?.len(),
        language: language::current().name(),
        size: person.text_size,
        contact: given(&person.contact),
        unread: notices::unread(&web, person.id).await?,
        makes_apps: web.directory.maker(person, false).await.is_ok_and(|maker| maker.is_some()),
        accounts: Some(accounts).filter(|count| *count > 0 || !web.signin.upstreams.all().is_empty()),
    })
}

fn given(Contact { phone, address }: &Contact) -> String {
    let parts = [phone.as_ref().map(ToString::to_string), address.as_ref().map(ToString::to_string)];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[derive(Template)]
#[template(path = "account_name.html")]
struct NamePage {
    frame: Frame,
    first: String,
    last: String,
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
pub(crate) struct Name {
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
}

pub(super) fn framed(title: &str, signed_in: &SignedIn, faults: &[Fault]) -> (StatusCode, Frame) {
    let (status, title) = form_head(title, faults);
    (status, Frame::of(&title, &signed_in.person, "account"))
}

pub(crate) async fn show_name(signed_in: SignedIn) -> Result<Response, PageError> {
    let (first, last) = (signed_in.person.first_name.clone(), signed_in.person.last_name.clone());
    show(&NamePage { frame: Frame::of("Change your name", &signed_in.person, "account"), first, last, faults: vec![] })
}

pub(crate) async fn save_name(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(name): Form<Name>,
) -> Result<Response, PageError> {
    let faults = match web.signin.rename(&signed_in.person, &name.first_name, &name.last_name).await {
        Ok(()) => return Ok(go("/me")),
        Err(words @ ProfileFault::FirstName) => fault("first_name", words),
        Err(words @ ProfileFault::LastName) => fault("last_name", words),
        Err(ProfileFault::Refusal(refusal)) => return Err(refusal.into()),
        Err(ProfileFault::New(_)) => return Err(PageError::Broken("a name is no password")),
    };
    let (status, frame) = framed("Change your name", &signed_in, &faults);
    show_with(status, &NamePage { frame, first: name.first_name, last: name.last_name, faults })
}

#[derive(Template)]
#[template(path = "account_password.html")]
struct PasswordPage {
    frame: Frame,
    login: String,
    new: NewPassword,
    faults: Vec<Fault>,
}

pub(crate) async fn show_password(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    password_page(&web, &signed_in, vec![]).await
}

async fn password_page(web: &Web, signed_in: &SignedIn, faults: Vec<Fault>) -> Result<Response, PageError> {
    let (status, frame) = framed("Change your password", signed_in, &faults);
    let (person, new) = (&signed_in.person, NewPassword::of(web, &signed_in.person).await?);
    show_with(status, &PasswordPage { frame, login: person.login(), new, faults })
}

#[derive(Deserialize)]
pub(crate) struct Passwords {
    #[serde(default)]
    old: String,
    #[serde(default)]
    password: String,
}

pub(crate) async fn save_password(
    State(web): State<Web>,
    (browser, peer): (Browser, Peer),
    signed_in: SignedIn,
    Form(typed): Form<Passwords>,
) -> Result<Response, PageError> {
    let (person, hash) = (&signed_in.person, browser.hash());
    let pair = (typed.old.as_str(), typed.password.as_str());
    let faults = match web.signin.change_password(person, pair, (peer.tries(&hash), &peer.agent)).await {
        Ok(epoch) => {
            let shared = signed_in.session.shared;
            // Whoever knew the old password has shown no more about this browser than before.
            let confirm = if signed_in.session.confirmed { Confirm::ByKey } else { Confirm::BeforeAccount };
            let way = Way { confirm, ..Way::by_password(epoch, shared) };
            let visitor = crate::browser::Visitor(None);
            let begun = let_in(&web, (&visitor, &browser, &peer), person, way).await?;
            return Ok(begun.with(go("/me")));
        }
        Err(ProfileFault::New(words)) => fault("password", password_fault(words)),
        Err(ProfileFault::Refusal(Refusal::Wrong)) => fault("old", "That is not your password"),
        Err(ProfileFault::Refusal(refusal)) => fault("old", password_words(&web, refusal)?),
        Err(other) => fault("old", other),
    };
    password_page(&web, &signed_in, faults).await
}

#[derive(Template)]
#[template(path = "account_address.html")]
struct AddressPage {
    frame: Frame,
    current: String,
    email: String,
    /// Older addresses that still sign in, each with its last day.
    aliases: Vec<(String, String)>,
    faults: Vec<Fault>,
}

pub(crate) async fn show_address(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    require_proof(&web, &signed_in, "/me/address").await?;
    address_page(&web, &signed_in, String::new(), vec![]).await
}

async fn address_page(
    web: &Web,
    signed_in: &SignedIn,
    email: String,
    faults: Vec<Fault>,
) -> Result<Response, PageError> {
    let (status, frame) = framed("Change your email address", signed_in, &faults);
    let (context, person) = (&web.signin.context, &signed_in.person);
    let aliases = context.store.aliases_of(person.id, context.now()).await?;
    let aliases = aliases.into_iter().map(|(login, until)| (login, language::show_last_day(until))).collect();
    show_with(status, &AddressPage { frame, current: person.login(), email, aliases, faults })
}

#[derive(Deserialize)]
pub(crate) struct Alias {
    login: String,
}

pub(crate) async fn remove_alias(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(gone): Form<Alias>,
) -> Result<Response, PageError> {
    match web.signin.remove_alias(&signed_in.session, &signed_in.person, &gone.login).await {
        Ok(true) => Ok(go("/me/address")),
        Ok(false) => Err(PageError::NotFound),
        Err(why) => {
            let words = address_words(&web, &signed_in, why).await?;
            address_page(&web, &signed_in, String::new(), fault("aliases", words)).await
        }
    }
}

#[derive(Template)]
#[template(path = "account_address_code.html")]
struct CodePage {
    frame: Frame,
    token: String,
    faults: Vec<Fault>,
}

#[derive(Deserialize)]
pub(crate) struct Address {
    #[serde(default)]
    email: String,
}

pub(crate) async fn ask_address(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(typed): Form<Address>,
) -> Result<Response, PageError> {
    match web.signin.ask_address(&signed_in.session, &signed_in.person, &typed.email).await {
        Ok(token) => code_page(&signed_in, token.reveal().to_owned(), vec![]),
        Err(why) => {
            let words = address_words(&web, &signed_in, why).await?;
            address_page(&web, &signed_in, typed.email, fault("email", words)).await
        }
    }
}

/// What is said beside the field; a missing proof goes on as an error.
async fn address_words(web: &Web, signed_in: &SignedIn, why: AddressFault) -> Result<String, PageError> {
    match why {
        AddressFault::Stale => {
            let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
            Err(prove_again(&keys, "/me/address"))
        }
        AddressFault::Refusal(Refusal::Wrong) => {
            Ok("That code is not right. Check the email at your new address.".into())
        }
        AddressFault::Refusal(Refusal::Spent) => Ok("That code no longer works. Start again.".into()),
        AddressFault::Refusal(Refusal::Wait(_)) => Ok("You have asked too often. Try again in an hour.".into()),
        AddressFault::Refusal(other) => Err(other.into()),
        other => Ok(other.to_string()),
    }
}

fn code_page(signed_in: &SignedIn, token: String, faults: Vec<Fault>) -> Result<Response, PageError> {
    let (status, frame) = framed("Confirm your new email address", signed_in, &faults);
    show_with(status, &CodePage { frame, token, faults })
}

#[derive(Deserialize)]
pub(crate) struct Code {
    #[serde(default)]
    token: String,
    #[serde(default)]
    code: String,
}

pub(crate) async fn save_address(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(typed): Form<Code>,
) -> Result<Response, PageError> {
    let code = match idp_signin::factors::soft_key::read_code(&typed.code) {
        Ok(code) => code,
        Err(form) => return code_page(&signed_in, typed.token, fault("code", code_fault(form))),
    };
    match web.signin.change_address(&signed_in.session, &signed_in.person, (&typed.token, &code)).await {
        Ok(_) => Ok(go("/me")),
        Err(why) => {
            let words = address_words(&web, &signed_in, why).await?;
            code_page(&signed_in, typed.token, fault("code", words))
        }
    }
}
