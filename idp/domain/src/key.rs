//! Keys: what a person has, beside what they know.

use crate::acr::{Acr, Amr};
use crate::clock::Timestamp;
use crate::id::{KeyId, PersonId};

/// One key of a person.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its identifier.
    pub id: KeyId,
    /// Whose it is.
    pub person: PersonId,
    /// What kind it is.
    pub kind: KeyKind,
    /// The name its owner gave it, 1 to 40 characters.
    pub name: String,
    /// Sealed TOTP secret, or the stored passkey; only `idp/signin` reads it.
    pub material: Vec<u8>,
    /// The last time step that was used (soft key); a step counts once.
    pub last_step: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// Since when it proves nothing, until its owner switches it on again.
    pub suspended_at: Option<Timestamp>,
    /// A card without a code that is left: it proves nothing any more.
    pub spent: bool,
}

impl Key {
    /// Whether it proves anything now.
    pub fn works(&self) -> bool {
        self.suspended_at.is_none() && !self.spent
    }
}

/// The kinds of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// An authenticator app (RFC 6238).
    Soft,
    /// A passkey or security key (WebAuthn).
    Passkey,
    /// A printed card of codes, each used once, for people without a telephone.
    Card,
}

impl KeyKind {
    /// Every kind, in the order in which screens list them.
    pub const ALL: [Self; 3] = [Self::Passkey, Self::Soft, Self::Card];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Soft => "soft",
            Self::Passkey => "passkey",
            Self::Card => "card",
        }
    }

    /// Reads the stored word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The name on screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Soft => "Authenticator app",
            Self::Passkey => "Passkey or security key",
            Self::Card => "Printed code card",
        }
    }

    /// What a proof with this kind of key is worth.
    pub fn acr(self) -> Acr {
        match self {
            Self::Soft | Self::Card => Acr::Key,
            Self::Passkey => Acr::PhishingResistant,
        }
    }

    /// How a proof with this kind of key is named.
    pub fn amr(self) -> &'static [Amr] {
        match self {
            Self::Soft | Self::Card => &[Amr::Otp, Amr::Mfa],
            Self::Passkey => &[Amr::Pop, Amr::User, Amr::Mfa],
        }
    }
}
