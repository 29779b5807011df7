//! The worker of the mail outbox: at least once, with growing pauses after a failure; sign-in never waits for it (F-17).
//! An address that refuses mail for good is remembered, and the admins of the person's sites are told.

use async_trait::async_trait;
use idp_store::bounces::Bounce;
use idp_store::mails::MailKind;
use idp_store::outbox::Claimed;
use idp_store::{Context, Mail, Outgoing, Result};

use crate::render::{Rendered, render, sender_of};
use crate::returned::{self, folded};

/// Why a message could not be handed over. The words hold no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// Worth another try.
    ForNow(String),
    /// The address refuses it for good (RFC 5321 §4.2.1, 5yz).
    ForGood(String),
}

/// A way out for mail.
#[async_trait]
pub trait Deliver: Send + Sync {
    /// Sends one message.
    async fn deliver(&self, mail: &Rendered) -> std::result::Result<(), Undelivered>;
}

/// The worker.
pub struct Worker<D> {
    /// Memory and time.
    pub context: Context,
    /// The way out.
    pub deliver: D,
    /// The fixed public origin: every mailed link begins with it.
    pub origin: String,
}

/// Seconds after which a claimed mail that was neither sent nor postponed is tried again.
const LEASE: i64 = 120;
/// Seconds for which a mail is tried; after that it counts as refused (RFC 5321 §4.5.4.1 suggests 4 to 5 days).
const PATIENCE: i64 = 4 * 24 * 3600;

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
            let outcome = if mail.is_for_nobody() { Ok(()) } else { self.send(mail).await };
            if let Err(error) = self.write_down(entry, mail, outcome).await {
                tracing::warn!(%error, "a mail's receipt cannot be written");
            }
        }
        claimed.len()
    }

    async fn send(&self, mail: &Mail) -> std::result::Result<(), Undelivered> {
        match self.rendered(mail).await {
            Ok(rendered) => self.deliver.deliver(&rendered).await,
            Err(error) => Err(Undelivered::ForNow(error.to_string())),
        }
    }

    /// A mail as it is sent. Whoever works at one school alone gets every mail in its name; of several, none is named.
    async fn rendered(&self, mail: &Mail) -> Result<Rendered> {
        let receipt = returned::receipt(&self.context, &mail.to);
        let mut rendered = Rendered { receipt, ..render(mail) };
        if let (true, Some(person)) = (mail.sender.is_empty(), mail.person)
            && let [only] = &self.context.places_of(person).await?[..]
        {
            rendered = Rendered { sender: sender_of(&only.settings.short_name), ..rendered };
        }
        Ok(rendered)
    }

    async fn write_down(
        &self,
        entry: &Claimed,
        mail: &Mail,
        outcome: std::result::Result<(), Undelivered>,
    ) -> Result<()> {
        let (store, now) = (&self.context.store, self.context.now());
        match outcome {
            Ok(()) => {
                store.delivered(&entry.id, now).await?;
                store.arrived(&folded(&mail.to)).await
            }
            Err(Undelivered::ForNow(problem)) if now.since(entry.created_at) < PATIENCE => {
                tracing::warn!(%problem, tries = entry.tries, "a mail was not accepted; it will be sent again");
                let wait = 30_i64 << entry.tries.clamp(0, 7);
                store.postpone(&entry.id, now.plus(wait), &problem).await
            }
            Err(Undelivered::ForNow(problem) | Undelivered::ForGood(problem)) => {
                tracing::warn!(%problem, "a mail was refused for good");
                metrics::counter!("lanyard_mails_bounced_total").increment(1);
                let bounce = Bounce { address: folded(&mail.to), at: now, problem };
                // Word of a bounce that bounces itself is not passed on once more.
                let quietly = matches!(mail.what, MailKind::Bounced { .. });
                returned::note(&self.context, &self.origin, (Some(&entry.id), quietly), &bounce).await.map(|_| ())
            }
        }
    }
}
