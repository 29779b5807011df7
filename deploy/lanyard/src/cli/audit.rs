//! `lanyard audit`: the log as a file, and the proof that nobody changed it.
#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use certs::signing::{point_of_jwk, verify_es256};
use clap::Subcommand;
use idp_directory::log_proof::{self, HEAD_TYP, Sealing, Verdict};
use idp_domain::london;
use serde_json::Value;

use super::At;
use crate::assemble::BROKEN;

/// What can be done.
#[derive(Subcommand)]
pub(super) enum Audit {
    /// Write the whole log to a file, with the chain and the signatures that prove it. Keep it safe: it names people
    Export {
        #[command(flatten)]
        at: At,
        /// The file; it must not exist yet
        file: PathBuf,
    },
    /// Check a file that export wrote, without a network or a database; or, without a file, the log as it is now
    Verify {
        #[command(flatten)]
        at: At,
        /// The file
        file: Option<PathBuf>,
        /// The key's name, as this installation gave it when you trusted it: lanyard audit key
        #[arg(long, allow_hyphen_values = true)]
        key: Option<String>,
        /// A link that an earlier check told you to note down, as number:link
        #[arg(long)]
        seen: Option<String>,
    },
    /// Show the name of the key that signs the log. Note it down where nobody who runs this server can change it
    Key(At),
}

/// Does it.
pub(super) async fn run(audit: Audit) -> Result<()> {
    match audit {
        Audit::Export { at, file } => {
            // It names people: for its owner's eyes only.
            let open = File::options().write(true).create_new(true).mode(0o600).open(&file);
            let mut out = BufWriter::new(open.with_context(|| format!("{} cannot be made", file.display()))?);
            if let Err(error) = hand_out(&at, &mut out).await {
                // Half a log is none.
                drop(std::fs::remove_file(&file));
                return Err(error);
            }
            println!("Written to {0}. Next: lanyard audit verify {0} --key <name of the key>", file.display());
            Ok(())
        }
        Audit::Verify { file: Some(file), key, seen, .. } => {
            let Some(key) = key else { bail!("Say which key you trust: --key, as lanyard audit key shows it") };
            let log = File::open(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            judge(BufReader::new(log), &key, seen.as_deref())
        }
        Audit::Verify { at, file: None, key, seen } => {
            let mut log = Vec::new();
            let own = hand_out(&at, &mut log).await?;
            judge(log.as_slice(), &key.unwrap_or(own), seen.as_deref())
        }
        Audit::Key(at) => {
            let assembled = at.provider().await?;
            println!("{}", assembled.log.key().kid());
            assembled.sql.close().await;
            Ok(())
        }
    }
}

/// Seals what is new and writes all of it. Answers the name of the key.
async fn hand_out(at: &At, out: &mut (impl Write + Send)) -> Result<String> {
    let assembled = at.provider().await?;
    let (directory, key) = (&assembled.directory, assembled.log.key());
    if assembled.log.seal(directory).await? == Sealing::Broken {
        println!("{BROKEN}");
    }
    let jwk: Value = serde_json::from_str(&key.jwk())?;
    directory.hand_out_log(jwk, out).await??;
    out.flush()?;
    assembled.sql.close().await;
    Ok(key.kid().to_owned())
}

fn judge(log: impl BufRead, kid: &str, seen: Option<&str>) -> Result<()> {
    let check = |signed: &str, key: &Value| {
        let (own, point) = point_of_jwk(key.get("x")?.as_str()?, key.get("y")?.as_str()?)?;
        (own == kid).then(|| verify_es256(signed, &point, kid, HEAD_TYP))?
    };
    let seen = match seen.map(|seen| seen.split_once(':')) {
        None => None,
        Some(Some((number, link))) => Some((number.parse().context("--seen is number:link")?, link)),
        Some(None) => bail!("--seen is number:link"),
    };
    let Verdict { entries, forgotten, signed, odd, faults } = log_proof::verify(log, check, seen)?;
    for words in odd.iter().chain(&faults) {
        println!("{words}");
    }
    if !faults.is_empty() {
        bail!("This log was changed, or was not signed by the key {kid}.");
    }
    println!(
        "{entries} entries, {forgotten} of them old enough to be forgotten. They fit, and nothing younger is missing."
    );
    if let Some((link, at)) = signed {
        println!("Signed by the key {kid} up to entry {} on {}.", link.seq, london::show(at));
        println!(
            "Note this down elsewhere. A later check with --seen proves that the log was not begun anew: {}:{}",
            link.seq, link.link
        );
    }
    Ok(())
}
