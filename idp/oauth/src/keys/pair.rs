//! A key pair of aws-lc-rs as openidconnect's `PrivateSigningKey`; the `rsa` crate never signs (T-17).

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use openidconnect::core::{CoreJsonCurveType, CoreJsonWebKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey, SigningError};

enum Pair {
    Es256(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// One private key with its public JWK.
pub struct SigningKey {
    pair: Pair,
    jwk: CoreJsonWebKey,
    kid: String,
}

/// A new private key in PKCS#8.
pub(super) fn generate(alg: &str) -> Option<Vec<u8>> {
    match alg {
        "ES256" => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
            Some(pair.to_pkcs8v1().ok()?.as_ref().to_vec())
        }
        "RS256" => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
            let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().ok()?;
            Some(der.as_ref().to_vec())
        }
        "EdDSA" => {
            let pair = Ed25519KeyPair::generate().ok()?;
            Some(pair.to_pkcs8v1().ok()?.as_ref().to_vec())
        }
        _ => None,
    }
}

impl SigningKey {
    pub(super) fn from_pkcs8(alg: &str, der: &[u8], kid: String) -> Option<Self> {
        let id = Some(JsonWebKeyId::new(kid.clone()));
        match alg {
            "ES256" => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).ok()?;
                let [4, point @ ..] = pair.public_key().as_ref() else { return None };
                let (x, y) = point.split_at_checked(32)?;
                let jwk = CoreJsonWebKey::new_ec(x.to_vec(), y.to_vec(), CoreJsonCurveType::P256, id);
                Some(Self { pair: Pair::Es256(pair), jwk, kid })
            }
            "RS256" | "PS256" => {
                let pair = RsaKeyPair::from_pkcs8(der).ok()?;
                let (n, e) = modulus_and_exponent(pair.public_key().as_ref())?;
                let jwk = CoreJsonWebKey::new_rsa(n, e, id);
                Some(Self { pair: Pair::Rsa(pair), jwk, kid })
            }
            "EdDSA" => {
                let pair = Ed25519KeyPair::from_pkcs8(der).ok()?;
                let x = pair.public_key().as_ref().to_vec();
                let jwk = CoreJsonWebKey::new_okp(x, CoreJsonCurveType::Ed25519, id);
                Some(Self { pair: Pair::Ed25519(pair), jwk, kid })
            }
            _ => None,
        }
    }

    /// Its key identifier.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

impl PrivateSigningKey for SigningKey {
    type VerificationKey = CoreJsonWebKey;

    fn sign(&self, alg: &CoreJwsSigningAlgorithm, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        match (&self.pair, alg) {
            (Pair::Es256(pair), CoreJwsSigningAlgorithm::EcdsaP256Sha256) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| SigningError::CryptoError),
            (Pair::Rsa(pair), CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256) => {
                by_rsa(pair, &RSA_PKCS1_SHA256, message)
            }
            (Pair::Rsa(pair), CoreJwsSigningAlgorithm::RsaSsaPssSha256) => by_rsa(pair, &RSA_PSS_SHA256, message),
            (Pair::Ed25519(pair), CoreJwsSigningAlgorithm::EdDsa) => Ok(pair.sign(message).as_ref().to_vec()),
            (_, other) => Err(SigningError::UnsupportedAlg(format!("{other:?}"))),
        }
    }

    fn as_verification_key(&self) -> CoreJsonWebKey {
        self.jwk.clone()
    }
}

fn by_rsa(pair: &RsaKeyPair, how: &'static dyn RsaEncoding, message: &[u8]) -> Result<Vec<u8>, SigningError> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(how, &SystemRandom::new(), message, &mut signature).map_err(|_| SigningError::CryptoError)?;
    Ok(signature)
}

/// `n` and `e` of an `RSAPublicKey` in DER (RFC 8017 A.1.1), without leading zeros.
fn modulus_and_exponent(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (sequence, _) = element(0x30, der)?;
    let (n, rest) = element(0x02, sequence)?;
    let (e, _) = element(0x02, rest)?;
    let plain = |bytes: &[u8]| bytes.strip_prefix(&[0]).unwrap_or(bytes).to_vec();
    Some((plain(n), plain(e)))
}

fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if found != tag {
        return None;
    }
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        (bytes.iter().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte)), rest)
    };
    rest.split_at_checked(length)
}
