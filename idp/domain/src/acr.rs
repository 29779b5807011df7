//! How sure we are of a person: `acr`, `amr` (RFC 8176) and the level at a site.

use serde::{Deserialize, Serialize};

/// Authentication context class (OpenID Connect Core §2), weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Acr {
    /// E-mail and password.
    #[serde(rename = "urn:lanyard:acr:base")]
    Base,
    /// And a key.
    #[serde(rename = "urn:lanyard:acr:key")]
    Key,
    /// And a key that cannot be phished: a passkey or a security key.
    #[serde(rename = "urn:lanyard:acr:key-phishing-resistant")]
    PhishingResistant,
}

impl Acr {
    /// Every value, weakest first, as discovery lists them.
    pub const ALL: [Self; 3] = [Self::Base, Self::Key, Self::PhishingResistant];

    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "urn:lanyard:acr:base",
            Self::Key => "urn:lanyard:acr:key",
            Self::PhishingResistant => "urn:lanyard:acr:key-phishing-resistant",
        }
    }

    /// Reads a value of the wire; `phr` is the usual short name of the strongest one.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "phr" => Some(Self::PhishingResistant),
            _ => Self::ALL.into_iter().find(|acr| acr.as_str() == text),
        }
    }
}

/// Authentication method reference (RFC 8176 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Amr {
    /// Password.
    Pwd,
    /// One-time code of a soft key.
    Otp,
    /// Proof of possession of a key. Whether it lives in hardware is not said: no key is asked for an attestation.
    #[serde(alias = "hwk")]
    Pop,
    /// The person was present and verified to the key.
    User,
    /// More than one factor.
    Mfa,
}

/// What a person may do at one site at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Signed in.
    Base,
    /// A key was used for this site in this browser a short while ago.
    Elevated,
}

impl Level {
    /// The word in headers and policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Elevated => "elevated",
        }
    }
}
