//! Contact support: works signed out, when people need it most.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use idp_store::mails::MailKind;
use idp_store::{Effects, Mail};
use serde::Deserialize;

use crate::page::{Fault, Frame, Message, fault, form_head, show, show_with};
use crate::{PageError, Web, t1};

#[derive(Template)]
#[template(path = "support.html")]
struct Page<'a> {
    frame: Frame,
    from: &'a str,
    text: &'a str,
    faults: Vec<Fault>,
}

pub(crate) async fn show_form() -> Result<Response, PageError> {
    show(&Page { frame: Frame::titled("Contact support"), from: "", text: "", faults: vec![] })
}

#[derive(Deserialize)]
pub(crate) struct Filled {
    #[serde(default)]
    from: String,
    #[serde(default)]
    text: String,
}

pub(crate) async fn submit(State(web): State<Web>, Form(filled): Form<Filled>) -> Result<Response, PageError> {
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
        let budget = idp_signin::throttle::within_budget(context, "support", 100, 3600).await?;
        if !budget {
            faults.extend(fault("text", "Too many messages were sent in the last hour. Telephone instead"));
        }
    }
    if !faults.is_empty() {
        let (status, title) = form_head("Contact support", &faults);
        let page = Page { frame: Frame::titled(&title), from: &filled.from, text: &filled.text, faults };
        return show_with(status, &page);
    }
    let reference = context.random.readable(6);
    let what = MailKind::SupportRequest { reference: reference.clone(), from: filled.from, text: filled.text };
    let mail = Mail {
        to: web.settings.support_email.clone(),
        name: "support".to_owned(),
        what,
        language: idp_domain::Language::En,
        sender: String::new(),
    };
    context.store.record(Effects::none().mail(mail)).await?;
    show(&Message {
        frame: Frame::titled("Message sent"),
        paragraphs: vec![
            t1("Your reference is {0}. Someone will answer in working hours.", &reference),
            "If a child is at risk now, follow your school’s procedure and speak to the DSL.".to_owned(),
        ],
        action: Some(("Back to sign in".to_owned(), "/signin".to_owned())),
        other: None,
    })
}
