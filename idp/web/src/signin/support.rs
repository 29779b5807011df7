//! Contact support: works signed out, when people need it most.

use std::collections::BTreeSet;

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::person::Person;
use idp_domain::site::Site;
use idp_domain::trust::{Helpdesk, Trust};
use idp_signin::throttle::within_budget;
use idp_store::mails::MailKind;
use idp_store::{Effects, Mail};
use serde::Deserialize;

use super::first_time::site_of;
use crate::browser::{Peer, Visitor};
use crate::page::{Fault, Frame, Message, fault, form_head, show, show_with};
use crate::{PageError, Web, t1};

#[derive(Template)]
#[template(path = "support.html")]
struct Page<'a> {
    frame: Frame,
    from: &'a str,
    text: &'a str,
    /// The site that it is about, and the others of whoever is signed in: slug and name.
    site: &'a str,
    sites: Vec<(String, String)>,
    /// Who helps first: a site's own people.
    contacts: Vec<Contact>,
    faults: Vec<Fault>,
}

/// Where a site's own people can be reached.
struct Contact {
    name: String,
    email: String,
    phone: String,
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    site: String,
}

pub(crate) async fn show_form(
    State(web): State<Web>,
    Visitor(visitor): Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let person = visitor.map(|(_, person)| person);
    let from = person.as_ref().and_then(|person| person.email.as_ref()).map(ToString::to_string).unwrap_or_default();
    let filled = Filled { from, text: String::new(), site: asked.site };
    render(&web, person.as_ref(), &filled, vec![]).await
}

async fn render(
    web: &Web,
    person: Option<&Person>,
    filled: &Filled,
    faults: Vec<Fault>,
) -> Result<Response, PageError> {
    let site = site_of(web, &filled.site).await?;
    let own = match person {
        Some(person) => web.signin.context.places_of(person.id).await?,
        None => Vec::new(),
    };
    let helping: Vec<&Site> = site.iter().chain(own.iter().filter(|_| site.is_none())).collect();
    let contacts = contacts(web, &helping).await?;
    let sites = own.iter().map(|site| (site.slug.to_string(), site.name.clone())).collect();
    let (status, title) = form_head("Contact support", &faults);
    let frame = match person {
        Some(person) => Frame::of(&title, person, ""),
        None => Frame::titled(&title),
    };
    let Filled { from, text, site: slug } = filled;
    show_with(status, &Page { frame: frame.at(site.as_ref()), from, text, site: slug, sites, contacts, faults })
}

/// Where help is near: the schools themselves, then the helpdesks of their trusts.
async fn contacts(web: &Web, sites: &[&Site]) -> Result<Vec<Contact>, PageError> {
    let own = sites.iter().map(|site| {
        let settings = &site.settings;
        Contact {
            name: site.name.clone(),
            email: settings.support_email.clone(),
            phone: settings.support_phone.clone(),
        }
    });
    let mut contacts: Vec<Contact> = own.collect();
    let trusts: BTreeSet<_> = sites.iter().filter_map(|site| site.trust).collect();
    for id in trusts {
        let trust = web.signin.context.store.trust(id).await?;
        contacts.extend(trust.map(|Trust { name, helpdesk: Helpdesk { email, phone }, .. }| Contact {
            name,
            email,
            phone,
        }));
    }
    contacts.retain(|contact| !contact.email.is_empty() || !contact.phone.is_empty());
    Ok(contacts)
}

/// The nearest mailbox: a school's, its trust's, or that of whoever runs Lanyard.
pub(crate) async fn inbox(web: &Web, site: Option<&Site>) -> Result<String, PageError> {
    let near = contacts(web, &Vec::from_iter(site)).await?;
    let near = near.into_iter().map(|contact| contact.email).find(|email| !email.is_empty());
    Ok(near.unwrap_or_else(|| web.settings.support_email.clone()))
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    #[serde(default)]
    from: String,
    #[serde(default)]
    text: String,
    /// The site that it is about; none when it is empty.
    #[serde(default)]
    site: String,
}

pub(crate) async fn submit(
    State(web): State<Web>,
    peer: Peer,
    Visitor(visitor): Visitor,
    Form(filled): Form<Filled>,
) -> Result<Response, PageError> {
    let person = visitor.map(|(_, person)| person);
    let mut faults = Vec::new();
    if filled.from.trim().is_empty() {
        faults.extend(fault("from", "Enter an email address or telephone number"));
    }
    let length = filled.text.trim().chars().count();
    if length == 0 {
        faults.extend(fault("text", "Enter what happened"));
    } else if length > 4000 {
        faults.extend(fault("text", "What happened must be 4,000 characters or fewer"));
    }
    let context = &web.signin.context;
    if faults.is_empty() {
        // One visitor cannot use up what is there for all.
        let own = format!("support:{}", peer.address.map(|address| address.to_string()).unwrap_or_default());
        let budget =
            within_budget(context, &own, 20, 3600).await? && within_budget(context, "support", 500, 3600).await?;
        if !budget {
            faults.extend(fault("text", "Too many messages were sent in the last hour. Telephone instead"));
        }
    }
    if !faults.is_empty() {
        return render(&web, person.as_ref(), &filled, faults).await;
    }
    let site = site_of(&web, &filled.site).await?;
    let reference = context.random.readable(6);
    // What helps whoever answers, and names no page that was read.
    let who = person.as_ref().map(|person| format!("{} ({})", person.full_name(), person.login()));
    let about = site.as_ref().map(|site| site.name.clone());
    let inbox = inbox(&web, site.as_ref()).await?;
    let what = MailKind::SupportRequest {
        reference: reference.clone(),
        site: about.unwrap_or_default(),
        who: who.unwrap_or_default(),
        agent: peer.agent,
        from: filled.from,
        text: filled.text,
    };
    context.store.record(Effects::none().mail(Mail::to_inbox(inbox, what))).await?;
    show(&Message {
        frame: Frame::titled("Message sent"),
        paragraphs: vec![
            t1("Your reference is {0}. Someone will answer in working hours.", &reference),
            "If a child is at risk now, follow your school’s procedure and speak to the DSL.".to_owned(),
        ],
        action: Some(match person {
            Some(_) => ("Go to my sites".to_owned(), "/".to_owned()),
            None => ("Back to sign in".to_owned(), "/signin".to_owned()),
        }),
        other: None,
    })
}
