//! The guide with snippets to copy, and the table of standards, made from the code.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use idp_oauth::standards::{STANDARDS, Standard};

use crate::page::{Frame, show};
use crate::{PageError, Web};

/// A snippet: the library, its file, how to install and how to run it. Tests run each against the real library.
struct Snippet {
    title: &'static str,
    file: &'static str,
    steps: &'static str,
    start: Start,
    code: &'static str,
}

/// How a program is started.
enum Start {
    /// With a command.
    With(&'static str),
    /// In some other way: the end of a sentence.
    By(&'static str),
}

const SNIPPETS: [Snippet; 5] = [
    Snippet {
        title: "JavaScript, with openid-client",
        file: "app.mjs",
        steps: "npm install openid-client@6",
        start: Start::With("node app.mjs"),
        code: include_str!("../../snippets/app.mjs"),
    },
    Snippet {
        title: "Python, with Authlib",
        file: "app.py",
        steps: "pip install Authlib requests",
        start: Start::With("python3 app.py"),
        code: include_str!("../../snippets/app.py"),
    },
    Snippet {
        title: "Django, with mozilla-django-oidc",
        file: "app.py",
        steps: "pip install mozilla-django-oidc",
        start: Start::With("python3 app.py"),
        code: include_str!("../../snippets/app_django.py"),
    },
    Snippet {
        title: "A page alone, with oidc-client-ts",
        file: "index.html",
        steps: "npm install oidc-client-ts@3",
        start: Start::By(
            "write issuer and client ID into it, and serve it at port 3000 with the library’s file beside it",
        ),
        code: include_str!("../../snippets/app.html"),
    },
    Snippet {
        title: "Apache, with mod_auth_openidc",
        file: "lanyard.conf",
        steps: "apt install libapache2-mod-auth-openidc",
        start: Start::By("and set what its second line names in /etc/apache2/envvars"),
        code: include_str!("../../snippets/app.conf"),
    },
];

#[derive(Template)]
#[template(path = "dev_guide.html")]
struct Guide {
    frame: Frame,
    issuer: String,
    /// The name of this machine's demonstration, which some programs do not find by themselves.
    demo_host: Option<String>,
    snippets: &'static [Snippet],
}

pub(crate) async fn show_guide(State(web): State<Web>) -> Result<Response, PageError> {
    let frame = Frame { part: "dev-guide", ..Frame::titled("Let people sign in to your app") };
    let issuer = web.provider.issuer.clone();
    let host = url::Url::parse(&issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
    show(&Guide { frame, issuer, demo_host: host.filter(|host| host.ends_with(".localhost")), snippets: &SNIPPETS })
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
