//! The guide with snippets to copy, and the table of standards, made from the code.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use idp_oauth::standards::{STANDARDS, Standard};

use crate::page::{Frame, show};
use crate::{PageError, Web};

/// A snippet: the library, its file, and how to run it. Tests run each against the real library.
struct Snippet {
    title: &'static str,
    file: &'static str,
    steps: &'static str,
    code: &'static str,
}

const SNIPPETS: [Snippet; 5] = [
    Snippet {
        title: "JavaScript, with openid-client",
        file: "app.mjs",
        steps: "npm install openid-client@6",
        code: include_str!("../../snippets/app.mjs"),
    },
    Snippet {
        title: "Python, with Authlib",
        file: "app.py",
        steps: "pip install Authlib requests",
        code: include_str!("../../snippets/app.py"),
    },
    Snippet {
        title: "Django, with mozilla-django-oidc",
        file: "app.py",
        steps: "pip install mozilla-django-oidc",
        code: include_str!("../../snippets/app_django.py"),
    },
    Snippet {
        title: "A page alone, with oidc-client-ts",
        file: "index.html",
        steps: "npm install oidc-client-ts@3",
        code: include_str!("../../snippets/app.html"),
    },
    Snippet {
        title: "Apache, with mod_auth_openidc",
        file: "lanyard.conf",
        steps: "apt install libapache2-mod-auth-openidc",
        code: include_str!("../../snippets/app.conf"),
    },
];

#[derive(Template)]
#[template(path = "dev_guide.html")]
struct Guide {
    frame: Frame,
    issuer: String,
    snippets: &'static [Snippet],
}

pub(crate) async fn show_guide(State(web): State<Web>) -> Result<Response, PageError> {
    let frame = Frame { part: "dev-guide", ..Frame::titled("Let people sign in to your app") };
    show(&Guide { frame, issuer: web.provider.issuer.clone(), snippets: &SNIPPETS })
}

#[derive(Template)]
#[template(path = "dev_standards.html")]
struct Standards {
    frame: Frame,
    standards: &'static [Standard],
}

pub(crate) async fn show_standards() -> Result<Response, PageError> {
    show(&Standards { frame: Frame { part: "dev-standards", ..Frame::titled("Standards") }, standards: &STANDARDS })
}
