//! The command line: what people type, and the sentences that answer.

mod audit;
mod demo;
mod feedback;
mod keys;
mod mail;
mod people;
mod serve;
mod setup;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::assemble::{self, Assembled};
use crate::config::Config;

/// One sign-in for many school sites.
#[derive(Parser)]
#[command(name = "lanyard", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// Where the configuration is.
#[derive(Args)]
struct At {
    /// The configuration file
    #[arg(long, default_value = "/etc/lanyard/lanyard.toml")]
    config: PathBuf,
}

impl At {
    fn read(&self) -> anyhow::Result<Config> {
        Ok(Config::read(&self.config)?)
    }

    /// The provider as it is configured, for a command that does one thing; whoever asks closes its database.
    async fn provider(&self) -> anyhow::Result<Assembled> {
        assemble::provider(&self.read()?.plan(), &serve::chance()).await
    }
}

#[derive(Subcommand)]
enum Command {
    /// Start an invented trust on this machine: provider, gateway, school sites, an app, a mailbox and a phone
    Demo(demo::DemoArguments),
    /// Start provider and gateway
    Serve {
        #[command(flatten)]
        at: At,
        /// Only one half: idp or gateway
        #[arg(long)]
        only: Option<serve::Half>,
    },
    /// Read the configuration and name every fault at once
    Check(At),
    /// Found a trust with its first owner
    Setup(setup::Setup),
    /// The schools' sites
    #[command(subcommand)]
    Sites(setup::Sites),
    /// The provider's signing keys: list, rotate, revoke
    #[command(subcommand)]
    Keys(keys::Keys),
    /// What only somebody at the server's own console can do for people
    #[command(subcommand)]
    People(people::People),
    /// What the mail server of the house hands over
    #[command(subcommand)]
    Mail(mail::Mail),
    /// The audit log: hand it out, and prove that nobody changed it
    #[command(subcommand)]
    Audit(audit::Audit),
    /// How people answered the question that they are asked about keys
    Feedback(At),
    /// Bring the database's tables up to date
    Migrate(At),
}

/// Runs the command.
pub fn main() -> ExitCode {
    certs::tls::install_provider();
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("The runtime cannot be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match arguments.command {
            Command::Demo(arguments) => demo::run(arguments).await,
            Command::Serve { at, only } => serve::run(&at, only).await,
            Command::Check(at) => serve::check(&at),
            Command::Setup(setup) => setup::run(setup).await,
            Command::Sites(sites) => setup::sites(sites).await,
            Command::Keys(keys) => keys::run(keys).await,
            Command::People(people) => people::run(people).await,
            Command::Mail(mail) => mail::run(mail).await,
            Command::Audit(audit) => audit::run(audit).await,
            Command::Feedback(at) => feedback::run(&at).await,
            Command::Migrate(at) => serve::migrate(&at).await,
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Logs as JSON lines, or as text for people at a terminal.
fn start_logs(json: bool) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,lanyard=info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    if json { builder.json().init() } else { builder.init() }
}

/// Waits until the process is asked to stop.
async fn asked_to_stop() -> anyhow::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(())
}
