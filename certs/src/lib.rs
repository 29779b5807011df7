//! Certificates and custody of keys: sealing, ES256 signing keys, TLS, and the development CA.
//!
//! What is deliberately absent: any other crate of ours. No key is ever committed; keys are made on first start with
//! owner-only rights, and a start with looser rights is refused (T-16).

pub mod client;
pub mod custody;
pub mod dev_ca;
pub mod signing;
pub mod tls;

/// What can go wrong with keys and certificates.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Others may read the file.
    #[error("{0} can be read by others. Run: chmod 600 {0}")]
    LooseRights(String),
    /// The content is not what it should be.
    #[error("{0}")]
    Malformed(String),
}
