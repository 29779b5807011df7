//! Programs with certificates: an authority of their own, certificates that sign themselves, and one request over mutual TLS.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use idp_domain::{Clock, SystemClock};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, PublicKeyData, SanType,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::System;

/// An authority that vouches for certificates of clients.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Default for Authority {
    fn default() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "An authority of apps");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }
}

impl Authority {
    /// Its certificate, PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate with these names, for `CN=app,O=Bookworm`, that counts until `days` from now.
    pub fn issue(&self, names: Vec<SanType>, days: i64) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = app(names, days).signed_by(&key, &self.0).unwrap();
        Identity { certificate: certificate.der().to_vec(), key }
    }
}

fn app(names: Vec<SanType>, days: i64) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    // From the start: the generator has a name of its own in it.
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Bookworm");
    params.distinguished_name.push(DnType::CommonName, "app");
    params.subject_alt_names = names;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let now = time::OffsetDateTime::from_unix_timestamp(SystemClock.now().0).unwrap();
    let day = |days: i64| now + time::Duration::days(days);
    (params.not_before, params.not_after) = (day(-30), day(days));
    params
}

/// A certificate with its key.
pub struct Identity {
    certificate: Vec<u8>,
    key: KeyPair,
}

impl Identity {
    /// One that signs itself.
    pub fn itself() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = app(vec![], 30).self_signed(&key).unwrap();
        Self { certificate: certificate.der().to_vec(), key }
    }

    /// The certificate, DER.
    pub fn der(&self) -> &[u8] {
        &self.certificate
    }

    /// Its fingerprint (RFC 8705 §3.1).
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.certificate).as_ref())
    }

    /// PEM of the certificate, and of the key.
    pub fn pems(&self) -> (String, String) {
        let body = STANDARD.encode(&self.certificate);
        (format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"), self.key.serialize_pem())
    }

    /// The JWKS with it (RFC 7517 §4.7).
    pub fn jwks(&self) -> String {
        let point = self.key.der_bytes();
        let [x, y] = [&point[1..33], &point[33..]].map(|half| URL_SAFE_NO_PAD.encode(half));
        let x5c = [STANDARD.encode(&self.certificate)];
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": x, "y": y, "x5c": x5c }] }).to_string()
    }
}

/// What came back.
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Head and body as they were read.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        let body = self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_default()
    }
}

/// Sends a form to the provider's address for mutual TLS, with a certificate or without.
pub async fn post(system: &System, by: Option<&Identity>, path: &str, form: &[(&str, &str)]) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let head = format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n", body.len());
    send(system, by, ("POST", "id", path), &head, &body).await
}

/// Sends one request to a host at the address for mutual TLS. `head` is further lines of its head.
pub async fn send(
    system: &System,
    by: Option<&Identity>,
    (method, label, path): (&str, &str, &str),
    head: &str,
    body: &str,
) -> Answer {
    let origin = system.demo.mtls.as_ref().unwrap().origin.clone();
    let port = url::Url::parse(&origin).unwrap().port().unwrap();
    let mut roots = RootCertStore::empty();
    let ca = std::fs::read(system.file("dev-ca.pem")).unwrap();
    roots.add(CertificateDer::from_pem_slice(&ca).unwrap()).unwrap();
    let builder = ClientConfig::builder().with_root_certificates(roots);
    let config = match by {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let key = PrivateKeyDer::from_pem_slice(own.key.serialize_pem().as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![own.certificate.clone().into()], key).unwrap()
        }
    };
    let host = format!("{label}.lanyard.localhost");
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let name = ServerName::try_from(host.clone()).unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nhost: {host}:{port}\r\nconnection: close\r\n{head}\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = Vec::new();
    // A peer that closes without a farewell has said all that it had to.
    let _ = stream.read_to_end(&mut text).await;
    let text = String::from_utf8_lossy(&text).into_owned();
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, text }
}
