//! Invented people of a trust, as whom its makers of apps try an app out.

use async_trait::async_trait;
use idp_domain::person::Person;
use idp_domain::{PersonId, TrustId};

use crate::error::Result;

/// The port.
#[async_trait]
pub trait TestPeople: Send + Sync {
    /// Keeps one, who cannot sign in by any name; the one that was there already stays. Answers who it is.
    async fn keep_test_person(&self, trust: TrustId, persona: &str, person: &Person) -> Result<PersonId>;
    /// Those of a trust.
    async fn test_people(&self, trust: TrustId) -> Result<Vec<PersonId>>;
    /// Whether somebody is one of them.
    async fn is_test_person(&self, trust: TrustId, person: PersonId) -> Result<bool>;
}
