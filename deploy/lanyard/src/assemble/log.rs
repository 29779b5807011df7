//! Sealing the audit log: the key that signs it, and the link that was signed last, kept outside the database.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use certs::custody::Custody;
use certs::signing::Es256;
use idp_directory::Directory;
use idp_directory::log_proof::Sealing;

/// What the file with the last link is sealed for.
const SEAL: &str = "log-head";

/// Signs the log.
pub struct LogSealer {
    key: Es256,
    custody: Arc<Custody>,
    file: PathBuf,
}

impl LogSealer {
    pub(super) fn open(data: &std::path::Path, custody: Arc<Custody>) -> Result<Self> {
        let key = Es256::open(&data.join("log.key"), &custody)?;
        Ok(Self { key, custody, file: data.join("log.head") })
    }

    /// The key.
    pub fn key(&self) -> &Es256 {
        &self.key
    }

    /// Chains and signs what is new, unless somebody has changed what was signed before.
    pub async fn seal(&self, directory: &Directory) -> Result<Sealing> {
        let noted = self.noted()?;
        let sealing = directory.seal_log(noted.as_ref(), |typ, payload| self.key.sign(typ, payload)).await?;
        if let Sealing::Signed(seq, link) = &sealing {
            let sealed = self.custody.seal(SEAL, format!("{seq}:{link}").as_bytes())?;
            // It appears whole or not at all; of two nodes that share the folder, either may be last.
            let draft = self.file.with_extension(format!("head-{}", std::process::id()));
            std::fs::write(&draft, sealed).and_then(|()| std::fs::rename(&draft, &self.file)).context("log.head")?;
        }
        Ok(sealing)
    }

    /// The link that was signed last: its number and hash.
    fn noted(&self) -> Result<Option<(i64, String)>> {
        let sealed = match std::fs::read(&self.file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.context("log.head")?,
        };
        let plain = self.custody.open_sealed(SEAL, &sealed).context("log.head does not belong to this master key")?;
        let text = String::from_utf8(plain).context("log.head cannot be read")?;
        let (seq, link) = text.split_once(':').context("log.head cannot be read")?;
        Ok(Some((seq.parse().context("log.head cannot be read")?, link.to_owned())))
    }
}

/// What is said where the log was changed behind Lanyard's back.
pub const BROKEN: &str = "The audit log no longer holds what was signed last: somebody has changed the database. Nothing more is \
    signed. If you have restored a backup, remove log.head from the data folder.";
