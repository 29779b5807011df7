//! Compact JWS with a chosen `typ`: made for events, checked for clients. The algorithm is fixed by the key.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::jwk::PublicKey;

/// Longest token that is looked at, in bytes (T-07).
const LONGEST: usize = 8 * 1024;

/// A token that was read, and is not believed yet.
pub struct Unverified<'a> {
    /// Its header.
    pub header: Value,
    alg: String,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Unverified<'a> {
    /// Reads a token. One with a `crit` that we do not know, or without an algorithm, is refused.
    pub fn read(token: &'a str) -> Option<Self> {
        if token.len() > LONGEST {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        if header.get("crit").is_some() || header.get("b64").is_some() {
            return None;
        }
        let alg = header.get("alg")?.as_str()?.to_owned();
        let (payload, signature) = (URL_SAFE_NO_PAD.decode(payload).ok()?, URL_SAFE_NO_PAD.decode(signature).ok()?);
        Some(Self { header, alg, signed, payload, signature })
    }

    /// A text member of the header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// The claims, if the token is signed by this key. A claim that comes twice makes a token
    /// unreadable, for a type that names its claims as for [`Members`].
    pub fn claims_by<T: DeserializeOwned>(&self, key: &PublicKey) -> Option<T> {
        let signed = key.verifies(&self.alg, self.signed.as_bytes(), &self.signature);
        signed.then(|| serde_json::from_slice(&self.payload).ok()).flatten()
    }

    /// The claims, if the token is signed by one of these keys: by the one that it names, if it names one (T-03).
    pub fn claims_by_any<T: DeserializeOwned>(&self, keys: &[PublicKey]) -> Option<T> {
        let kid = self.header("kid");
        let fits = |key: &&PublicKey| kid.is_none() || key.kid.is_none() || key.kid.as_deref() == kid;
        keys.iter().filter(fits).find_map(|key| self.claims_by(key))
    }
}

/// Claims of any kind, each at most once.
pub struct Members(pub Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;
        impl<'de> Visitor<'de> for Once {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object, each of whose members comes once")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = access.next_entry::<String, Value>()? {
                    if members.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member comes twice"));
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Once)
    }
}

/// The part of a JWS that is signed.
pub fn signing_input(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// Joins the signed part and the signature.
pub fn compact(signing_input: &str, signature: &[u8]) -> String {
    format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[cfg(test)]
mod tests {
    use super::Members;

    #[test]
    fn t_08_a_claim_that_comes_twice_makes_claims_unreadable() {
        assert!(serde_json::from_str::<Members>(r#"{"aud":"a","scope":"openid"}"#).is_ok());
        assert!(serde_json::from_str::<Members>(r#"{"aud":"a","scope":"openid","aud":"b"}"#).is_err());
    }
}
