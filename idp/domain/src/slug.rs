//! Slugs: the part of a site's address that names the school.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 3 to 40 of a–z, 0–9 and hyphen, not at the ends, and not a reserved word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Why a text is not a slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Use 3 to 40 lower case letters, numbers and hyphens, for example larkmoor. Some names, such as admin, are kept for Lanyard"
)]
pub struct SlugError;

const RESERVED: [&str; 10] = ["www", "admin", "id", "api", "status", "help", "mail", "phone", "lanyard", "static"];

impl Slug {
    /// Reads a slug.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        let ok = (3..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !RESERVED.contains(&text);
        if ok { Ok(Self(text.to_owned())) } else { Err(SlugError) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Slug {
    type Error = SlugError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}
