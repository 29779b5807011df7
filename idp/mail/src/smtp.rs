//! Sending over SMTP with TLS.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use url::Url;

use crate::render::Rendered;
use crate::returned::RECEIPT;
use crate::worker::{Deliver, Undelivered};

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
    /// `url` is `smtps://user:password@host` or `smtp://…?tls=required`; `from` is the sender's address. `ca` is the
    /// certificate (PEM) of an authority that the machine does not know, for a relay inside the house.
    pub fn new(url: &str, from: &str, ca: Option<&str>) -> Result<Self, SmtpError> {
        // The error of the URL parser may repeat the password.
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| SmtpError("the SMTP address cannot be read".to_owned()))?
            .timeout(Some(Duration::from_secs(20)));
        let transport = match ca {
            None => transport.build(),
            Some(pem) => trusting(transport, url, pem)?.build(),
        };
        let from = from.parse().map_err(|_| SmtpError(format!("{from} is not a sender address")))?;
        Ok(Self { transport, from })
    }
}

/// With TLS that also trusts the authority of a relay inside the house. Plain SMTP is then no choice any more.
fn trusting(builder: AsyncSmtpTransportBuilder, url: &str, pem: &str) -> Result<AsyncSmtpTransportBuilder, SmtpError> {
    let wrong = |what: &str| SmtpError(what.to_owned());
    let url = Url::parse(url).map_err(|_| wrong("the SMTP address cannot be read"))?;
    let host = url.host_str().ok_or_else(|| wrong("the SMTP address has no host"))?;
    let ca = Certificate::from_pem(pem.as_bytes()).map_err(|_| wrong("the certificate cannot be read"))?;
    let parameters = TlsParameters::builder(host.to_owned()).add_root_certificate(ca).build();
    let parameters = parameters.map_err(|_| wrong("the certificate cannot be used"))?;
    let tls = if url.scheme() == "smtps" { Tls::Wrapper(parameters) } else { Tls::Required(parameters) };
    Ok(builder.tls(tls))
}

/// Whether a server refuses this address, rather than us: our name, our password or what it takes for a rule (5.7.x,
/// RFC 3463 §3.8).
fn is_about_the_recipient(error: &lettre::transport::smtp::Error) -> bool {
    let refused = error.status().is_some_and(|code| [550, 551, 553].contains(&u16::from(code)));
    refused && !error.to_string().contains("5.7.")
}

#[async_trait]
impl Deliver for Smtp {
    async fn deliver(&self, mail: &Rendered) -> Result<(), Undelivered> {
        let unfit = |_| Undelivered::ForGood("the address cannot be read".to_owned());
        let to: Mailbox = mail.to.parse().map_err(unfit)?;
        let message = Message::builder()
            .from(Mailbox::new(Some(mail.sender.clone()), self.from.email.clone()))
            .to(to)
            .subject(&mail.subject)
            .message_id(None)
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(RECEIPT), mail.receipt.clone()))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .map_err(|error| Undelivered::ForNow(error.to_string()))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            // Only an answer to this message: a server that refuses our name or password refuses everybody’s mail.
            Err(error) if error.is_permanent() && is_about_the_recipient(&error) => {
                Err(Undelivered::ForGood(error.to_string()))
            }
            Err(error) => Err(Undelivered::ForNow(error.to_string())),
        }
    }
}
