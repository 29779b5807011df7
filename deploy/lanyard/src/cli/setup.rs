//! `lanyard setup` and `lanyard sites add`: a first trust with its owner, and its schools.
#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use idp_directory::founding::{Founding, NewSite};

use super::serve::chance;
use crate::assemble;
use crate::config::Config;

/// A trust and its first owner.
#[derive(Args)]
pub(super) struct Setup {
    /// The configuration file
    #[arg(long, default_value = "/etc/lanyard/lanyard.toml")]
    config: PathBuf,
    /// The trust's name
    #[arg(long)]
    trust: String,
    /// The domain of its own mailboxes
    #[arg(long)]
    domain: String,
    /// First name of its first owner
    #[arg(long)]
    first: String,
    /// Last name
    #[arg(long)]
    last: String,
    /// Email address
    #[arg(long)]
    email: String,
}

/// What can be done with sites.
#[derive(Subcommand)]
pub(super) enum Sites {
    /// Add a school's site
    Add {
        /// The configuration file
        #[arg(long, default_value = "/etc/lanyard/lanyard.toml")]
        config: PathBuf,
        /// First label of its address: small letters, digits and hyphens
        #[arg(long)]
        slug: String,
        /// The school's name
        #[arg(long)]
        name: String,
        /// Address of its own server, http://host:port
        #[arg(long)]
        upstream: String,
        /// The domain of the trust it belongs to; left out for a school without one
        #[arg(long, default_value = "")]
        trust_domain: String,
    },
}

/// Founds a trust.
pub(super) async fn run(setup: Setup) -> Result<()> {
    let config = Config::read(&setup.config)?;
    let assembled = assemble::provider(&config.plan(), &chance()).await?;
    let founding =
        Founding { name: setup.trust, domain: setup.domain, owner: (setup.first, setup.last), email: setup.email };
    let link = assembled.directory.found(&founding).await;
    assembled.sql.close().await;
    println!("{} is there. Its owner creates a password and adds a key at:\n  {}", founding.name, link?);
    println!(
        "The link is mailed as well, once the service runs. Next: lanyard sites add --trust-domain {}",
        founding.domain
    );
    Ok(())
}

/// Adds a site.
pub(super) async fn sites(sites: Sites) -> Result<()> {
    let Sites::Add { config: path, slug, name, upstream, trust_domain } = sites;
    let config = Config::read(&path)?;
    let plan = config.plan();
    let assembled = assemble::provider(&plan, &chance()).await?;
    let added = assembled.directory.add_site(&NewSite { slug, name, upstream, trust_domain }).await;
    let added = match added {
        Ok(site) => assembled.welcome_site(&site).await.map(|()| site),
        Err(error) => Err(error.into()),
    };
    assembled.sql.close().await;
    let site = added?;
    println!("{} is there: {}", site.name, plan.site_origin.replace("{slug}", site.slug.as_str()));
    println!(
        "Next: lanyard serve --config {}, if it does not run yet; then invite people under Manage.",
        path.display()
    );
    Ok(())
}
