//! A person: one identity for all schools.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::contact::Contact;
use crate::email::EmailAddress;
use crate::id::PersonId;
use crate::language::Language;
use crate::text_size::TextSize;

/// One human being. Nobody owns a person; trusts own memberships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Never reused, never shown to apps.
    pub id: PersonId,
    /// Given name as the person writes it.
    pub first_name: String,
    /// Family name as the person writes it.
    pub last_name: String,
    /// The address for sign-in and mail; absent for people without e-mail.
    pub email: Option<EmailAddress>,
    /// Sign-in name of a person without e-mail.
    pub username: Option<String>,
    /// Argon2id in PHC form; absent until the first password.
    pub password: Option<PasswordHash>,
    /// Whether sign-in is allowed at all.
    pub status: PersonStatus,
    /// Counts up when rights or proofs change; older sessions and tokens are worth nothing.
    pub epoch: i64,
    /// When the identity was made.
    pub created_at: Timestamp,
    /// In which language they read pages and e-mails.
    pub language: Language,
    /// How large they want the text of pages.
    pub text_size: TextSize,
    /// What they give to apps beside name and e-mail.
    pub contact: Contact,
}

impl Person {
    /// First and last name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// What this person types to sign in.
    pub fn login(&self) -> String {
        match (&self.email, &self.username) {
            (Some(email), _) => email.as_str().to_owned(),
            (None, Some(username)) => username.clone(),
            (None, None) => String::new(),
        }
    }
}

/// A password hash; it does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Whether a person may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PersonStatus {
    /// The usual state.
    Active,
    /// Stopped everywhere at once; says only "You cannot sign in at the moment".
    Suspended,
}

impl PersonStatus {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    /// Reads the stored word; anything unknown is suspended, the safe side.
    pub fn parse(text: &str) -> Self {
        if text == "active" { Self::Active } else { Self::Suspended }
    }
}

/// Folds a name for comparing and searching: lower case, dashes and apostrophes made plain.
pub fn fold_name(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '\u{2010}'..='\u{2015}' => folded.push('-'),
            '\u{2018}' | '\u{2019}' | '\u{02BC}' => folded.push('\''),
            c if c.is_whitespace() => {
                if !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded.trim().to_owned()
}
