//! E-mail addresses: read strictly, compared folded, shown as they were typed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An address of the form `local@domain` with no quoting, comments or spaces (H-21).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing was typed.
    #[error("Enter your email address")]
    Empty,
    /// It is not one address.
    #[error("Enter an email address in the correct format, like name@example.com")]
    Malformed,
}

/// Local parts that belong to a room, not to a person.
const SHARED: [&str; 15] = [
    "office",
    "admin",
    "info",
    "reception",
    "enquiries",
    "enquiry",
    "contact",
    "school",
    "staff",
    "head",
    "dsl",
    "safeguarding",
    "finance",
    "hr",
    "it",
];

impl EmailAddress {
    /// Reads an address; spaces around it are dropped.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        let Some((local, domain)) = text.split_once('@') else { return Err(EmailError::Malformed) };
        let local_ok = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b));
        if local_ok && domain_ok(domain) { Ok(Self(text.to_owned())) } else { Err(EmailError::Malformed) }
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form by which addresses are compared: lower case throughout.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The part before the `@`.
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the `@`, lower case.
    pub fn domain(&self) -> String {
        self.0.split_once('@').map_or_else(String::new, |(_, domain)| domain.to_ascii_lowercase())
    }

    /// Whether it looks like a mailbox that several people read.
    pub fn looks_shared(&self) -> bool {
        SHARED.contains(&self.local().to_ascii_lowercase().as_str())
    }
}

fn domain_ok(domain: &str) -> bool {
    let labels: Vec<&str> = domain.split('.').collect();
    domain.len() <= 253
        && labels.len() >= 2
        && labels.iter().all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plain_addresses_and_folds_their_case() {
        let address = EmailAddress::parse(" S.Dalgleish@Larkmoor.Example ").unwrap();
        assert_eq!(address.as_str(), "S.Dalgleish@Larkmoor.Example");
        assert_eq!(address.folded(), "s.dalgleish@larkmoor.example");
    }

    #[test]
    fn h_21_refuses_addresses_that_read_two_ways() {
        for bad in [
            "",
            "a",
            "a@b",
            "a@b@c.example",
            "\"a b\"@c.example",
            "a(x)@c.example",
            "a@c.example\0",
            "a@c..example",
            "ａ@c.example",
            "a@c.example;",
            "a b@c.example",
            ".a@c.example",
            "a@-c.example",
        ] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn knows_a_shared_mailbox() {
        assert!(EmailAddress::parse("Office@c.example").unwrap().looks_shared());
        assert!(!EmailAddress::parse("o.office@c.example").unwrap().looks_shared());
    }
}
