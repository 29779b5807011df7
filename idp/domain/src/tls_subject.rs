//! Names in certificates (RFC 8705 §2.1.2, RFC 4514): by one of them a client is known that an authority vouches for.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The one name in a certificate by which a client is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum TlsSubject {
    /// The subject's distinguished name.
    Dn(DistinguishedName),
    /// A DNS name.
    Dns(String),
    /// A URI.
    Uri(String),
    /// An address.
    Ip(IpAddr),
    /// An e-mail address.
    Email(String),
}

impl TlsSubject {
    /// The word of each kind, with its member in client metadata.
    pub const KINDS: [(&str, &str); 5] = [
        ("dn", "tls_client_auth_subject_dn"),
        ("dns", "tls_client_auth_san_dns"),
        ("uri", "tls_client_auth_san_uri"),
        ("ip", "tls_client_auth_san_ip"),
        ("email", "tls_client_auth_san_email"),
    ];

    /// Reads a name of a kind; none when it is no such name.
    pub fn parse(kind: &str, name: &str) -> Option<Self> {
        if kind == "dn" {
            return DistinguishedName::parse(name).map(Self::Dn);
        }
        let name = name.trim();
        let plain = (1..=256).contains(&name.len()) && !name.chars().any(|c| c.is_control() || c == ' ');
        match kind {
            "dns" if plain && name.contains('.') && !name.contains('*') => Some(Self::Dns(name.to_ascii_lowercase())),
            "uri" if plain && name.contains(':') => Some(Self::Uri(name.to_owned())),
            "ip" => name.parse().ok().map(Self::Ip),
            "email" if plain && name.contains('@') => Some(Self::Email(name.to_owned())),
            _ => None,
        }
    }

    /// The word of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dn(_) => "dn",
            Self::Dns(_) => "dns",
            Self::Uri(_) => "uri",
            Self::Ip(_) => "ip",
            Self::Email(_) => "email",
        }
    }

    /// Its member in client metadata.
    pub fn member(&self) -> &'static str {
        Self::KINDS.iter().find(|(kind, _)| *kind == self.kind()).map_or("", |(_, member)| member)
    }

    /// The name alone.
    pub fn name(&self) -> String {
        match self {
            Self::Dn(name) => name.to_string(),
            Self::Ip(address) => address.to_string(),
            Self::Dns(name) | Self::Uri(name) | Self::Email(name) => name.clone(),
        }
    }
}

/// Attributes that have a name (RFC 4514 §3); others are told by their numbers.
const ATTRIBUTES: [(&str, &str); 11] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.6", "C"),
    ("2.5.4.9", "STREET"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
];

/// A distinguished name, its last part first as RFC 4514 writes it; the attributes of one part in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DistinguishedName(Vec<Vec<(String, String)>>);

impl DistinguishedName {
    /// Makes one of what is in a certificate: its parts in their order there, each with the numbers and values of its
    /// attributes.
    pub fn of(parts: Vec<Vec<(String, String)>>) -> Self {
        let known = |number: String| {
            ATTRIBUTES.iter().find(|(one, _)| *one == number).map_or(number, |(_, name)| (*name).to_owned())
        };
        let part = |part: Vec<_>| sorted(part.into_iter().map(|(number, value)| (known(number), value)).collect());
        Self(parts.into_iter().rev().map(part).collect())
    }

    /// Reads the text of RFC 4514 §3. Values in hexadecimal (`#04…`) are not taken: nobody registers those.
    pub fn parse(text: &str) -> Option<Self> {
        let parts = split(text, ',')?.into_iter().map(|part| {
            let attributes = split(part, '+')?.into_iter().map(|attribute| {
                let (name, value) = attribute.split_once('=')?;
                let name = name.trim().to_ascii_uppercase();
                let number = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                let known = number || ATTRIBUTES.iter().any(|(_, known)| *known == name);
                known.then_some((name, unescaped(value)?))
            });
            Some(sorted(attributes.collect::<Option<_>>()?))
        });
        parts.collect::<Option<_>>().map(Self)
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.iter().enumerate() {
            for (nth, (name, value)) in part.iter().enumerate() {
                let before = if nth > 0 {
                    "+"
                } else if at > 0 {
                    ","
                } else {
                    ""
                };
                write!(f, "{before}{name}={}", escaped(value))?;
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for DistinguishedName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a distinguished name")
    }
}

impl From<DistinguishedName> for String {
    fn from(name: DistinguishedName) -> Self {
        name.to_string()
    }
}

/// A value with a backslash before whatever would end it or be left out (RFC 4514 §2.4).
fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut escaped = String::with_capacity(value.len());
    for (at, c) in value.chars().enumerate() {
        if ",+\"\\<>;=".contains(c) || (at == 0 && "# ".contains(c)) || (at == last && c == ' ') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn sorted(mut attributes: Vec<(String, String)>) -> Vec<(String, String)> {
    attributes.sort();
    attributes
}

/// The parts between separators that no backslash stands before.
fn split(text: &str, at: char) -> Option<Vec<&str>> {
    let (mut parts, mut from, mut escaped) = (Vec::new(), 0, false);
    for (index, c) in text.char_indices() {
        if !escaped && c == at {
            parts.push(text.get(from..index)?);
            from = index + 1;
        }
        escaped = !escaped && c == '\\';
    }
    parts.push(text.get(from..)?);
    Some(parts)
}

/// A value without its backslashes and the blanks around it (RFC 4514 §2.4).
fn unescaped(value: &str) -> Option<String> {
    // Blanks alone, as the standard has it: a line break is a part of the value.
    let value = value.trim_start_matches(' ');
    let kept = value.trim_end_matches(' ');
    // A blank at the end that is escaped is a part of the value.
    let value = if kept.ends_with('\\') { value.get(..=kept.len())? } else { kept };
    if value.is_empty() || value.starts_with('#') {
        return None;
    }
    let (mut bytes, mut rest) = (Vec::with_capacity(value.len()), value.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let hex = |b: u8| char::from(b).to_digit(16);
        match rest {
            [high, low, after @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
                bytes.push(u8::try_from(hex(*high)? * 16 + hex(*low)?).ok()?);
                rest = after;
            }
            [other, after @ ..] => {
                bytes.push(*other);
                rest = after;
            }
            [] => return None,
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dn(text: &str) -> Vec<Vec<(String, String)>> {
        let read = DistinguishedName::parse(text).unwrap();
        assert_eq!(DistinguishedName::parse(&read.to_string()).as_ref(), Some(&read), "{read}");
        read.0
    }

    #[test]
    fn names_are_read_as_the_standard_writes_them() {
        // RFC 4514 §4.
        assert_eq!(dn("UID=jsmith,DC=example,DC=net"), dn("uid = jsmith, dc=example ,DC=net"));
        assert_eq!(dn("OU=Sales+CN=J.  Smith,DC=net"), dn("CN=J.  Smith+OU=Sales,DC=net"));
        assert_eq!(dn(r#"CN=James \"Jim\" Smith\, III"#)[0][0].1, r#"James "Jim" Smith, III"#);
        assert_eq!(dn(r"CN=Lu\C4\8Di\C4\87")[0][0].1, "Lučić");
        assert_eq!(dn(r"CN=a\ ")[0][0].1, "a ");
        assert_eq!(dn("CN=a\n")[0][0].1, "a\n");
        let ends_with_a_blank = TlsSubject::parse("dn", r"CN=a\ ").unwrap();
        assert_eq!(TlsSubject::parse("dn", &ends_with_a_blank.name()), Some(ends_with_a_blank));
        assert_ne!(dn("CN=a,O=b"), dn("O=b,CN=a"), "the order of the parts counts");
        for bad in ["", "CN", "CN=", "CN=#0401", "nonsense=a", r"CN=a\", "CN=a,", r"CN=\ff"] {
            assert!(DistinguishedName::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_name_of_a_certificate_is_of_its_kind() {
        for (kind, name) in
            [("dn", "CN=app"), ("dns", "App.Example"), ("uri", "urn:app"), ("ip", "::1"), ("email", "app@a.example")]
        {
            let subject = TlsSubject::parse(kind, name).unwrap();
            assert_eq!((subject.kind(), subject.name().to_lowercase()), (kind, name.to_lowercase()));
        }
        for (kind, name) in [
            ("dn", "app"),
            ("dns", "*.a.example"),
            ("dns", ""),
            ("uri", "app"),
            ("ip", "a"),
            ("email", "app"),
            ("", "x"),
        ] {
            assert!(TlsSubject::parse(kind, name).is_none(), "{kind} {name}");
        }
    }
}
