//! Help sheets, each at an address of its own and on one sheet of paper, with the school's name; and how accessible we are.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use idp_signin::account::soft_key::qr_svg;
use serde::Deserialize;

use super::first_time::site_of;
use crate::page::{Frame, Message, show};
use crate::{PageError, Web};

/// A sheet. Its words are English; the page speaks the reader's language.
struct Sheet {
    slug: &'static str,
    title: &'static str,
    lead: &'static str,
    steps: &'static [&'static str],
    /// What people ask, and the answer.
    questions: &'static [(&'static str, &'static str)],
    /// Whether the page to add a key is put on it as a picture to scan.
    adds_key: bool,
}

const SHEETS: [Sheet; 5] = [
    Sheet {
        slug: "first-sign-in",
        title: "Sign in for the first time",
        lead: "You need the email that your school had sent to you, or the sheet that your school printed.",
        steps: &[
            "Open the link in the email, or scan the picture on the sheet. Then press the button.",
            "Create a password. Three random words work well.",
            "Add a key, if your role asks for one. You can do it later.",
            "Choose your school. Next time, go straight to your school’s address.",
        ],
        questions: &[
            ("The link stopped working.", "Ask for a new one on the same page, or ask your school office."),
            (
                "I work at several schools.",
                "One email, one password and one key open all of them. Choose the school at the top of the page.",
            ),
            (
                "Nothing arrived.",
                "Check your junk folder. Then ask your school to check the address they have for you.",
            ),
        ],
        adds_key: false,
    },
    Sheet {
        slug: "authenticator",
        title: "Set up an authenticator app",
        lead: "Any app that shows 6 digit codes works, on a phone or a tablet. You scan a picture once.",
        steps: &[
            "Install an authenticator app, or open the one that you have.",
            "Sign in on a computer. Open Account settings, then Security keys, then Add new device.",
            "Choose Authenticator app, and scan the picture with the app.",
            "Type the 6 digit code that the app shows. The key is added, and counts at once.",
        ],
        questions: &[
            (
                "My code is not right.",
                "Check that you use the entry called Lanyard. Turn on automatic date and time on the phone.",
            ),
            ("I have a new phone.", "Add the new phone first, then remove the old one. Both may be there together."),
            ("I cannot scan the picture.", "Type the letters below it into the app instead."),
        ],
        adds_key: true,
    },
    Sheet {
        slug: "security-keys",
        title: "Passkeys and security keys",
        lead: "The quickest and safest key: a touch of this computer, or of a small key that you plug in. No phone is needed.",
        steps: &[
            "Sign in. Open Account settings, then Security keys, then Add new device.",
            "Choose this computer, or a security key.",
            "Follow the steps that your browser shows: a fingerprint, a face, a PIN, or a touch of the key.",
            "Next time, choose Sign in with a passkey. There is no password to type.",
        ],
        questions: &[
            ("Is my fingerprint sent anywhere?", "No. It stays on the computer. We only learn that it was you."),
            ("I share this computer with others.", "Use a security key that you carry. It leaves nothing behind."),
            ("May I have more than one?", "Yes, up to 10. Two are enough to be safe when one is lost."),
        ],
        adds_key: true,
    },
    Sheet {
        slug: "without-a-phone",
        title: "Work without a phone",
        lead: "Nobody has to use their own phone. Without a key you can record a concern; a key opens what your role may read.",
        steps: &[
            "To record a concern, sign in with your email and password. You need nothing else.",
            "To read records, add a key that is not a phone: this computer, a security key, or a printed code card.",
            "For a card, open Account settings, then Security keys, then Add new device, and choose Printed code card.",
            "Carry the card like a door key. Use the codes from the top, and cross each one out.",
        ],
        questions: &[
            (
                "My school asks for a stronger key.",
                "Then a printed card is not enough. Use this computer or a security key.",
            ),
            (
                "I have no email at work.",
                "Your school can print a sheet with your username and a link. You sign in with these.",
            ),
        ],
        adds_key: false,
    },
    Sheet {
        slug: "lost-key",
        title: "You have lost a key",
        lead: "Report it at once: it is useless from that moment on. You can still sign in and record a concern.",
        steps: &[
            "Sign in with your email and password. When you are asked for a key, choose I cannot use this key.",
            "Choose Report a lost key.",
            "Use another key or a recovery code, if you have one.",
            "If not, ask your DSL or site admin for a temporary pass, face to face or by video. Then add a new key.",
        ],
        questions: &[
            ("I have found it again.", "Sign in with another key, and switch it on again under Security keys."),
            ("Can somebody give me a pass on the telephone?", "No. A voice can be copied. They have to see you."),
        ],
        adds_key: false,
    },
];

#[derive(Deserialize)]
pub(crate) struct Where {
    #[serde(default)]
    site: String,
}

#[derive(Template)]
#[template(path = "help.html")]
struct Page {
    frame: Frame,
    site: String,
    sheet: &'static Sheet,
    /// The address to scan, and its picture.
    scan: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "help_list.html")]
struct List {
    frame: Frame,
    site: String,
    sheets: &'static [Sheet],
}

async fn frame(web: &Web, title: &str, site: &str) -> Result<Frame, PageError> {
    Ok(Frame::titled(title).at(site_of(web, site).await?.as_ref()))
}

pub(crate) async fn list(State(web): State<Web>, Query(at): Query<Where>) -> Result<Response, PageError> {
    show(&List { frame: frame(&web, "Help", &at.site).await?, site: at.site, sheets: &SHEETS })
}

pub(crate) async fn sheet(
    State(web): State<Web>,
    Path(slug): Path<String>,
    Query(at): Query<Where>,
) -> Result<Response, PageError> {
    let sheet = SHEETS.iter().find(|sheet| sheet.slug == slug).ok_or(PageError::NotFound)?;
    let address = format!("{}/me/keys/add", web.signin.origin);
    let scan = sheet.adds_key.then(|| (qr_svg(&address).unwrap_or_default(), address));
    show(&Page { frame: frame(&web, sheet.title, &at.site).await?, site: at.site, sheet, scan })
}

/// The statement that the Public Sector Bodies Accessibility Regulations 2018 ask of schools.
pub(crate) async fn accessibility() -> Result<Response, PageError> {
    show(&Message {
        frame: Frame::titled("Accessibility statement"),
        paragraphs: vec![
            "Everybody who works at a school has to be able to sign in here. We build every page to the Web Content \
             Accessibility Guidelines 2.2, level AA."
                .to_owned(),
            "Every page works with the keyboard alone, with a screen reader, at 400 % zoom, in high contrast, in light and \
             dark, and without JavaScript. You can make the text larger in Account settings."
                .to_owned(),
            "Two things need more. Passkeys and security keys need JavaScript; an authenticator app or a printed card does \
             not. An authenticator app shows a picture to scan; the same is written in letters below it."
                .to_owned(),
            "No page asks you to solve a puzzle or to copy letters from a picture. Password managers may fill in every \
             field. You are warned before you are signed out, and what you typed is kept."
                .to_owned(),
            "The pages in the frame of a school’s site are that school’s own. Ask the school for its statement.".to_owned(),
            "If you cannot use a page, tell us. We answer in working hours, and mend what keeps people out first. If our \
             answer does not help, the Equality Advisory and Support Service can."
                .to_owned(),
        ],
        action: Some(("Contact support".to_owned(), "/support".to_owned())),
        other: None,
    })
}
