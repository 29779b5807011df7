//! Consent: what an app of others would be told, in plain words.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_directory::apps::Maker;
use idp_domain::audit::AuditEntry;
use idp_domain::client::{AppStage, Client};
use idp_domain::person::Person;
use idp_domain::persona::Persona;
use idp_domain::session::Session;
use idp_oauth::OAuthError;
use idp_signin::flow::{Standing, Step, next_step};
use idp_store::Effects;
use serde::Deserialize;

use super::authorize::{Stage, back, complete, stored};
use crate::browser::{Browser, SignedIn};
use crate::error::refused;
use crate::page::{Frame, show};
use crate::{PageError, Web, t, t1};

#[derive(Template)]
#[template(path = "consent.html")]
struct Page {
    frame: Frame,
    attempt: String,
    app: String,
    facts: Vec<String>,
    host: String,
    /// Whether it acts for the person somewhere, and so learns what they may do there.
    acts: bool,
    /// Invented people whom a maker may choose in the sandbox: key, name, what an app meets with each.
    personas: Vec<(&'static str, String, String)>,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    attempt: String,
}

pub(crate) async fn ask(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let (request, _) = match stored(&web, (&browser, Some(&signed_in.session)), &asked.attempt).await? {
        Ok(stored) => stored,
        Err(anew) => return Ok(anew),
    };
    let request = request.map_err(|_| PageError::AttemptExpired)?;
    let person = &signed_in.person;
    let host = url::Url::parse(&request.redirect_uri).ok().and_then(|url| url.host_str().map(str::to_owned));
    let tries = maker_of(&web, &request.client, person).await?.is_some();
    let personas = Persona::ALL.into_iter().filter(|_| tries);
    show(&Page {
        frame: Frame::of(&t1("Sign in to {0}", &request.client.name), person, ""),
        attempt: asked.attempt,
        app: request.client.name.clone(),
        facts: facts_of(&request.agreed(), person),
        host: host.unwrap_or_default(),
        acts: request.params.get("resource").is_some(),
        personas: personas.map(|persona| (persona.key, persona.full_name(), shows(persona))).collect(),
    })
}

#[derive(Deserialize)]
pub(crate) struct Decided {
    attempt: String,
    #[serde(default)]
    decision: String,
    /// As whom a maker tries the app; empty for themselves.
    #[serde(default)]
    persona: String,
}

/// Somebody who makes apps in the trust of an app that is not open to everybody: they see the page each time, and may try it
/// as somebody who is invented.
pub(super) async fn maker_of(web: &Web, client: &Client, person: &Person) -> Result<Option<Maker>, PageError> {
    let Some(app) = client.app.as_ref().filter(|app| app.stage != AppStage::Live) else { return Ok(None) };
    let maker = web.directory.maker(person, false).await.map_err(|error| refused(error, "/"))?;
    Ok(maker.filter(|maker| maker.trusts.iter().any(|trust| trust.id == app.trust)))
}

pub(crate) async fn submit(
    State(web): State<Web>,
    browser: Browser,
    signed_in: SignedIn,
    Form(decided): Form<Decided>,
) -> Result<Response, PageError> {
    let (request, attempt) = match stored(&web, (&browser, Some(&signed_in.session)), &decided.attempt).await? {
        Ok(stored) => stored,
        Err(anew) => return Ok(anew),
    };
    let request = request.map_err(|_| PageError::AttemptExpired)?;
    if decided.decision != "allow" {
        let error = OAuthError::new("access_denied", "the person did not agree");
        return back(&web, &request, &error);
    }
    if let Err(error) = web.provider.is_open(&request.client, &signed_in.person).await {
        return back(&web, &request, &error);
    }
    let invented = invented(&web, &signed_in.person, (&request.client, &decided.persona)).await?;
    let who = invented.as_ref().unwrap_or(&signed_in.person);
    remember(&web, who, (&request.client, &request.agreed())).await?;
    let standing = Standing::of(&attempt, Some(&signed_in.session));
    let step = next_step(standing, web.signin.context.now());
    if step != Step::Done {
        return Err(PageError::AttemptExpired);
    }
    let stage = Stage { request, need: attempt.need, started_at: attempt.started_at, token: Some(decided.attempt) };
    // Whoever is invented is in the maker's own session, and ends with it.
    let session = Session { person: who.id, epoch: who.epoch, ..signed_in.session.clone() };
    complete(&web, stage, (&session, who)).await
}

/// What an app meets with an invented person.
fn shows(persona: Persona) -> String {
    match persona.key {
        "accents" => t("accents, an apostrophe and a hyphen, and pages in Welsh"),
        "no-email" => t("no email address"),
        "long" => t("a long name"),
        _ => t("nothing unusual"),
    }
}

/// The invented person whom a maker has chosen, if any.
async fn invented(web: &Web, person: &Person, (client, persona): (&Client, &str)) -> Result<Option<Person>, PageError> {
    if persona.is_empty() {
        return Ok(None);
    }
    let chosen = Persona::parse(persona).ok_or(PageError::Incomplete)?;
    let maker = maker_of(web, client, person).await?.ok_or(PageError::NotFound)?;
    Ok(Some(web.directory.test_person(&maker, client, chosen).await.map_err(|error| refused(error, "/"))?))
}

/// What an app is told, in words, scope by scope, and the servers where it acts for somebody.
pub(crate) fn facts_of(scopes: &[String], person: &Person) -> Vec<String> {
    let fact = |scope: &String| match scope.as_str() {
        "profile" => Some(t1("Your name: {0}", person.full_name())),
        "email" => person.email.as_ref().map(|email| t1("Your email address: {0}", email)),
        "phone" => Some(match &person.contact.phone {
            Some(phone) => t1("Your work phone: {0}", phone),
            None => t("Your work phone, if you add one in your account"),
        }),
        "address" => Some(match &person.contact.address {
            Some(address) => t1("Your work address: {0}", address),
            None => t("Your work address, if you add one in your account"),
        }),
        "offline_access" => Some(t("Stay connected while you are away")),
        address if address.contains("://") => {
            let host = url::Url::parse(address).ok()?.host_str()?.to_owned();
            Some(t1("Act for you at {0}, and do there what you may do", host))
        }
        _ => None,
    };
    scopes.iter().filter_map(fact).collect()
}

/// Remembers that somebody has agreed.
pub(super) async fn remember(
    web: &Web,
    person: &Person,
    (client, scopes): (&Client, &[String]),
) -> Result<(), PageError> {
    let (context, now) = (&web.signin.context, web.signin.context.now());
    // What they agreed to before, for another server, goes on to count.
    let before = context.store.consent(person.id, &client.id).await?.unwrap_or_default();
    let mut all: Vec<&str> = before.split_whitespace().chain(scopes.iter().map(String::as_str)).collect();
    all.sort_unstable();
    all.dedup();
    context.store.save_consent(person.id, &client.id, &all.join(" "), now).await?;
    let sentence = format!("{} agreed to sign in to {}", person.full_name(), client.name);
    let entry = AuditEntry::new(now, "consent.given", sentence).by(person.id).about(person.id);
    Ok(context.store.record(Effects::audit(entry)).await?)
}
