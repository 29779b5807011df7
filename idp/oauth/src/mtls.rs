//! Mutual TLS (RFC 8705): the certificate of a client's connection, and the names in it by which a client is known.

use idp_domain::tls_subject::{DistinguishedName, TlsSubject};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::x509::{RelativeDistinguishedName, X509Name};

/// Where clients with certificates come; they are told of it by `mtls_endpoint_aliases` (RFC 8705 §5).
#[derive(Clone, Debug)]
pub struct Mtls {
    /// Public origin, without a slash at the end.
    pub origin: String,
    /// Whether authorities of certificates are known: without any, only self-signed ones prove something.
    pub authorities: bool,
}

/// What a connection has shown, the key to it proven.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// DER.
    pub der: Vec<u8>,
    /// SHA-256 of it in base64url (`x5t#S256`).
    pub thumbprint: String,
    /// Whether an authority that is known here vouches for it.
    pub trusted: bool,
}

impl Certificate {
    /// Whether an authority vouches for this name in it (RFC 8705 §2.1). One that cannot be read has none.
    pub fn is_of(&self, subject: &TlsSubject) -> bool {
        let Ok((_, read)) = X509Certificate::from_der(&self.der) else { return false };
        self.trusted && named(&read, subject)
    }
}

fn named(read: &X509Certificate<'_>, subject: &TlsSubject) -> bool {
    if let TlsSubject::Dn(wanted) = subject {
        return distinguished(read.subject()).as_ref() == Some(wanted);
    }
    let Ok(Some(names)) = read.subject_alternative_name() else { return false };
    names.value.general_names.iter().any(|name| match (name, subject) {
        (GeneralName::DNSName(name), TlsSubject::Dns(wanted)) => name.eq_ignore_ascii_case(wanted),
        (GeneralName::URI(name), TlsSubject::Uri(wanted))
        | (GeneralName::RFC822Name(name), TlsSubject::Email(wanted)) => name == wanted,
        (GeneralName::IPAddress(octets), TlsSubject::Ip(wanted)) => match wanted {
            std::net::IpAddr::V4(wanted) => *octets == wanted.octets(),
            std::net::IpAddr::V6(wanted) => *octets == wanted.octets(),
        },
        _ => false,
    })
}

/// The distinguished name in a certificate; none when a part of it is no text.
fn distinguished(name: &X509Name<'_>) -> Option<DistinguishedName> {
    let part = |part: &RelativeDistinguishedName<'_>| {
        let read = part.iter().map(|one| Some((one.attr_type().to_id_string(), one.as_str().ok()?.to_owned())));
        read.collect::<Option<Vec<_>>>()
    };
    Some(DistinguishedName::of(name.iter_rdn().map(part).collect::<Option<_>>()?))
}
