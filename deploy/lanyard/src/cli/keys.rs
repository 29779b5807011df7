//! `lanyard keys`: the provider's signing keys.
#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

use anyhow::{Result, bail};
use clap::Subcommand;
use idp_domain::audit::AuditEntry;
use idp_domain::london;
use idp_store::{Context, Effects};

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

/// Writes it to the audit log.
async fn note(context: &Context, event: &str, sentence: &str) -> Result<()> {
    let entry = AuditEntry::new(context.now(), event, sentence);
    Ok(context.store.record(Effects::audit(entry)).await?)
}

/// Does it.
pub(super) async fn run(keys: Keys) -> Result<()> {
    let (Keys::List(at) | Keys::Rotate(at) | Keys::Revoke { at, .. }) = &keys;
    let assembled = at.provider().await?;
    let (ring, context) = (&assembled.provider.keys, &assembled.context);
    match &keys {
        Keys::List(_) => {}
        Keys::Rotate(_) => {
            ring.rotate(context).await?;
            note(context, "keys.rotated", "New signing keys were made at the server’s console").await?;
        }
        Keys::Revoke { kid, .. } => {
            if !ring.revoke(context, kid).await? {
                bail!("There is no key {kid}. Next: lanyard keys list");
            }
            note(context, "keys.revoked", &format!("The signing key {kid} was revoked at the server’s console"))
                .await?;
        }
    }
    for (kid, alg, made, signs) in ring.list() {
        println!("{kid}  {alg}  made {}{}", london::show(made), if signs { ", signs" } else { "" });
    }
    assembled.sql.close().await;
    println!("A running service follows within seconds.");
    Ok(())
}
