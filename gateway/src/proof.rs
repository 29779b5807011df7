//! Proofs that an app has the key to which its token is bound (RFC 9449 §4.3): for this method and address, of this moment, for
//! this token, each once.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::JsonWebKey;
use openidconnect::core::{CoreJsonWebKey, CoreJwsSigningAlgorithm};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Inner;
use crate::jws::Parts;
use crate::ports::hash;
use crate::session::StoreAway;

/// Difference of clocks, and age of a proof, that is accepted, in seconds.
const SKEW: i64 = 60;
/// Longest proof, in bytes.
const LONGEST: usize = 8 * 1024;
/// Members that only a private or secret key has (RFC 7518 §6).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// Algorithms by which a proof may be signed.
pub(crate) const ALGS: [&str; 4] = ["ES256", "PS256", "RS256", "EdDSA"];

/// What a proof is about.
pub(crate) struct About<'a> {
    pub method: &'a str,
    /// The address without query (`htu`).
    pub address: &'a str,
    pub token: &'a str,
}

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: Map<String, Value>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    htm: String,
    htu: String,
    iat: i64,
    jti: String,
    ath: String,
}

/// The thumbprint of the key of a proof (RFC 7638); none when the proof does not count.
pub(crate) async fn key_of(inner: &Inner, proof: &str, about: &About<'_>) -> Result<Option<String>, StoreAway> {
    let now = inner.ports.clock.now();
    let Some((thumbprint, claims)) = read(proof, about, now) else { return Ok(None) };
    // Remembered for as long as it would be believed.
    let name = format!("dpop:{}", hash(&format!("{thumbprint} {}", claims.jti)));
    let first = inner.sessions.store().first_bag(&name, claims.iat + 2 * SKEW).await?;
    Ok(first.then_some(thumbprint))
}

fn read(proof: &str, about: &About<'_>, now: i64) -> Option<(String, Claims)> {
    let parts = Parts::of(proof, LONGEST)?;
    let header: Header = serde_json::from_slice(&parts.header).ok()?;
    let known = header.typ == "dpop+jwt" && ALGS.contains(&header.alg.as_str()) && header.crit.is_none();
    if !known || PRIVATE.iter().any(|part| header.jwk.contains_key(*part)) {
        return None;
    }
    let alg = match header.alg.as_str() {
        "ES256" => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        "PS256" => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        "RS256" => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        _ => CoreJwsSigningAlgorithm::EdDsa,
    };
    let thumbprint = thumbprint(&header.jwk)?;
    let key: CoreJsonWebKey = serde_json::from_value(Value::Object(header.jwk)).ok()?;
    key.verify_signature(&alg, parts.signed.as_bytes(), &parts.signature).ok()?;
    let claims: Claims = serde_json::from_slice(&parts.payload).ok()?;
    let fits = claims.htm == about.method
        && same_address(&claims.htu, about.address)
        && (now - claims.iat).abs() <= SKEW
        && claims.ath == URL_SAFE_NO_PAD.encode(digest(&SHA256, about.token.as_bytes()))
        && (1..=128).contains(&claims.jti.len());
    fits.then_some((thumbprint, claims))
}

/// Whether an `htu` is an address; query and fragment are left out (RFC 9449 §4.3, check 9).
fn same_address(htu: &str, address: &str) -> bool {
    let normal = |address: &str| {
        let mut url = url::Url::parse(address).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    normal(htu).is_some_and(|claimed| normal(address) == Some(claimed))
}

/// SHA-256 over the required members of a key in the order of their names (RFC 7638 §3).
fn thumbprint(jwk: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str).filter(|text| plain(text));
    let members: &[&str] = match (text("kty")?, text("crv")) {
        ("EC", Some("P-256")) => &["crv", "kty", "x", "y"],
        ("OKP", Some("Ed25519")) => &["crv", "kty", "x"],
        // Of 2,048 bits at least.
        ("RSA", None) if text("n")?.len() >= 341 => &["e", "kty", "n"],
        _ => return None,
    };
    let all: Option<Vec<String>> = members.iter().map(|name| Some(format!(r#""{name}":"{}""#, text(name)?))).collect();
    Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("{{{}}}", all?.join(",")).as_bytes())))
}

/// Whether a text needs no escape in JSON; numbers of keys and names of curves never do.
fn plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
