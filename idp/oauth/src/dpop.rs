//! Proof of possession of a key (RFC 9449): for this method and address, of this moment, with our nonce, each once.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idp_domain::Timestamp;
use serde::Deserialize;

use crate::jwk::{ALGS, PublicKey};
use crate::jws::Unverified;
use crate::{OAuthError, Provider};

/// Difference of clocks, and age of a proof, that is accepted, in seconds.
const SKEW: i64 = 60;
/// Seconds for which a nonce is handed out; it counts for as long again.
const NONCE: i64 = 300;
const PURPOSE: &str = "dpop nonce";

const BAD: OAuthError = OAuthError::new("invalid_dpop_proof", "the DPoP proof does not count");

/// What a proof is about.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// Method of the request.
    pub method: &'a str,
    /// Path of the request; with the issuer's origin it is `htu`.
    pub path: &'a str,
    /// The access token that is used with it, if one is.
    pub token: Option<&'a str>,
}

#[derive(Deserialize)]
struct Claims {
    htm: String,
    htu: String,
    iat: i64,
    jti: String,
    ath: Option<String>,
    nonce: Option<String>,
}

impl Provider {
    /// The nonce for proofs of the next minutes (RFC 9449 §8). It needs no memory: it is a fingerprint of the time.
    pub fn dpop_nonce(&self) -> String {
        self.nonce_of(self.context.now().0 / NONCE)
    }

    fn nonce_of(&self, window: i64) -> String {
        self.context.vault.fingerprint(PURPOSE, &window.to_be_bytes()).0
    }

    /// Checks a proof (RFC 9449 §4.3) and answers the thumbprint of its key.
    pub async fn dpop(&self, proof: &str, target: Target<'_>) -> Result<String, OAuthError> {
        let read = Unverified::read(proof).ok_or(BAD)?;
        let algorithm = read.header("alg").is_some_and(|alg| ALGS.contains(&alg));
        if read.header("typ") != Some("dpop+jwt") || !algorithm {
            return Err(BAD);
        }
        let key = read.header.get("jwk").and_then(PublicKey::parse).ok_or(BAD)?;
        let claims: Claims = read.claims_by(&key).ok_or(BAD)?;
        let now = self.context.now().0;
        let bound = target.token.map(|token| URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()).as_ref()));
        let fits = claims.htm == target.method
            && self.is_at(&claims.htu, target.path)
            && (now - claims.iat).abs() <= SKEW
            && claims.ath == bound
            && (1..=128).contains(&claims.jti.len());
        if !fits {
            return Err(BAD);
        }
        let window = now / NONCE;
        let known = |nonce: &str| [window, window - 1].into_iter().any(|window| self.nonce_of(window) == nonce);
        if !claims.nonce.as_deref().is_some_and(known) {
            return Err(OAuthError::new("use_dpop_nonce", "use the nonce of the DPoP-Nonce header"));
        }
        let thumbprint = key.thumbprint();
        let expires = Timestamp(claims.iat + 2 * SKEW);
        let first = self.context.store.first_use("dpop", &format!("{thumbprint} {}", claims.jti), expires).await?;
        if first { Ok(thumbprint) } else { Err(BAD) }
    }

    /// Whether an `htu` is this address of ours; query and fragment are left out (RFC 9449 §4.3, check 9).
    fn is_at(&self, htu: &str, path: &str) -> bool {
        let normal = |address: &str| {
            let mut url = url::Url::parse(address).ok()?;
            url.set_query(None);
            url.set_fragment(None);
            Some(url)
        };
        let origins = [Some(&self.issuer), self.mtls.as_ref().map(|mtls| &mtls.origin)];
        let at = |origin: &String| normal(&format!("{origin}{path}"));
        normal(htu)
            .is_some_and(|claimed| origins.into_iter().flatten().any(|origin| at(origin).as_ref() == Some(&claimed)))
    }
}
