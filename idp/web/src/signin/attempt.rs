//! Moving an attempt on: asks the dispatcher and goes where it says.

use axum::response::Response;
use idp_domain::Secret;
use idp_domain::session::Session;
use idp_signin::Refusal;
use idp_signin::attempt::{Attempt, Goal, Need};
use idp_signin::flow::{Standing, Step, next_step};
use idp_store::attempts::StoredAttempt;

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

/// An attempt of this browser; or else, where its page lay open for too long, the answer that begins it anew and says so.
pub(crate) async fn find(
    web: &Web,
    (browser, session): (&Browser, Option<&Session>),
    token: &str,
) -> Result<Result<(StoredAttempt, Attempt), Response>, PageError> {
    match web.signin.find(token, &browser.hash()).await {
        Ok(found) => Ok(Ok(found)),
        Err(Refusal::Expired) => {
            let adopted = web.signin.adopt(token, &browser.hash()).await?.ok_or(PageError::AttemptExpired)?;
            let (_, attempt) = web.signin.find(adopted.reveal(), &browser.hash()).await?;
            let (path, step) = next_path(web, adopted.reveal(), &attempt, session);
            Ok(Err(go(&if step == Step::Done { path } else { format!("{path}&late=1") })))
        }
        Err(other) => Err(other.into()),
    }
}

/// Goes to the next step of an attempt.
pub(crate) fn forward(web: &Web, token: &str, attempt: &Attempt, session: Option<&Session>) -> Response {
    go(&next_path(web, token, attempt, session).0)
}

fn next_path(web: &Web, token: &str, attempt: &Attempt, session: Option<&Session>) -> (String, Step) {
    let attempt_query = query("attempt", token);
    let step = next_step(Standing::of(attempt, session), web.signin.context.now());
    let path = match (step, &attempt.goal) {
        (Step::SignIn, _) => format!("/signin?{attempt_query}"),
        (Step::NewBrowser, _) => format!("/signin/browser?{attempt_query}"),
        (Step::Key(_), _) => format!("/signin/key?{attempt_query}"),
        (Step::Done, Goal::Authorize { .. }) => format!("/authorize/resume?{attempt_query}"),
        (Step::Done, Goal::Page { path }) => path.clone(),
    };
    (path, step)
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
