//! First password or a forgotten one: the same form, and the same answer whether there is such a person or not.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::Slug;
use idp_domain::email::EmailAddress;
use idp_domain::site::Site;
use idp_signin::Refusal;
use idp_signin::factors::new_browser::RESEND;
use idp_signin::throttle::{budget_wait, within_budget};
use serde::Deserialize;

use super::form::wait;
use super::link::create_password;
use crate::browser::{Browser, Peer};
use crate::page::{Fault, Frame, Message, fault, form_head, show, show_with};
use crate::{PageError, Web, t, t1};

/// How often one address, and one site, may be asked to be checked in an [`HOUR`].
const CHECKS: (i64, i64) = (2, 10);
/// Links that are asked for from one network address in an [`HOUR`]: a whole school on its first morning.
const MOST_LINKS: i64 = 300;
/// In seconds.
const HOUR: i64 = 3600;

#[derive(Template)]
#[template(path = "first_time.html")]
struct Page<'a> {
    frame: Frame,
    email: &'a str,
    site: &'a str,
    faults: Vec<Fault>,
}

const TITLE: &str = "Create or reset your password";

#[derive(Deserialize)]
pub(crate) struct Asked {
    /// The site that somebody was going to.
    #[serde(default)]
    site: String,
}

pub(crate) async fn show_form(State(web): State<Web>, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let site = site_of(&web, &asked.site).await?;
    show(&Page { frame: Frame::titled(TITLE).at(site.as_ref()), email: "", site: &asked.site, faults: vec![] })
}

/// The site of a slug, if there is one.
pub(super) async fn site_of(web: &Web, slug: &str) -> Result<Option<Site>, PageError> {
    match Slug::parse(slug) {
        Ok(slug) => Ok(web.signin.context.store.site_by_slug(&slug).await?),
        Err(_) => Ok(None),
    }
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    #[serde(default)]
    email: String,
    #[serde(default)]
    site: String,
    /// The link did not arrive.
    again: Option<String>,
}

pub(crate) async fn submit(
    State(web): State<Web>,
    peer: Peer,
    Form(filled): Form<Filled>,
) -> Result<Response, PageError> {
    let site = site_of(&web, &filled.site).await?;
    let address = match EmailAddress::parse(&filled.email) {
        Ok(address) => address,
        Err(error) => {
            let faults = fault("email", error);
            let (status, title) = form_head(TITLE, &faults);
            let frame = Frame::titled(&title).at(site.as_ref());
            return show_with(status, &Page { frame, email: &filled.email, site: &filled.site, faults });
        }
    };
    let counter = format!("link-again:{}", address.folded());
    let left = budget_wait(&web.signin.context, &counter, 1, RESEND).await?;
    let again = filled.again.is_some();
    if again && left > 0 {
        let words = t1("{0}. Email can take a few minutes.", wait(left));
        return sent(&filled.email, site.as_ref(), (false, fault("again", words)));
    }
    // A school sits behind one address; a machine that has links sent to everybody does so in silence.
    if let Some(from) = peer.address
        && !within_budget(&web.signin.context, &format!("links-from:{from}"), MOST_LINKS, HOUR).await?
    {
        return sent(&filled.email, site.as_ref(), (again, vec![]));
    }
    // In the background: the answer takes the same time whether there is such a person or not.
    let signin = web.signin.clone();
    tokio::spawn(async move {
        if let Err(error) = signin.ask_link(&address).await {
            tracing::warn!(%error, "a link could not be sent");
        }
    });
    sent(&filled.email, site.as_ref(), (again, vec![]))
}

#[derive(Template)]
#[template(path = "first_time_sent.html")]
struct Sent<'a> {
    frame: Frame,
    email: &'a str,
    /// The site that somebody was going to: its slug and name.
    site: Option<(String, String)>,
    /// Another link is on its way.
    again: bool,
    faults: Vec<Fault>,
}

pub(super) fn sent(
    email: &str,
    site: Option<&Site>,
    (again, faults): (bool, Vec<Fault>),
) -> Result<Response, PageError> {
    let (status, title) = form_head("Check your email", &faults);
    let frame = Frame::titled(&title).at(site);
    let site = site.map(|site| (site.slug.to_string(), site.name.clone()));
    show_with(status, &Sent { frame, email, site, again, faults })
}

#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    email: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    code: String,
}

/// The link was opened on a telephone, and its code is typed where it was asked for.
pub(crate) async fn by_code(
    State(web): State<Web>,
    browser: Browser,
    Form(typed): Form<Typed>,
) -> Result<Response, PageError> {
    let Ok(address) = EmailAddress::parse(&typed.email) else { return Err(PageError::Incomplete) };
    let site = site_of(&web, &typed.site).await?;
    if typed.code.trim().is_empty() {
        return sent(&typed.email, site.as_ref(), (false, fault("code", "Enter the 8 character code")));
    }
    let words = match web.signin.link_by_code(&address, &typed.code).await {
        Ok((person, token)) => return create_password(&web, &browser, &person, token.reveal().to_owned()).await,
        Err(Refusal::Wrong) => "That code is not right. Check the newest email from us.".to_owned(),
        Err(Refusal::Wait(seconds)) => t1("You have entered too many wrong codes. {0}.", wait(seconds)),
        Err(other) => return Err(other.into()),
    };
    sent(&typed.email, site.as_ref(), (false, fault("code", words)))
}

#[derive(Deserialize)]
pub(crate) struct Unreached {
    #[serde(default)]
    email: String,
    #[serde(default)]
    site: String,
    /// The school as its people call it, where it is not known yet.
    #[serde(default)]
    school: String,
    #[serde(default)]
    name: String,
}

/// Nothing arrives: the people who manage access at the site are asked which address they have. Nobody learns by it who
/// works there.
pub(crate) async fn ask_school(State(web): State<Web>, Form(asked): Form<Unreached>) -> Result<Response, PageError> {
    let Ok(address) = EmailAddress::parse(&asked.email) else { return Err(PageError::Incomplete) };
    let known = site_of(&web, &asked.site).await?;
    let name = asked.name.trim();
    let fits = |text: &str| (1..=80).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    let mut faults = vec![];
    if known.is_none() && !fits(asked.school.trim()) {
        faults.extend(fault("school", "Enter the name of your school, up to 80 characters"));
    }
    if !fits(name) {
        faults.extend(fault("name", "Enter your name, up to 80 characters"));
    }
    if !faults.is_empty() {
        return sent(&asked.email, known.as_ref(), (false, faults));
    }
    let context = &web.signin.context;
    let (per_address, per_site) = CHECKS;
    let mut few = within_budget(context, &format!("check:{}", address.folded()), per_address, HOUR).await?;
    let site = match &known {
        Some(site) => Some(site.clone()),
        None if few => web.directory.school_named(asked.school.trim()).await?,
        None => None,
    };
    if let Some(site) = &site {
        few = few && within_budget(context, &format!("check-at:{}", site.id), per_site, HOUR).await?;
        if few {
            web.directory.ask_to_check(site, name, &address).await?;
        }
    }
    // What was typed is no way to find out which schools there are.
    let answer = match &known {
        Some(site) => {
            t1("The people who manage access at {0} will check the email address they have for you.", &site.name)
        }
        None => t(
            "If we know that school, the people who manage access there will check the email address they have for you.",
        ),
    };
    show(&Message {
        frame: Frame::titled("We have asked your school").at(known.as_ref()),
        paragraphs: vec![answer, t("If it is urgent, talk to the school office.")],
        action: Some(("Back to sign in".to_owned(), "/signin".to_owned())),
        other: None,
    })
}
