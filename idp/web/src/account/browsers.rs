//! Where you are signed in: browsers and apps; ending one, or all.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use idp_domain::Slug;
use serde::Deserialize;

use crate::browser::SignedIn;
use crate::page::{Frame, go, show};
use crate::signin::{cleared, told};
use crate::{PageError, Web, language, t};

struct Line {
    sid: String,
    agent: String,
    since: String,
    seen: String,
    this: bool,
    /// The sites that were opened from it: slug and short name.
    sites: Vec<(String, String)>,
}

/// An app that was agreed with.
struct App {
    id: String,
    name: String,
    since: String,
    /// It stays connected while nobody is signed in.
    stays: bool,
    /// Where it is opened from here.
    open: Option<String>,
}

#[derive(Template)]
#[template(path = "browsers.html")]
struct Page {
    frame: Frame,
    browsers: Vec<Line>,
    apps: Vec<App>,
}

pub(crate) async fn list(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let store = &web.signin.context.store;
    let sessions = web.signin.browsers(&signed_in.person).await?;
    let sids: Vec<String> = sessions.iter().map(|session| session.sid.clone()).collect();
    let (visits, sites) = (store.visits_of(&sids).await?, store.sites().await?);
    let opened = |sid: &str| {
        let own = visits.iter().filter(|(visitor, _)| visitor == sid);
        let named = own.filter_map(|(_, id)| sites.iter().find(|site| site.id == *id));
        named.map(|site| (site.slug.to_string(), site.settings.short_name.clone())).collect()
    };
    let browsers = sessions.into_iter().map(|session| Line {
        sites: opened(&session.sid),
        this: session.sid == signed_in.session.sid,
        agent: if session.agent.is_empty() { t("A browser") } else { language::device(&session.agent) },
        since: language::show(session.created_at),
        seen: language::show(session.seen_at),
        sid: session.sid,
    });
    let mut frame = Frame::of("Where you are signed in", &signed_in.person, "account");
    frame.manages = web.directory.manages_anything(&signed_in.person).await?;
    let mut apps = Vec::new();
    for consent in web.signin.context.store.consents_of(signed_in.person.id).await? {
        let Some(client) = web.signin.context.store.client(&consent.client).await? else { continue };
        let open = client.options.initiate_login_uri.as_deref().filter(|_| !client.disabled);
        apps.push(App {
            open: open.and_then(|uri| begun_at(uri, &web.provider.issuer)),
            id: client.id,
            name: client.name,
            since: language::show_date(consent.given_at),
            stays: consent.scopes.split_whitespace().any(|scope| scope == "offline_access"),
        });
    }
    show(&Page { frame, browsers: browsers.collect(), apps })
}

/// An app's address with who sends people there (OpenID Connect Core §4).
fn begun_at(uri: &str, issuer: &str) -> Option<String> {
    let mut address = url::Url::parse(uri).ok()?;
    address.query_pairs_mut().append_pair("iss", issuer);
    Some(address.into())
}

#[derive(Deserialize)]
pub(crate) struct Disconnected {
    app: String,
}

pub(crate) async fn disconnect(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(gone): Form<Disconnected>,
) -> Result<Response, PageError> {
    web.signin.disconnect(&signed_in.person, &gone.app).await?;
    Ok(go("/me/browsers"))
}

#[derive(Deserialize)]
pub(crate) struct Ended {
    /// Which one; all of them when it is empty.
    #[serde(default)]
    sid: String,
    /// Only at this site.
    #[serde(default)]
    site: String,
}

pub(crate) async fn end(
    State(web): State<Web>,
    signed_in: SignedIn,
    Form(ended): Form<Ended>,
) -> Result<Response, PageError> {
    if ended.sid.is_empty() {
        web.signin.end_everywhere(&signed_in.person).await?;
        return Ok(cleared(&web, Some(&signed_in.session), go("/signed-out")));
    }
    if !ended.site.is_empty() {
        let slug = Slug::parse(&ended.site).map_err(|_| PageError::NotFound)?;
        let site = web.signin.context.store.site_by_slug(&slug).await?.ok_or(PageError::NotFound)?;
        web.signin.end_at_site(&signed_in.person, &ended.sid, &site).await?;
        return Ok(go("/me/browsers"));
    }
    let apps = web.provider.front_channel(&signed_in.session.sid).await?;
    web.signin.end_browser(&signed_in.person, &ended.sid).await?;
    if ended.sid == signed_in.session.sid {
        told(&web, &signed_in.session, (apps, "/signed-out"))
    } else {
        Ok(go("/me/browsers"))
    }
}
