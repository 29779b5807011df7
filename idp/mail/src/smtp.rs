//! Sending over SMTP with TLS.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::render::Rendered;
use crate::worker::Deliver;

/// The transport.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SmtpError(String);

impl Smtp {
    /// `url` is `smtps://user:password@host` or `smtp://…?tls=required`; `from` is the sender's address.
    pub fn new(url: &str, from: &str) -> Result<Self, SmtpError> {
        // The error of the URL parser may repeat the password.
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| SmtpError("the SMTP address cannot be read".to_owned()))?
            .timeout(Some(Duration::from_secs(20)))
            .build();
        let from = from.parse().map_err(|_| SmtpError(format!("{from} is not a sender address")))?;
        Ok(Self { transport, from })
    }
}

#[async_trait]
impl Deliver for Smtp {
    async fn deliver(&self, mail: &Rendered) -> Result<(), String> {
        let to: Mailbox = mail.to.parse().map_err(|_| "the address cannot be read".to_owned())?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(&mail.subject)
            .message_id(None)
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|error| error.to_string())?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| error.to_string())
    }
}
