//! A certificate authority for development: made once on this machine, trusted only by who chooses to.

use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use crate::KeyError;
use crate::custody::read_or_make;

/// Files of the development CA in a folder; made when they are missing.
pub struct DevCertificates {
    /// The CA, to be trusted by a browser.
    pub ca_pem: String,
    /// Leaf and CA, PEM.
    pub chain_pem: String,
    /// Key of the leaf, PEM.
    pub key_pem: String,
}

/// Reads or makes a CA and one certificate for `names` in `folder`. The CA's own key is used once and not kept.
pub fn ensure(folder: &Path, names: &[String], now: i64) -> Result<DevCertificates, KeyError> {
    let path = folder.join("dev-tls.pem");
    let bytes = read_or_make(&path, || make(names, now).map(String::into_bytes))?;
    let text = String::from_utf8(bytes).map_err(|_| KeyError::Malformed(path.display().to_string()))?;
    let parts: Vec<&str> = text.split("\n\n").collect();
    let [ca, leaf, key] = parts.as_slice() else { return Err(KeyError::Malformed(path.display().to_string())) };
    let ca_path = folder.join("dev-ca.pem");
    std::fs::write(&ca_path, ca).map_err(|source| KeyError::File { path: ca_path.display().to_string(), source })?;
    Ok(DevCertificates { ca_pem: (*ca).to_owned(), chain_pem: format!("{leaf}\n{ca}\n"), key_pem: (*key).to_owned() })
}

fn make(names: &[String], now: i64) -> Result<String, KeyError> {
    let wrong =
        |error: rcgen::Error| KeyError::Malformed(format!("the development certificate cannot be made: {error}"));
    let now = OffsetDateTime::from_unix_timestamp(now).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut ca = CertificateParams::new(Vec::<String>::new()).map_err(wrong)?;
    ca.distinguished_name = named("Lanyard development CA");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.not_before = now - Duration::days(1);
    ca.not_after = now + Duration::days(3650);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().map_err(wrong)?).map_err(wrong)?;
    let key = KeyPair::generate().map_err(wrong)?;
    let mut leaf = CertificateParams::new(names.to_vec()).map_err(wrong)?;
    leaf.distinguished_name = named("Lanyard development");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    leaf.not_before = now - Duration::days(1);
    leaf.not_after = now + Duration::days(397);
    let leaf = leaf.signed_by(&key, &ca).map_err(wrong)?;
    let [ca, leaf, key] =
        [ca.pem(), leaf.pem(), key.serialize_pem()].map(|pem| pem.replace("\r\n", "\n").trim().to_owned());
    Ok(format!("{ca}\n\n{leaf}\n\n{key}"))
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}
