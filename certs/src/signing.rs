//! ES256 signing keys (RFC 7518 §3.4) and compact JWTs made and checked with them.

use std::path::Path;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::KeyError;
use crate::custody::{Custody, read_or_make};

/// A private key on P-256.
pub struct Es256 {
    pair: EcdsaKeyPair,
    kid: String,
}

impl Es256 {
    /// Reads the sealed key of this file, or makes it.
    pub fn open(path: &Path, custody: &Custody) -> Result<Self, KeyError> {
        let sealed = read_or_make(path, || {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| malformed(path))?;
            let der = pair.to_pkcs8v1().map_err(|_| malformed(path))?;
            custody.seal("es256", der.as_ref())
        })?;
        let der = custody.open_sealed("es256", &sealed).ok_or_else(|| malformed(path))?;
        Self::from_pkcs8(&der).ok_or_else(|| malformed(path))
    }

    /// A key from its PKCS#8 form; its `kid` is the start of the hash of the public point.
    pub fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).ok()?;
        let kid = kid_of(pair.public_key().as_ref())?;
        Some(Self { pair, kid })
    }

    /// Its key identifier.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public point, uncompressed SEC1, base64url: what a relying party registers.
    pub fn public_point(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref())
    }

    /// The public half as a JWK (RFC 7517).
    pub fn jwk(&self) -> String {
        let point = self.pair.public_key().as_ref();
        let half = |range| URL_SAFE_NO_PAD.encode(point.get(range).unwrap_or_default());
        format!(
            r#"{{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"{}","x":"{}","y":"{}"}}"#,
            self.kid,
            half(1..33),
            half(33..65)
        )
    }

    /// A compact JWS of this `typ` over a JSON payload.
    pub fn sign(&self, typ: &str, payload: &str) -> Option<String> {
        let header = format!(r#"{{"alg":"ES256","kid":"{}","typ":"{typ}"}}"#, self.kid);
        let mut token = String::with_capacity(payload.len() * 4 / 3 + 200);
        URL_SAFE_NO_PAD.encode_string(header, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.pair.sign(&SystemRandom::new(), token.as_bytes()).ok()?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Some(token)
    }
}

/// The public point of a JWK from its coordinates, with the `kid` that a key of ours has.
pub fn point_of_jwk(x: &str, y: &str) -> Option<(String, Vec<u8>)> {
    let [x, y] = [x, y].map(|half| URL_SAFE_NO_PAD.decode(half).ok().filter(|half| half.len() == 32));
    let point = [&[4], x?.as_slice(), y?.as_slice()].concat();
    Some((kid_of(&point)?, point))
}

/// The start of the hash of the public point.
fn kid_of(point: &[u8]) -> Option<String> {
    let hash = digest::digest(&digest::SHA256, point);
    Some(URL_SAFE_NO_PAD.encode(hash.as_ref().get(..9)?))
}

fn malformed(path: &Path) -> KeyError {
    KeyError::Malformed(format!("{} is not a signing key of this installation", path.display()))
}

/// Checks a compact ES256 JWS against a public point; answers its payload. `alg`, `kid` and `typ` must be as expected.
pub fn verify_es256(token: &str, point: &[u8], kid: &str, typ: &str) -> Option<Vec<u8>> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, payload) = signed.split_once('.')?;
    let header = String::from_utf8(URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    if header != format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"{typ}"}}"#) {
        return None;
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed.as_bytes(), &signature).ok()?;
    URL_SAFE_NO_PAD.decode(payload).ok()
}
