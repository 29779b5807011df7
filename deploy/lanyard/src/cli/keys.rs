//! `lanyard keys`: the provider's signing keys.
#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

use anyhow::{Result, bail};
use clap::Subcommand;
use idp_domain::london;

use super::At;

/// What can be done.
#[derive(Subcommand)]
pub(super) enum Keys {
    /// Show every signing key
    List(At),
    /// Make new signing keys; they sign 15 minutes later, and the older ones are dropped a day after that
    Rotate(At),
    /// Take a key away at once, because somebody else may have it. What it signed is believed no longer
    Revoke {
        #[command(flatten)]
        at: At,
        /// The key's name, as list shows it
        kid: String,
    },
}

/// Does it.
pub(super) async fn run(keys: Keys) -> Result<()> {
    let (Keys::List(at) | Keys::Rotate(at) | Keys::Revoke { at, .. }) = &keys;
    let assembled = at.provider().await?;
    let (ring, context) = (&assembled.provider.keys, &assembled.context);
    match &keys {
        Keys::List(_) => {}
        Keys::Rotate(_) => ring.rotate(context).await?,
        Keys::Revoke { kid, .. } => {
            if !ring.revoke(context, kid).await? {
                bail!("There is no key {kid}. Next: lanyard keys list");
            }
        }
    }
    for (kid, alg, made, signs) in ring.list() {
        println!("{kid}  {alg}  made {}{}", london::show(made), if signs { ", signs" } else { "" });
    }
    assembled.sql.close().await;
    println!("A running service follows within seconds.");
    Ok(())
}
