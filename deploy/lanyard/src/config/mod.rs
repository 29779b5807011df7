//! The configuration: read once, every fault named at once with path and hint, unknown keys refused.
//!
//! A [`Config`] that exists is valid. This is the only place that reads files of settings.

mod raw;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use certs::client::Authorities;

use crate::assemble::Plan;

/// A valid configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where metrics are shown; loopback unless somebody decides otherwise (P-12).
    pub metrics: SocketAddr,
    /// TLS of the listener; without it a TLS-terminating proxy must stand in front.
    pub tls: Option<TlsConfig>,
    /// The listener that asks clients for a certificate.
    pub mtls: Option<MtlsConfig>,
    /// The way out for mail.
    pub smtp: Option<SmtpConfig>,
    /// Event addresses of gateways elsewhere.
    pub gateways: Vec<String>,
    /// Public key of a gateway elsewhere.
    pub gateway_public_key: Option<String>,
    plan: Plan,
}

/// A certificate and its key, PEM.
#[derive(Clone, Debug)]
pub struct TlsConfig {
    /// The chain.
    pub chain: String,
    /// The key.
    pub key: String,
}

/// A second listener, for programs that have certificates (RFC 8705); it serves TLS by the same certificate.
#[derive(Clone, Debug)]
pub struct MtlsConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Who vouches for certificates of clients.
    pub authorities: Authorities,
}

/// Where mail goes.
#[derive(Clone, Debug)]
pub struct SmtpConfig {
    /// `smtps://user:password@host`.
    pub url: String,
    /// Sender.
    pub from: String,
    /// Certificate of an authority that the machine does not know, PEM.
    pub ca: Option<String>,
}

/// Everything that is wrong, at once.
#[derive(Debug, thiserror::Error)]
#[error("{path} has {} fault(s):\n{}", faults.len(), faults.iter().map(|fault| format!("  {fault}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigFaults {
    path: String,
    /// `path.to.key: what is wrong. Hint.`
    pub faults: Vec<String>,
}

impl Config {
    /// Reads and judges a file.
    pub fn read(path: &Path) -> Result<Self, ConfigFaults> {
        let fail = |faults| ConfigFaults { path: path.display().to_string(), faults };
        let text = std::fs::read_to_string(path)
            .map_err(|error| fail(vec![format!("{error}. Hint: name it with --config")]))?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("."))).map_err(fail)
    }

    /// Judges a text; paths in it are read relative to `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Vec<String>> {
        raw::judge(text, folder)
    }

    /// What the assembly wants to know.
    pub fn plan(&self) -> Plan {
        self.plan.clone()
    }
}

/// Resolves a path of the file.
fn resolved(folder: &Path, path: &str) -> PathBuf {
    folder.join(path)
}
