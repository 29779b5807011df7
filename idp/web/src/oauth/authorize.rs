//! The authorization endpoint: check, prove, consent, grant. Each time from the start, with what is stored.

use askama::Template;
use axum::extract::{Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use idp_domain::client::ClientKind;
use idp_domain::membership::State as MemberState;
use idp_domain::person::Person;
use idp_domain::rights::SiteRights;
use idp_domain::session::{Limits, Session};
use idp_domain::{Acr, Timestamp};
use idp_oauth::OAuthError;
use idp_oauth::authorize::{Answer, Fault, Proven, Request};
use idp_oauth::params::Params;
use idp_signin::attempt::{Attempt, Goal, Need};
use idp_signin::flow::{Standing, Step, next_step, proof_for};
use serde::Deserialize;

use crate::browser::{Browser, Visitor};
use crate::cookies::asked_language_cookie;
use crate::error::query;
use crate::page::{Frame, Message, go, show_with, with_cookie};
use crate::signin::{find, forward};
use crate::{PageError, Web, language, t, t1, t2};

pub(crate) async fn by_query(
    State(web): State<Web>,
    browser: Browser,
    visitor: Visitor,
    RawQuery(raw): RawQuery,
) -> Result<Response, PageError> {
    begin(&web, &browser, visitor, raw.unwrap_or_default()).await
}

pub(crate) async fn by_form(
    State(web): State<Web>,
    browser: Browser,
    visitor: Visitor,
    body: String,
) -> Result<Response, PageError> {
    begin(&web, &browser, visitor, body).await
}

async fn begin(web: &Web, browser: &Browser, visitor: Visitor, encoded: String) -> Result<Response, PageError> {
    let request = match checked(web, &encoded).await {
        Ok(request) => request,
        Err(fault) => return faulty(fault),
    };
    let started_at = web.signin.context.now();
    let need = need_of(web, &request).await?;
    let asked = request.language().and_then(|language| asked_language_cookie(language, &web.settings));
    let answer = proceed(web, browser, visitor, Stage { request, need, started_at, token: None }).await?;
    Ok(with_cookie(answer, asked))
}

/// The request that a browser brings. What is wrong with it is told to the makers of the app as well.
async fn checked(web: &Web, encoded: &str) -> Result<Request, Fault> {
    let asked = Params::parse(encoded).map_err(Fault::Page)?;
    let (client, redirect_uri) = (asked.get("client_id").map(str::to_owned), asked.get("redirect_uri"));
    let redirect_uri = redirect_uri.unwrap_or_default().to_owned();
    let checked = match web.provider.open(asked).await {
        Ok(params) => web.provider.check(params).await,
        Err(error) => Err(Fault::Page(error)),
    };
    if let Err(Fault::Page(error) | Fault::Back { error, .. }) = &checked {
        let now = web.signin.context.now();
        web.errors.note(client.as_deref(), now, ("/authorize", &redirect_uri), error);
    }
    checked
}

#[derive(Deserialize)]
pub(crate) struct Resumed {
    attempt: String,
}

pub(crate) async fn resume(
    State(web): State<Web>,
    browser: Browser,
    visitor: Visitor,
    Query(resumed): Query<Resumed>,
) -> Result<Response, PageError> {
    let (request, attempt) = match stored(&web, (&browser, visitor.session()), &resumed.attempt).await? {
        Ok(stored) => stored,
        Err(anew) => return Ok(anew),
    };
    let request = match request {
        Ok(request) => request,
        Err(fault) => return faulty(fault),
    };
    let stage = Stage { request, need: attempt.need, started_at: attempt.started_at, token: Some(resumed.attempt) };
    proceed(&web, &browser, visitor, stage).await
}

/// The request of a stored attempt, checked again: the client may have changed meanwhile. Where its page lay open for too
/// long, the answer that begins it anew.
pub(crate) async fn stored(
    web: &Web,
    visitor: (&Browser, Option<&Session>),
    token: &str,
) -> Result<Result<(Result<Request, Fault>, Attempt), Response>, PageError> {
    let attempt = match find(web, visitor, token).await? {
        Ok((_, attempt)) => attempt,
        Err(anew) => return Ok(Err(anew)),
    };
    let Goal::Authorize { parameters } = &attempt.goal else { return Err(PageError::AttemptExpired) };
    let checked = match Params::from_pairs(parameters.clone()) {
        Ok(params) => web.provider.check(params).await,
        Err(error) => Err(Fault::Page(error)),
    };
    Ok(Ok((checked, attempt)))
}

/// Where a request stands.
pub(crate) struct Stage {
    pub request: Request,
    pub need: Need,
    pub started_at: Timestamp,
    /// The stored attempt, if one was needed so far.
    pub token: Option<String>,
}

async fn need_of(web: &Web, request: &Request) -> Result<Need, PageError> {
    let mut need = Need {
        acr: request.acr,
        max_age: request.max_age,
        anew: request.prompts("login"),
        place: request.client.id.clone(),
        account: false,
    };
    if let ClientKind::Site { slug } = &request.client.kind
        && let Some(site) = web.signin.context.store.site_by_slug(slug).await?
    {
        need.place = site.place();
    }
    need.anew |= request.prompts("select_account");
    Ok(need)
}

/// What the school, its trust and the person's groups ask beyond the client: it is known once the person is.
async fn raise(web: &Web, stage: &mut Stage, person: &Person) -> Result<(), PageError> {
    let ClientKind::Site { slug } = &stage.request.client.kind else { return Ok(()) };
    let store = &web.signin.context.store;
    let Some(site) = store.site_by_slug(slug).await? else { return Ok(()) };
    let Some(membership) = store.membership_at(person.id, site.id).await? else { return Ok(()) };
    let Ok(rights) = SiteRights::of(&membership, web.signin.context.now()) else { return Ok(()) };
    let asks = web.signin.context.key_policy(&site, &rights).await?.asks(stage.request.acr);
    if asks > stage.need.acr {
        // A key that was used at any moment of this sign-in counts for signing in.
        stage.need.max_age = stage.need.max_age.or(Some(Limits::default().absolute));
        stage.need.acr = asks;
    }
    Ok(())
}

async fn proceed(web: &Web, browser: &Browser, visitor: Visitor, mut stage: Stage) -> Result<Response, PageError> {
    if let Some((_, person)) = &visitor.0 {
        raise(web, &mut stage, person).await?;
        if let Err(error) = web.provider.refuse_other(&stage.request, person) {
            if stage.request.prompts("none") {
                return back(web, &stage.request, &error);
            }
            // They may sign in here; if it is the wrong person again, the client is told.
            stage.need.anew = true;
        }
    }
    let session = visitor.0.as_ref().map(|(session, _)| session);
    let standing = Standing { session, need: &stage.need, started_at: stage.started_at, unconfirmed: false };
    let step = next_step(standing, web.signin.context.now());
    let silent = stage.request.prompts("none");
    match (step, visitor.0.as_ref()) {
        (Step::Done, Some((session, person))) => finish(web, browser, stage, (session, person)).await,
        (Step::SignIn, _) | (_, None) if silent => {
            back(web, &stage.request, &OAuthError::new("login_required", "nobody is signed in"))
        }
        // Nobody is asked for a key who gets nowhere with it.
        (Step::Key(_), Some((_, person)))
            if !silent && let Some(page) = no_access(web, &stage.request, person).await? =>
        {
            Ok(page)
        }
        _ if silent => back(web, &stage.request, &OAuthError::new("interaction_required", "a key is needed")),
        _ => {
            let (token, attempt) = keep(web, browser, &stage).await?;
            Ok(forward(web, &token, &attempt, session))
        }
    }
}

/// Stores the request, unless it is stored already.
async fn keep(web: &Web, browser: &Browser, stage: &Stage) -> Result<(String, Attempt), PageError> {
    if let Some(token) = &stage.token {
        let (stored, mut attempt) = web.signin.find(token, &browser.hash()).await?;
        if attempt.need != stage.need {
            attempt.need = stage.need.clone();
            web.signin.save(stored, &attempt).await?;
        }
        return Ok((token.clone(), attempt));
    }
    let site = match &stage.request.client.kind {
        ClientKind::Site { slug } => Some(slug.clone()),
        _ => None,
    };
    let goal = Goal::Authorize { parameters: stage.request.params.pairs() };
    let mut attempt = Attempt::new(browser.hash(), stage.started_at, goal, stage.need.clone());
    attempt.site = site;
    let token = web.signin.begin(&attempt).await?;
    Ok((token.reveal().to_owned(), attempt))
}

async fn finish(
    web: &Web,
    browser: &Browser,
    stage: Stage,
    (session, person): (&Session, &Person),
) -> Result<Response, PageError> {
    if let Err(error) = web.provider.is_open(&stage.request.client, person).await {
        return back(web, &stage.request, &error);
    }
    // The wrong person has signed in again: nothing is asked of them.
    if let Err(error) = web.provider.refuse_other(&stage.request, person) {
        return back(web, &stage.request, &error);
    }
    let silent = stage.request.prompts("none");
    let tries = !silent && super::consent::maker_of(web, &stage.request.client, person).await?.is_some();
    if stage.request.needs_consent() && (tries || !consented(web, &stage.request, person).await?) {
        if silent {
            let error = OAuthError::new("consent_required", "the person has to agree first");
            return back(web, &stage.request, &error);
        }
        let (token, _) = keep(web, browser, &stage).await?;
        return Ok(go(&format!("/consent?{}", query("attempt", &token))));
    }
    complete(web, stage, (session, person)).await
}

/// Everything is proven and agreed: the code.
pub(crate) async fn complete(
    web: &Web,
    stage: Stage,
    (session, person): (&Session, &Person),
) -> Result<Response, PageError> {
    let now = web.signin.context.now();
    let proof = proof_for(session, &stage.need, stage.started_at, now).filter(|_| stage.need.acr > Acr::Base);
    if let Some(page) = no_access(web, &stage.request, person).await? {
        if stage.request.prompts("none") {
            return back(web, &stage.request, &OAuthError::new("access_denied", "no access"));
        }
        return Ok(page);
    }
    match web.provider.grant(&stage.request, &Proven { session, person, proof }).await {
        Ok(answer) => send(answer),
        Err(fault) => faulty(fault),
    }
}

async fn consented(web: &Web, request: &Request, person: &Person) -> Result<bool, PageError> {
    if request.prompts("consent") {
        return Ok(false);
    }
    let given = web.signin.context.store.consent(person.id, &request.client.id).await?.unwrap_or_default();
    Ok(request.agreed().iter().all(|scope| given.split_whitespace().any(|have| have == scope)))
}

/// Somebody without access to a site is told so here, in words, and not by an error code at the site.
async fn no_access(web: &Web, request: &Request, person: &Person) -> Result<Option<Response>, PageError> {
    let ClientKind::Site { slug } = &request.client.kind else { return Ok(None) };
    let Some(site) = web.signin.context.store.site_by_slug(slug).await? else { return Err(PageError::NotFound) };
    let membership = web.signin.context.store.membership_at(person.id, site.id).await?;
    let now = web.signin.context.now();
    let sentence = match membership.as_ref().map(|membership| (membership, membership.state(now))) {
        Some((_, MemberState::Live)) => return Ok(None),
        None => t2("You are signed in as {0}, but you do not have access to {1}.", person.login(), &site.name),
        Some((membership, MemberState::NotStarted)) => {
            let start = membership.starts_at.map(|start| language::show_weekday(start, now)).unwrap_or_default();
            t1("Your access starts on {0}. Talk to the school office.", start)
        }
        Some((membership, MemberState::Ended)) => {
            let end = membership.ends_at.filter(|end| *end <= now).map(|end| language::show_weekday_time(end, now));
            end.map_or_else(
                || t("Your access has ended. Talk to the school office."),
                |end| t1("Your access ended on {0}. Talk to the school office.", end),
            )
        }
        Some((_, MemberState::Paused)) => t("Your access is paused. Talk to the school office."),
    };
    let page = Message {
        frame: Frame::of("You do not have access", person, "").at(Some(&site)),
        paragraphs: vec![sentence],
        action: Some(("Ask for access".to_owned(), format!("/ask-access?{}", query("site", site.slug.as_str())))),
        other: Some(("Use a different account".to_owned(), format!("/signout?{}", query("site", site.slug.as_str())))),
    };
    Ok(Some(show_with(StatusCode::FORBIDDEN, &page)?))
}

/// Sends the client an error.
pub(crate) fn back(web: &Web, request: &Request, error: &OAuthError) -> Result<Response, PageError> {
    // That nobody is asked anything is the usual answer to a silent request, and no fault of an app.
    if !request.prompts("none") {
        let (client, now) = (&request.client.id, web.signin.context.now());
        web.errors.note(Some(client), now, ("/authorize", &request.redirect_uri), error);
    }
    send(web.provider.error_answer(request, error))
}

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPost {
    frame: Frame,
    action: String,
    fields: Vec<(String, String)>,
}

/// Sends the browser back to the client. A form is sent by a script, or by its button where there is none.
fn send(answer: Answer) -> Result<Response, PageError> {
    match answer {
        Answer::Redirect(location) => Ok(go(&location)),
        Answer::Form { action, fields } => {
            show_with(StatusCode::OK, &FormPost { frame: Frame::titled("Go on to the app"), action, fields })
        }
    }
}

fn faulty(fault: Fault) -> Result<Response, PageError> {
    match fault {
        Fault::Back { answer, .. } => send(answer),
        Fault::Page(error) => {
            let page = Message {
                frame: Frame::titled("The app asked in a way we cannot answer"),
                paragraphs: vec![
                    "Nothing was shared. Go back to the app and try again, or tell the people who make it.".to_owned(),
                    t2("For them: {0} ({1})", error.description, error.code),
                ],
                action: Some(("Go to my sites".to_owned(), "/".to_owned())),
                other: None,
            };
            show_with(StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST), &page)
        }
    }
}
