//! The one table from what went wrong to what a page shows.

use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use idp_directory::DirectoryError;
use idp_signin::Refusal;
use idp_signin::account::keys::AddFault;
use idp_store::StoreError;

use crate::page::{Frame, Message, go, show_with};

/// Why a page cannot be shown.
#[derive(Debug)]
pub enum PageError {
    /// Sign in first, then come back to this path.
    SignInFirst(String),
    /// Use a key first, then come back to this path.
    KeyFirst(String),
    /// Type the password again first, then come back to this path.
    PasswordFirst(String),
    /// More was sent than any form of ours holds.
    TooLarge,
    /// A part of the address or of the form is missing.
    Incomplete,
    /// A form that did not come from our own page.
    ForeignForm,
    /// A form from a page that somebody else had opened before.
    OthersForm,
    /// There is no such thing, or it is none of this person's business (P-01).
    NotFound,
    /// The attempt to sign in is over; where it began is shown.
    AttemptExpired,
    /// The person may not do this; the sentence says why.
    Refused(String),
    /// The password pool is full.
    Busy,
    /// Memory does not answer.
    Unavailable,
    /// A fault of ours, named for the log.
    Broken(&'static str),
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "store");
        match error {
            StoreError::Unavailable(_) => Self::Unavailable,
            StoreError::Conflict(_) | StoreError::Corrupt(_) => Self::Broken("store"),
        }
    }
}

/// What a page makes of a directory's answer. `back` is where to go on after a key was used.
pub(crate) fn refused(error: DirectoryError, back: &str) -> PageError {
    match error {
        DirectoryError::NotFound => PageError::NotFound,
        DirectoryError::ElevateFirst => PageError::KeyFirst(back.to_owned()),
        DirectoryError::Refused(reason) => PageError::Refused(reason),
        DirectoryError::Faults(faults) => {
            let words: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
            PageError::Refused(words.join(". "))
        }
        DirectoryError::Store(error) => error.into(),
    }
}

impl From<Refusal> for PageError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => error.into(),
            Refusal::Busy => Self::Busy,
            Refusal::Expired => Self::AttemptExpired,
            Refusal::Suspended => Self::Refused(SUSPENDED.to_owned()),
            Refusal::Wrong
            | Refusal::UsedAlready
            | Refusal::Drift(_)
            | Refusal::Spent
            | Refusal::ResetNeeded
            | Refusal::Wait(_) => Self::Broken("refusal without a form"),
        }
    }
}

impl From<AddFault> for PageError {
    fn from(fault: AddFault) -> Self {
        match fault {
            AddFault::Stale => Self::KeyFirst("/me/keys".to_owned()),
            AddFault::Refusal(refusal) => refusal.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}

/// What is said to the holder of a day pass who opens a page of somebody with an account.
pub(crate) const DAY_PASS_ONLY: &str = "A day pass opens the school’s site and nothing else.";

/// Says nothing about why (quiet suspension).
pub(crate) const SUSPENDED: &str = "You cannot sign in at the moment. Contact your trust office.";

impl IntoResponse for PageError {
    #[expect(clippy::too_many_lines, reason = "the one table: a row for each error, and nothing but rows")]
    fn into_response(self) -> Response {
        let (status, title, text) = match self {
            Self::SignInFirst(path) => return ProveFirst("").then(&path),
            Self::KeyFirst(path) => return ProveFirst("key=1").then(&path),
            Self::PasswordFirst(path) => return ProveFirst("again=1").then(&path),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "That is too much at once",
                "Nothing was changed. Go back and send less.".to_owned(),
            ),
            Self::Incomplete => (
                StatusCode::BAD_REQUEST,
                "This address is not complete",
                "Go back, or start again from your sites. Nothing was changed.".to_owned(),
            ),
            Self::ForeignForm => (
                StatusCode::FORBIDDEN,
                "This form came from somewhere else",
                "For your safety, nothing was changed. Go back to the page on this address and try again.".to_owned(),
            ),
            Self::OthersForm => (
                StatusCode::CONFLICT,
                "This page was someone else’s",
                "Somebody else was signed in here when it was opened. Nothing was changed. Close it, or open it again as \
                 yourself."
                    .to_owned(),
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "Page not found",
                "Check the address. If you followed a link, it may be for someone else.".to_owned(),
            ),
            Self::AttemptExpired => (
                StatusCode::GONE,
                "This sign-in took too long",
                "You can start again from the school’s address. Nothing was changed.".to_owned(),
            ),
            Self::Refused(sentence) => (StatusCode::FORBIDDEN, "You cannot do this now", sentence),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Lots of people are signing in",
                "Wait 10 seconds, then try again. What you typed is not lost if you go back.".to_owned(),
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Lanyard is not available",
                "Try again in a minute. If a child is at risk now, follow your school’s procedure and speak to the DSL."
                    .to_owned(),
            ),
            Self::Broken(what) => {
                tracing::error!(what, "page");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "There is a problem with this page",
                    "It is not your fault. Try again, or contact support.".to_owned(),
                )
            }
        };
        // The list of sites is closed to whoever holds a day pass.
        let action = if text == DAY_PASS_ONLY { ("Sign out", "/signout") } else { ("Go to my sites", "/") };
        let action = Some((action.0.to_owned(), action.1.to_owned()));
        let other = Some(("Contact support".to_owned(), "/support".to_owned()));
        let page = Message { frame: Frame::titled(title), paragraphs: vec![text], action, other };
        let mut response = show_with(status, &page).unwrap_or_else(|_| status.into_response());
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }
}

/// What has to be proven first, as the query of the sign-in page says it (empty: who they are); it marks such an answer for [`crate::carry`].
#[derive(Clone, Copy)]
pub(crate) struct ProveFirst(pub &'static str);

impl ProveFirst {
    fn then(self, path: &str) -> Response {
        let mut response = go(&self.path(path));
        response.extensions_mut().insert(self);
        response
    }

    /// The sign-in page that asks for it and leads to `next`.
    pub fn path(self, next: &str) -> String {
        let and = if self.0.is_empty() { "" } else { "&" };
        format!("/signin?{}{and}{}", self.0, query("next", next))
    }
}

/// One query parameter, encoded.
pub(crate) fn query(name: &str, value: &str) -> String {
    url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

pub(crate) async fn not_found(_: Uri) -> PageError {
    PageError::NotFound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_in_a_flood_is_told_when_to_come_back() {
        for error in [PageError::Busy, PageError::Unavailable] {
            let response = error.into_response();
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers()[header::RETRY_AFTER], "10");
        }
        assert!(!PageError::NotFound.into_response().headers().contains_key(header::RETRY_AFTER));
    }
}
