//! Certificates of clients (RFC 8705): asked for at the handshake, taken from whoever has the key to one, and judged by
//! those who know whose it should be.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConnection, SignatureScheme};

use crate::KeyError;

/// The certificate that a client has shown on its connection; it has proven to have the key to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// DER.
    pub der: Vec<u8>,
    /// Its fingerprint, as tokens name it (`x5t#S256`, RFC 8705 §3.1).
    pub thumbprint: String,
    /// Whether one of the [`Authorities`] vouches for it, and it is not over.
    pub trusted: bool,
}

impl Presented {
    /// What a connection has shown, if anything.
    pub fn of(connection: &ServerConnection, authorities: &Authorities, now: i64) -> Option<Self> {
        let (leaf, between) = connection.peer_certificates()?.split_first()?;
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, leaf).as_ref());
        Some(Self { der: leaf.to_vec(), thumbprint, trusted: authorities.vouch_for(leaf, between, now) })
    }
}

/// Who vouches for certificates of clients; nobody, where none are configured.
#[derive(Clone, Debug, Default)]
pub struct Authorities(Option<Arc<dyn ClientCertVerifier>>);

impl Authorities {
    /// Reads certificates of authorities, PEM.
    pub fn read(pem: &str) -> Result<Self, KeyError> {
        let unreadable = |why: String| KeyError::Malformed(format!("the authorities of clients cannot be read: {why}"));
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            let root = root.map_err(|error| unreadable(error.to_string()))?;
            roots.add(root).map_err(|error| unreadable(error.to_string()))?;
        }
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(crate::tls::provider()));
        Ok(Self(Some(verifier.build().map_err(|error| unreadable(error.to_string()))?)))
    }

    /// Whether there are any.
    pub fn are_known(&self) -> bool {
        self.0.is_some()
    }

    fn vouch_for(&self, leaf: &CertificateDer<'_>, between: &[CertificateDer<'_>], now: i64) -> bool {
        let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or(0)));
        self.0.as_ref().is_some_and(|verifier| verifier.verify_client_cert(leaf, between, now).is_ok())
    }
}

/// Asks every client for a certificate and lets in those without one. Whose it is, is no question of the handshake: a
/// self-signed one is as good as any, and whoever registered it knows it.
#[derive(Debug)]
pub(crate) struct Anybody(pub WebPkiSupportedAlgorithms);

impl ClientCertVerifier for Anybody {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
