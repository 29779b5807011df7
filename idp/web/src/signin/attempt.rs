//! Moving an attempt on: asks the dispatcher and goes where it says.

use axum::response::Response;
use idp_domain::Secret;
use idp_domain::session::Session;
use idp_signin::attempt::{Attempt, Goal, Need};
use idp_signin::flow::{Standing, Step, next_step};

use crate::browser::Browser;
use crate::error::query;
use crate::page::go;
use crate::{PageError, Web};

/// Begins an attempt that leads to a page of ours, and in which this has to be proven.
pub(crate) async fn begin_page(web: &Web, browser: &Browser, next: &str, need: Need) -> Result<Secret, PageError> {
    let goal = Goal::Page { path: own_path(next) };
    let attempt = Attempt::new(browser.hash(), web.signin.context.now(), goal, need);
    Ok(web.signin.begin(&attempt).await?)
}

/// Goes to the next step of an attempt.
pub(crate) fn forward(web: &Web, token: &str, attempt: &Attempt, session: Option<&Session>) -> Response {
    let attempt_query = query("attempt", token);
    match next_step(Standing::of(attempt, session), web.signin.context.now()) {
        Step::SignIn => go(&format!("/signin?{attempt_query}")),
        Step::NewBrowser => go(&format!("/signin/browser?{attempt_query}")),
        Step::Key(_) => go(&format!("/signin/key?{attempt_query}")),
        Step::Done => match &attempt.goal {
            Goal::Authorize { .. } => go(&format!("/authorize/resume?{attempt_query}")),
            Goal::Page { path } => go(path),
        },
    }
}

/// A path on our own origin, whatever was asked for: parsed as a browser would, joined, compared, re-emitted.
pub(crate) fn own_path(asked: &str) -> String {
    let base = "https://own.invalid/";
    let joined = url::Url::parse(base).ok().and_then(|base| base.join(asked).ok());
    match joined {
        Some(url) if url.origin().ascii_serialization() == "https://own.invalid" && asked.starts_with('/') => {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            format!("{}{query}", url.path())
        }
        _ => "/".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_01_only_our_own_origin() {
        for evil in [
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/%09/evil.example\t",
            "/\t/evil.example",
            "https:///evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "",
            "http://own.invalid/x",
            "https://evil.example/",
            "///evil.example",
            "/\n/evil.example",
            "data:text/html,x",
        ] {
            let path = own_path(evil);
            let landed = url::Url::parse("https://id.example/here").unwrap().join(&path).unwrap();
            assert_eq!(landed.host_str(), Some("id.example"), "{evil:?} became {path:?}");
        }
        assert_eq!(own_path("/me/keys?add=1#x"), "/me/keys?add=1");
    }
}
