//! The one table from what went wrong to an answer: a page for people, JSON for scripts.

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use crate::Body;
use crate::body::json;
use crate::page;
use crate::words::{t, t1};

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

/// What people are told when a site's own server does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// Name of the site.
    pub site: String,
    /// Since when, as a time of day; nothing when it has only just begun.
    pub since: Option<String>,
    /// When support was told of it, as a time of day.
    pub told: Option<String>,
    /// How the school's DSL is reached.
    pub dsl: String,
    /// Whom to ring.
    pub phone: String,
    /// Where a concern form for paper is.
    pub form: String,
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
    UpstreamAway(Box<Outage>),
    /// Too many requests of this site are under way.
    SiteBusy,
    /// Signing in came back wrong; where to try again.
    LoginFailed {
        /// What happened, in plain words.
        reason: &'static str,
    },
    /// An app's token does not count here, or not for this (RFC 6750 §3.1).
    Token {
        /// The code of the protocol.
        code: &'static str,
        /// What the app is told beside it, in `WWW-Authenticate`.
        challenge: String,
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
        let body = || json(status, &format!(r#"{{"error":"{code}"}}"#));
        if let Self::Token { challenge, .. } = &self {
            let mut answer = body();
            answer
                .headers_mut()
                .extend(HeaderValue::from_str(challenge).map(|value| (header::WWW_AUTHENTICATE, value)));
            return answer;
        }
        if !asks.navigates {
            return body();
        }
        let start = |label: &str| ("/".to_owned(), t(label));
        // The page of our own on every site says where its people and we can be reached; without a site there is none.
        let support = !matches!(self, Self::UnknownSite | Self::Malformed(_));
        let mut actions = match self {
            Self::UpstreamAway(outage) => vec![(outage.form, t("Print a concern form")), start("Try again")],
            Self::LoginFailed { .. } | Self::ProviderAway | Self::StoreAway | Self::SiteBusy | Self::Broken => {
                vec![start("Try again")]
            }
            Self::Denied { .. } | Self::NotFound => vec![start("Go to the start page of this site")],
            Self::Ended | Self::TooLargeToHold => vec![start("Sign in again")],
            _ => Vec::new(),
        };
        if support {
            actions.push(("/.lanyard/".to_owned(), t("Contact support")));
        }
        page::page(status, &t(title), &[words.as_str()], &actions)
    }

    #[expect(clippy::too_many_lines, reason = "the one table: a row for each refusal, and nothing but rows")]
    fn row(&self) -> (StatusCode, &'static str, &'static str, String) {
        match self {
            Self::Malformed(status) => {
                (*status, "bad_request", "This address cannot be opened", t("Check the address and try again."))
            }
            Self::UnknownSite => (
                StatusCode::MISDIRECTED_REQUEST,
                "unknown_site",
                "There is no site at this address",
                t("Check the address, or ask your school office for the right one."),
            ),
            Self::Denied { site, reason } => (
                StatusCode::FORBIDDEN,
                "access_denied",
                "You cannot open this page",
                format!("{} ({site}).", t(reason)),
            ),
            Self::ForeignOrigin => {
                (StatusCode::FORBIDDEN, "foreign_origin", "This came from somewhere else", t("Nothing was changed."))
            }
            Self::StoreAway => (
                StatusCode::SERVICE_UNAVAILABLE,
                "store_unavailable",
                "Lanyard is not available",
                t(
                    "We cannot check who you are at the moment. Try again in a minute. If a child is at risk now, follow your \
                 school’s procedure and speak to the DSL.",
                ),
            ),
            Self::ProviderAway => (
                StatusCode::SERVICE_UNAVAILABLE,
                "provider_unavailable",
                "Signing in is not available right now",
                t(
                    "If you are signed in at a site already, you can keep working there at base access. Elevating is not \
                 available right now.",
                ),
            ),
            Self::UpstreamAway(outage) => {
                (StatusCode::BAD_GATEWAY, "site_unavailable", "The site is not responding", outage.words())
            }
            Self::SiteBusy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "site_busy",
                "The site is very busy",
                t("Wait a few seconds, then try again."),
            ),
            Self::LoginFailed { reason } => {
                (StatusCode::BAD_REQUEST, "login_failed", "You could not be signed in", t(reason))
            }
            Self::Token { code, .. } => (StatusCode::UNAUTHORIZED, code, "", String::new()),
            Self::Ended => (
                StatusCode::UNAUTHORIZED,
                "login_required",
                "Your access here has ended",
                t("Sign in again to go on. What you were sending may not have arrived."),
            ),
            Self::TooLargeToHold => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "login_required",
                "Sign in, then send it again",
                t(
                    "Your access ran out, and what you sent is too large for us to keep. Nothing was sent. Go back: what you \
                 typed is still on the page. Sign in in another tab, then send it again.",
                ),
            ),
            Self::NotFound => {
                (StatusCode::NOT_FOUND, "not_found", "Page not found", t("Check the address and try again."))
            }
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "There is a problem with this page",
                t("It is not your fault. Try again, or contact support."),
            ),
        }
    }
}

impl Outage {
    fn words(&self) -> String {
        let words = |english: &str, value: &str| if value.is_empty() { String::new() } else { t1(english, value) };
        let parts = [
            t1("{0}’s site is not responding.", &self.site),
            words("Since {0}.", self.since.as_deref().unwrap_or_default()),
            words("We have told support ({0}).", self.told.as_deref().unwrap_or_default()),
            t("If a child is at risk now, follow your school’s procedure and speak to the DSL."),
            words("Reach the DSL: {0}.", &self.dsl),
            words("Telephone for help: {0}.", &self.phone),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}
