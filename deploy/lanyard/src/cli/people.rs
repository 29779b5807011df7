//! `lanyard people`: what only somebody at the server's own console can do.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command answers on standard output and asks on standard error"
)]

use std::io::BufRead;

use anyhow::{Context, Result};
use clap::Subcommand;

use super::At;

/// What can be done.
#[derive(Subcommand)]
pub(super) enum People {
    /// Bring back an owner of a trust who has lost everything, with two of the trust's three sealed codes
    RecoverOwner {
        #[command(flatten)]
        at: At,
        /// The owner's email address
        #[arg(long)]
        email: String,
    },
}

/// Does it.
pub(super) async fn run(people: People) -> Result<()> {
    let People::RecoverOwner { at, email } = people;
    let assembled = at.provider().await?;
    let [first, second] = [ask("First code: ")?, ask("Second code: ")?];
    let opened = assembled.directory.open_owner_kit(&email, [&first, &second]).await;
    assembled.sql.close().await;
    let opened = opened?;
    println!("{} can come back. Everybody who manages the trust is told by email.", opened.name);
    println!("1. Create a new password:  {}", opened.link);
    println!("2. At “I cannot use my key”, type this temporary pass:  {}", opened.pass);
    println!("Then add a key and make a new recovery kit: this one is used up.");
    Ok(())
}

/// Codes come from standard input, never from the command line: other people see that.
fn ask(prompt: &str) -> Result<String> {
    eprint!("{prompt}");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("no code was given")?;
    Ok(line.trim().to_owned())
}
