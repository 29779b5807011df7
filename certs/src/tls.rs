//! TLS of the listener: 1.3, and 1.2 with ECDHE and AES-GCM only.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::{CipherSuite, ServerConfig};

use crate::KeyError;
use crate::client::Anybody;

/// The cipher suites that are offered.
pub(crate) fn provider() -> CryptoProvider {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|suite| {
        !matches!(
            suite.suite(),
            CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
                | CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
        )
    });
    provider
}

/// Settings of a TLS listener from a chain and a key in PEM.
pub fn server(chain_pem: &str, key_pem: &str) -> Result<Arc<ServerConfig>, KeyError> {
    made((chain_pem, key_pem), None)
}

/// The same for one that asks clients for a certificate. Browsers ask people which one to show: it is for programs.
pub fn server_asking(chain_pem: &str, key_pem: &str) -> Result<Arc<ServerConfig>, KeyError> {
    let anybody = Anybody(provider().signature_verification_algorithms);
    made((chain_pem, key_pem), Some(Arc::new(anybody)))
}

fn made(
    (chain_pem, key_pem): (&str, &str),
    asks: Option<Arc<dyn ClientCertVerifier>>,
) -> Result<Arc<ServerConfig>, KeyError> {
    let chain = CertificateDer::pem_slice_iter(chain_pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| KeyError::Malformed(format!("the certificate chain cannot be read: {error}")))?;
    let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes())
        .map_err(|error| KeyError::Malformed(format!("the certificate's key cannot be read: {error}")))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| match asks {
            None => builder.with_no_client_auth().with_single_cert(chain, key),
            Some(asks) => builder.with_client_cert_verifier(asks).with_single_cert(chain, key),
        })
        .map_err(|error| KeyError::Malformed(format!("certificate and key do not fit: {error}")))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Makes the one cryptographic provider the process default. Called first thing in `main`.
pub fn install_provider() {
    // An error means that it is installed already, which is what is wanted.
    drop(provider().install_default());
}
