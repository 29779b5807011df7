//! `lanyard people`: what only somebody at the server's own console can do.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command answers on standard output and asks on standard error"
)]

use std::io::BufRead;

use anyhow::{Context, Result};
use clap::Subcommand;
use idp_directory::rescue::Progress;
use idp_domain::{Slug, london};

use super::At;
use crate::assemble::Assembled;

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
    /// Give somebody of the supplier's a code with which they vouch for others
    Supporter {
        #[command(flatten)]
        at: At,
        /// Their name
        #[arg(long)]
        name: String,
    },
    /// Bring back the only admin of a school without a trust who has lost every key: two supporters vouch, and after a day,
    /// or when the headteacher says so, the same command answers a temporary pass
    RescueAdmin {
        #[command(flatten)]
        at: At,
        /// The school's site
        #[arg(long)]
        site: String,
        /// The admin's email address
        #[arg(long)]
        email: String,
    },
}

/// Does it.
pub(super) async fn run(people: People) -> Result<()> {
    match people {
        People::RecoverOwner { at, email } => recover_owner(&at, &email).await,
        People::Supporter { at, name } => supporter(&at, &name).await,
        People::RescueAdmin { at, site, email } => rescue_admin(&at, &site, &email).await,
    }
}

async fn supporter(at: &At, name: &str) -> Result<()> {
    let assembled = at.provider().await?;
    let code = assembled.directory.add_supporter(name).await;
    assembled.sql.close().await;
    println!("The code of {name}, shown this once:  {}", code?);
    println!(
        "Give it to them in person. With it and another supporter's code they vouch for an admin who has lost every key."
    );
    Ok(())
}

async fn rescue_admin(at: &At, site: &str, email: &str) -> Result<()> {
    let slug = Slug::parse(site).map_err(|error| anyhow::anyhow!("{error}"))?;
    let assembled = at.provider().await?;
    let progress = progress(&assembled, &slug, email).await;
    assembled.sql.close().await;
    match progress? {
        Progress::Waits(ready) => {
            println!("Everybody who leads at the school has been told by email.");
            println!("Run this once more after {}, or when the headteacher has confirmed it.", london::show(ready));
        }
        Progress::Made(pass) => {
            println!("The temporary pass of {}, for {} minutes:  {}", pass.name, pass.minutes, pass.code);
            println!(
                "Read it out to them. They sign in, choose “I cannot use this key”, and type it under “Temporary pass”."
            );
        }
    }
    Ok(())
}

async fn progress(assembled: &Assembled, slug: &Slug, email: &str) -> Result<Progress> {
    if let Some(progress) = assembled.directory.rescue(slug, email).await? {
        return Ok(progress);
    }
    let [first, second] = [ask("First supporter's code: ")?, ask("Second supporter's code: ")?];
    Ok(Progress::Waits(assembled.directory.begin_rescue(slug, email, [&first, &second]).await?))
}

async fn recover_owner(at: &At, email: &str) -> Result<()> {
    let assembled = at.provider().await?;
    let [first, second] = [ask("First code: ")?, ask("Second code: ")?];
    let opened = assembled.directory.open_owner_kit(email, [&first, &second]).await;
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
