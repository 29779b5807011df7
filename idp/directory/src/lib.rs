//! Managing people: who may manage whom, memberships, grants, approvals, import, reports.
//!
//! Every operation begins with an [`asker::Asker`]: it knows what the asker may see, and nothing is looked up outside it.
//! What is deliberately absent: HTTP, and sending mail or signals (both go through the outbox).

mod app_checks;
pub mod approvals;
pub mod apps;
pub mod asker;
mod changes;
pub mod day_passes;
pub mod domain_moves;
pub mod emblem;
pub mod error;
pub mod founding;
pub mod grants;
pub mod import;
pub mod links;
pub mod log_proof;
pub mod memberships;
pub mod owner_kit;
pub mod passes;
pub mod people;
pub mod registration;
mod reminders;
mod removal;
mod reports;
pub mod requests;
pub mod rescue;
mod retention;
pub mod seats;
mod sites;
pub mod trusts;

pub use error::{DirectoryError, FieldFault};

use std::sync::Arc;

use idp_domain::Secret;
use idp_domain::person::Person;
use idp_store::{Context, Result};
use policies::Rules;

/// What this crate works with.
#[derive(Clone)]
pub struct Directory {
    /// Memory, time, chance.
    pub context: Context,
    /// Who may do what.
    pub rules: Arc<Rules>,
    /// The provider's public origin, for links in mails.
    pub origin: String,
}

impl Directory {
    /// The address of a link to set a password.
    pub(crate) fn link_address(&self, secret: &Secret) -> String {
        format!("{}/link?token={}", self.origin, secret.reveal())
    }

    /// Whether the person manages anybody at all, so that the console is offered.
    pub async fn manages_anything(&self, person: &Person) -> Result<bool> {
        Ok(self.asker(person, false).await?.sees_anything())
    }
}
