//! A client's own key: signs assertions, request objects and proofs, as an app of the strongest profile does.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idp_domain::Clock;
use serde_json::{Value, json};

use crate::System;

/// A key pair of P-256.
pub struct ClientKey {
    pair: EcdsaKeyPair,
    /// Its public half.
    pub jwk: Value,
}

impl Default for ClientKey {
    fn default() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
        Self { pair, jwk }
    }
}

/// A new identifier.
pub fn unique() -> String {
    idp_domain::Secret::new(&idp_domain::SystemRandom).reveal().to_owned()
}

impl ClientKey {
    /// Signs claims under a header.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let input =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    /// Its JWKS.
    pub fn jwks(&self) -> String {
        json!({ "keys": [self.jwk] }).to_string()
    }

    /// A client assertion that is right in every respect.
    pub fn assertion(&self, system: &System, client: &str) -> String {
        let claims = json!({
            "iss": client, "sub": client, "aud": system.origin("id"), "jti": unique(),
            "exp": system.clock.now().0 + 60,
        });
        self.sign(&json!({ "alg": "ES256" }), &claims)
    }

    /// The claims of a proof for a request, right in every respect but that a nonce may be missing.
    pub fn proof_claims(system: &System, (method, url): (&str, &str), nonce: &str, token: Option<&str>) -> Value {
        let mut claims = json!({ "htm": method, "htu": url, "iat": system.clock.now().0, "jti": unique() });
        if !nonce.is_empty() {
            claims["nonce"] = json!(nonce);
        }
        if let Some(token) = token {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
            claims["ath"] = json!(URL_SAFE_NO_PAD.encode(digest));
        }
        claims
    }

    /// A proof of possession of this key.
    pub fn proof(&self, claims: &Value) -> String {
        self.sign(&json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk }), claims)
    }
}
