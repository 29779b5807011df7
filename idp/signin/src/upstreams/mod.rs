//! Signing in with an account elsewhere (Microsoft Entra, Google, another Lanyard): plain OpenID Connect, no vendor code.
//!
//! An account elsewhere is known by its `iss` and `sub` alone. It is linked to a person once they have proved that the
//! address here is theirs: by a code that is mailed to it, or because they are signed in. What a school asks about keys
//! holds after that as after a password.

mod link;
mod openid;

pub use openid::Errand;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use idp_domain::Timestamp;
use openidconnect::core::CoreProviderMetadata;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// A provider elsewhere, as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Short name in addresses and in the database.
    pub id: String,
    /// Name on the button.
    pub name: String,
    /// Its issuer, exactly as its discovery document says.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: Option<idp_domain::Secret>,
    /// Domains whose addresses may sign in this way, lower case; empty for all.
    pub domains: Vec<String>,
}

/// The way to providers elsewhere.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// One request; redirects are not followed.
    async fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, Unreachable>;
}

/// A provider elsewhere that does not answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// What a provider's discovery document said, and when it was read.
type Discovered = (Arc<CoreProviderMetadata>, Timestamp);

/// The providers elsewhere.
pub struct Upstreams {
    list: Vec<Upstream>,
    fetch: Arc<dyn Fetch>,
    /// What was discovered, by identifier. Each has a lock of its own: one that does not answer keeps nobody from another.
    known: HashMap<String, Mutex<Option<Discovered>>>,
}

impl Upstreams {
    /// These providers, reached this way.
    pub fn new(list: Vec<Upstream>, fetch: Arc<dyn Fetch>) -> Self {
        let known = list.iter().map(|upstream| (upstream.id.clone(), Mutex::default())).collect();
        Self { list, fetch, known }
    }

    /// All of them, in the order of the configuration.
    pub fn all(&self) -> &[Upstream] {
        &self.list
    }

    /// The one with this identifier.
    pub fn find(&self, id: &str) -> Option<&Upstream> {
        self.list.iter().find(|upstream| upstream.id == id)
    }
}

/// An account elsewhere that has just been proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `iss`.
    pub issuer: String,
    /// `sub`.
    pub subject: String,
    /// The configured provider.
    pub provider: String,
    /// The address that the provider knows; a hint, never a proof.
    pub account: String,
    /// When it was proven there (`auth_time`); the epoch when the provider does not say.
    pub proven_at: Timestamp,
}

/// Why an account elsewhere does not lead in.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamFault {
    /// The person turned back, or the provider refused.
    #[error("cancelled")]
    Cancelled,
    /// The provider does not answer.
    #[error("away")]
    Away,
    /// Its answer cannot be believed.
    #[error("untrue")]
    Untrue,
    /// The address is not of a domain that may sign in this way.
    #[error("the domain of {0} is not allowed")]
    Domain(String),
    /// The account is linked to somebody already.
    #[error("taken")]
    Taken,
    /// Anything else.
    #[error(transparent)]
    Refusal(#[from] crate::Refusal),
}

impl From<idp_store::StoreError> for UpstreamFault {
    fn from(error: idp_store::StoreError) -> Self {
        Self::Refusal(error.into())
    }
}

/// [`Fetch`] in the shape that openidconnect wants.
struct Http<'a>(&'a dyn Fetch);

impl<'c> AsyncHttpClient<'c> for Http<'_> {
    type Error = Unreachable;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unreachable>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.0.fetch(request)
    }
}
