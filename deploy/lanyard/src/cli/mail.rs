//! `lanyard mail`: what the mail server of the house hands over.
#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

use std::io::Read;

use anyhow::{Context, Result, bail};
use clap::Subcommand;

use super::At;

/// Most bytes of a message: a report repeats the message that it is about.
const MOST: u64 = 1024 * 1024;

/// What can be done.
#[derive(Subcommand)]
pub(super) enum Mail {
    /// Read a report that mail did not arrive (RFC 3464) from standard input: the target of an alias like
    /// `|"/usr/bin/lanyard mail returned"` for the sender's address
    Returned(At),
}

/// Does it.
pub(super) async fn run(mail: Mail) -> Result<()> {
    let Mail::Returned(at) = mail;
    let mut message = Vec::new();
    std::io::stdin().lock().take(MOST + 1).read_to_end(&mut message).context("no message was given")?;
    if u64::try_from(message.len()).is_ok_and(|length| length > MOST) {
        bail!("The message is longer than 1 MB. Nothing was read from it.");
    }
    let assembled = at.provider().await?;
    let message = String::from_utf8_lossy(&message);
    let read = idp_mail::returned::read(&assembled.context, &assembled.signin.origin, &message).await;
    assembled.sql.close().await;
    match read? {
        Some(address) => println!("Noted: mail to {address} does not arrive. The admins of their sites are told."),
        None => println!("This is no report about mail that Lanyard sent. Nothing was changed."),
    }
    Ok(())
}
