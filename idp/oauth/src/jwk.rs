//! Public keys of clients (RFC 7517): read, compared by thumbprint, and never used for another algorithm than their own (T-02).

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// Algorithms by which clients may sign.
pub const ALGS: [&str; 4] = ["ES256", "PS256", "RS256", "EdDSA"];

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Its name in a JWKS.
    pub kid: Option<String>,
    kind: Kind,
    /// The one algorithm that the JWK names, if it names one.
    alg: Option<String>,
    /// The certificate that comes with it (`x5c`), DER.
    pub certificate: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    P256 { x: Vec<u8>, y: Vec<u8> },
    Ed25519 { x: Vec<u8> },
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl PublicKey {
    /// Reads a JWK. One that holds a private part, or is meant for encryption, is refused.
    pub fn parse(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if ["d", "p", "q", "dp", "dq", "qi", "k"].iter().any(|name| jwk.get(*name).is_some()) {
            return None;
        }
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let kind = match (text("kty")?, text("crv")) {
            ("EC", Some("P-256")) => Kind::P256 { x: bytes("x")?, y: bytes("y")? },
            ("OKP", Some("Ed25519")) => Kind::Ed25519 { x: bytes("x")? },
            ("RSA", None) => Kind::Rsa { n: bytes("n")?, e: bytes("e")? },
            _ => return None,
        };
        let sized = match &kind {
            Kind::P256 { x, y } => x.len() == 32 && y.len() == 32,
            Kind::Ed25519 { x } => x.len() == 32,
            Kind::Rsa { n, e } => (256..=1024).contains(&n.len()) && (1..=4).contains(&e.len()),
        };
        let alg = text("alg").map(str::to_owned);
        let certificate = jwk.get("x5c").and_then(|chain| STANDARD.decode(chain.get(0)?.as_str()?).ok());
        sized.then(|| Self { kid: text("kid").map(str::to_owned), kind, alg, certificate })
    }

    /// Reads a P-256 point, uncompressed SEC1 in base64url, that signs as ES256.
    pub fn of_point(point: &str) -> Option<Self> {
        let point = URL_SAFE_NO_PAD.decode(point).ok()?;
        let (x, y) = point.strip_prefix(&[4])?.split_at_checked(32)?;
        let kind = Kind::P256 { x: x.to_vec(), y: y.to_vec() };
        (y.len() == 32).then(|| Self { kid: None, kind, alg: Some("ES256".to_owned()), certificate: None })
    }

    /// Reads the keys of a JWKS; those that are of no use here are left out.
    pub fn parse_set(jwks: &str) -> Vec<Self> {
        let set: Option<Value> = serde_json::from_str(jwks).ok();
        let keys = set.as_ref().and_then(|set| set.get("keys")).and_then(Value::as_array);
        keys.into_iter().flatten().filter_map(Self::parse).collect()
    }

    /// Whether a signature over a message is this key's, by an algorithm that the key is for.
    pub fn verifies(&self, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        if self.alg.as_deref().is_some_and(|own| own != alg) {
            return false;
        }
        match (&self.kind, alg) {
            (Kind::P256 { x, y }, "ES256") => {
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            (Kind::Ed25519 { x }, "EdDSA") => UnparsedPublicKey::new(&ED25519, x).verify(message, signature).is_ok(),
            (Kind::Rsa { n, e }, "PS256") => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, message, signature).is_ok()
            }
            (Kind::Rsa { n, e }, "RS256") => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
            _ => false,
        }
    }

    /// The thumbprint (RFC 7638 §3): SHA-256 of the required members in the order of their names.
    pub fn thumbprint(&self) -> String {
        let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let members = match &self.kind {
            Kind::P256 { x, y } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, b64(x), b64(y)),
            Kind::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, b64(x)),
            Kind::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, b64(e), b64(n)),
        };
        b64(digest(&SHA256, members.as_bytes()).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        // RFC 7638 §3.1.
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn\
                 jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qM\
                 QvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJz\
                 KnqDKgw";
        let key = PublicKey::parse(&json!({ "kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256" })).unwrap();
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert!(!key.verifies("PS256", b"x", b"y"), "a key is for the algorithm that it names");
    }

    #[test]
    fn t_04_private_parts_and_keys_for_other_ends_are_refused() {
        let x = URL_SAFE_NO_PAD.encode([1; 32]);
        let good = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
        assert!(PublicKey::parse(&good).is_some());
        for (name, value) in [("d", json!(x)), ("use", json!("enc")), ("crv", json!("X25519")), ("x", json!("AA"))] {
            let mut bad = good.clone();
            bad[name] = value;
            assert!(PublicKey::parse(&bad).is_none(), "{bad}");
        }
        assert!(PublicKey::parse(&json!({ "kty": "oct", "k": x })).is_none());
    }
}
