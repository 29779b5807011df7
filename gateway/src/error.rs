//! The one table from what went wrong to an answer: a page for people, JSON for scripts.

use http::{HeaderMap, Response, StatusCode, header};

use crate::Body;
use crate::body::json;
use crate::page;

/// Who asks: a person who sees pages, or a script that reads JSON (Fetch Metadata, S-22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asks {
    /// Whether it is a navigation of a browser.
    pub navigates: bool,
}

impl Asks {
    /// Reads it from the headers.
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let upgrades = headers.contains_key(header::UPGRADE);
        let accepts_pages = text("accept").is_some_and(|accept| accept.contains("text/html"));
        let navigates = match text("sec-fetch-mode") {
            Some(mode) => mode == "navigate",
            None => accepts_pages && text("x-requested-with").is_none(),
        };
        Self { navigates: navigates && !upgrades }
    }
}

/// Why a request is not forwarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It could be read in two ways, or is not for a proxy.
    Malformed(StatusCode),
    /// There is no site at this address. No list of sites is given.
    UnknownSite,
    /// A rule says no; its sentence is shown.
    Denied {
        /// Name of the site.
        site: String,
        /// The rule's sentence.
        reason: String,
    },
    /// A WebSocket from a foreign page (H-23).
    ForeignOrigin,
    /// Sessions cannot be looked up.
    StoreAway,
    /// The provider does not answer.
    ProviderAway,
    /// The site's own server does not answer.
    UpstreamAway {
        /// Name of the site.
        site: String,
    },
    /// Too many requests of this site are under way.
    SiteBusy,
    /// Signing in came back wrong; where to try again.
    LoginFailed {
        /// What happened, in plain words.
        reason: &'static str,
    },
    /// Access ended while the request was under way.
    Ended,
    /// What was sent cannot be kept while its sender signs in; nothing was sent on.
    TooLargeToHold,
    /// There is nothing here.
    NotFound,
    /// A fault of ours.
    Broken,
}

impl Refusal {
    /// The answer.
    pub fn answer(self, asks: &Asks) -> Response<Body> {
        let (status, code, title, words) = self.row();
        tracing::debug!(status = status.as_u16(), code, "refused");
        if asks.navigates {
            let action = match self {
                Self::LoginFailed { .. } | Self::UpstreamAway { .. } | Self::ProviderAway => Some(("/", "Try again")),
                Self::Denied { .. } | Self::NotFound => Some(("/", "Go to the start page of this site")),
                Self::Ended | Self::TooLargeToHold => Some(("/", "Sign in again")),
                _ => None,
            };
            page::page(status, title, &[words.as_str()], action)
        } else {
            json(status, &format!(r#"{{"error":"{code}"}}"#))
        }
    }

    #[expect(clippy::too_many_lines, reason = "the one table: a row for each refusal, and nothing but rows")]
    fn row(&self) -> (StatusCode, &'static str, &'static str, String) {
        match self {
            Self::Malformed(status) => {
                (*status, "bad_request", "This address cannot be opened", "Check the address and try again.".to_owned())
            }
            Self::UnknownSite => (
                StatusCode::MISDIRECTED_REQUEST,
                "unknown_site",
                "There is no site at this address",
                "Check the address, or ask your school office for the right one.".to_owned(),
            ),
            Self::Denied { site, reason } => {
                (StatusCode::FORBIDDEN, "access_denied", "You cannot open this page", format!("{reason} ({site})."))
            }
            Self::ForeignOrigin => {
                (StatusCode::FORBIDDEN, "foreign_origin", "This came from somewhere else", "Nothing was changed.".to_owned())
            }
            Self::StoreAway => (
                StatusCode::SERVICE_UNAVAILABLE,
                "store_unavailable",
                "Lanyard is not available",
                "We cannot check who you are at the moment. Try again in a minute. If a child is at risk now, follow your \
                 school’s procedure and speak to the DSL."
                    .to_owned(),
            ),
            Self::ProviderAway => (
                StatusCode::SERVICE_UNAVAILABLE,
                "provider_unavailable",
                "Signing in is not available right now",
                "If you are signed in at a site already, you can keep working there at base access. Elevating is not \
                 available right now."
                    .to_owned(),
            ),
            Self::UpstreamAway { site } => (
                StatusCode::BAD_GATEWAY,
                "site_unavailable",
                "The site is not responding",
                format!(
                    "{site}’s site is not responding. If a child is at risk now, follow your school’s procedure and speak \
                     to the DSL."
                ),
            ),
            Self::SiteBusy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "site_busy",
                "The site is very busy",
                "Wait a few seconds, then try again.".to_owned(),
            ),
            Self::LoginFailed { reason } => {
                (StatusCode::BAD_REQUEST, "login_failed", "You could not be signed in", (*reason).to_owned())
            }
            Self::Ended => (
                StatusCode::UNAUTHORIZED,
                "login_required",
                "Your access here has ended",
                "Sign in again to go on. What you were sending may not have arrived.".to_owned(),
            ),
            Self::TooLargeToHold => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "login_required",
                "Sign in, then send it again",
                "Your access ran out, and what you sent is too large for us to keep. Nothing was sent. Go back: what you \
                 typed is still on the page. Sign in in another tab, then send it again."
                    .to_owned(),
            ),
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "not_found", "Page not found", "Check the address and try again.".to_owned())
            }
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "There is a problem with this page",
                "It is not your fault. Try again, or contact support.".to_owned(),
            ),
        }
    }
}
