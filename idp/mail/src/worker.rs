//! The worker of the mail outbox: at least once, with growing pauses after a failure; sign-in never waits for it (F-17).

use async_trait::async_trait;
use idp_store::{Context, Outgoing};

use crate::render::{Rendered, render};

/// A way out for mail.
#[async_trait]
pub trait Deliver: Send + Sync {
    /// Sends one message; an error is a sentence without secrets.
    async fn deliver(&self, mail: &Rendered) -> Result<(), String>;
}

/// The worker.
pub struct Worker<D> {
    /// Memory and time.
    pub context: Context,
    /// The way out.
    pub deliver: D,
}

/// Seconds after which a claimed mail that was neither sent nor postponed is tried again.
const LEASE: i64 = 120;

impl<D: Deliver> Worker<D> {
    /// Sends what is due. Answers how many were claimed.
    pub async fn run_once(&self) -> usize {
        let claimed = match self.context.store.claim("mail", self.context.now(), LEASE, 16).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::warn!(%error, "mails cannot be read");
                return 0;
            }
        };
        for entry in &claimed {
            let Outgoing::Mail(mail) = &entry.outgoing else { continue };
            let outcome = self.deliver.deliver(&render(mail)).await;
            let now = self.context.now();
            let written = match outcome {
                Ok(()) => self.context.store.delivered(&entry.id, now).await,
                Err(problem) => {
                    tracing::warn!(%problem, tries = entry.tries, "a mail was not accepted; it will be sent again");
                    let wait = 30_i64 << entry.tries.clamp(0, 7);
                    self.context.store.postpone(&entry.id, now.plus(wait), &problem).await
                }
            };
            if let Err(error) = written {
                tracing::warn!(%error, "a mail's receipt cannot be written");
            }
        }
        claimed.len()
    }
}
