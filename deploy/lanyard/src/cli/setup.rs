//! `lanyard setup` and `lanyard sites`: a first trust with its owner, and its schools.
#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

use anyhow::Result;
use clap::{Args, Subcommand};
use idp_directory::founding::{Founding, NewSite};

use super::At;

/// A trust and its first owner.
#[derive(Args)]
pub(super) struct Setup {
    #[command(flatten)]
    at: At,
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
        #[command(flatten)]
        at: At,
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
    /// Give a school's site another address; the old one leads on to it for ever
    Rename {
        #[command(flatten)]
        at: At,
        /// First label of its address now
        #[arg(long)]
        slug: String,
        /// The new one
        #[arg(long)]
        to: String,
    },
}

/// Founds a trust.
pub(super) async fn run(setup: Setup) -> Result<()> {
    let assembled = setup.at.provider().await?;
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

/// Adds a site, or moves one.
pub(super) async fn sites(sites: Sites) -> Result<()> {
    match sites {
        Sites::Add { at, slug, name, upstream, trust_domain } => {
            add(&at, NewSite { slug, name, upstream, trust_domain }).await
        }
        Sites::Rename { at, slug, to } => {
            let assembled = at.provider().await?;
            let moved = assembled.move_site(&slug, &to).await;
            assembled.sql.close().await;
            let site = moved?;
            println!("{} is now at {}. Its old address leads there.", site.name, assembled.site_origin(&site));
            println!(
                "Next: point the new name at this server, keep the certificate of the old one, and tell the school's own \
                 server that assertions are for {} now.",
                site.client_id()
            );
            Ok(())
        }
    }
}

async fn add(at: &At, wanted: NewSite) -> Result<()> {
    let assembled = at.provider().await?;
    let added = assembled.directory.add_site(&wanted).await;
    let added = match added {
        Ok(site) => assembled.welcome_site(&site).await.map(|()| site),
        Err(error) => Err(error.into()),
    };
    assembled.sql.close().await;
    let site = added?;
    println!("{} is there: {}", site.name, assembled.site_origin(&site));
    println!(
        "Next: lanyard serve --config {}, if it does not run yet; then invite people under Manage.",
        at.config.display()
    );
    Ok(())
}
