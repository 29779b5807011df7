//! `lanyard people`: what only somebody at the server's own console can do.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command answers on standard output and asks on standard error"
)]

use std::io::BufRead;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Subcommand;

use super::serve::chance;
use crate::assemble;
use crate::config::Config;

/// What can be done.
#[derive(Subcommand)]
pub(super) enum People {
    /// Bring back an owner of a trust who has lost everything, with two of the trust's three sealed codes
    RecoverOwner {
        /// The configuration file
        #[arg(long, default_value = "/etc/lanyard/lanyard.toml")]
        config: PathBuf,
        /// The owner's email address
        #[arg(long)]
        email: String,
    },
}

/// Does it.
pub(super) async fn run(people: People) -> Result<()> {
    let People::RecoverOwner { config, email } = people;
    let config = Config::read(&config)?;
    let assembled = assemble::provider(&config.plan(), &chance()).await?;
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
