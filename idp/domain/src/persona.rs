//! Invented people for trying out an app: each has something that apps get wrong.

use crate::clock::Timestamp;
use crate::contact::{Contact, Phone, PostalAddress};
use crate::email::EmailAddress;
use crate::id::PersonId;
use crate::language::Language;
use crate::person::{Person, PersonStatus};
use crate::text_size::TextSize;

/// What an app sees of an invented person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Persona {
    /// Its name in forms and in the store.
    pub key: &'static str,
    first_name: &'static str,
    last_name: &'static str,
    email: Option<&'static str>,
    language: Language,
}

impl Persona {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self {
            key: "plain",
            first_name: "Robin",
            last_name: "Ashdown",
            email: Some("robin.ashdown@people.example"),
            language: Language::En,
        },
        Self {
            key: "accents",
            first_name: "Siân",
            last_name: "O’Brien-Llŷr",
            email: Some("sian.obrien@people.example"),
            language: Language::Cy,
        },
        Self { key: "no-email", first_name: "Kit", last_name: "Marlowe", email: None, language: Language::En },
        Self {
            key: "long",
            first_name: "Maximiliana Alexandrina",
            last_name: "Featherstonehaugh-Cholmondeley",
            email: Some("maximiliana.alexandrina.featherstonehaugh-cholmondeley@people.example"),
            language: Language::En,
        },
    ];

    /// The one of a name.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|persona| persona.key == key)
    }

    /// First and last name.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// Some give everything that an app can ask for, and some nothing.
    fn contact(&self) -> Contact {
        if self.email.is_none() {
            return Contact::default();
        }
        let address = format!("{}\nLarkmoor Primary School\n1 Moor Lane\nTamberwell", self.full_name());
        Contact { phone: Phone::parse("01632 960123 ext 12").ok(), address: PostalAddress::parse(&address).ok() }
    }

    /// The person, without any way to sign in.
    pub fn person(&self, id: PersonId, now: Timestamp) -> Person {
        Person {
            id,
            first_name: self.first_name.to_owned(),
            last_name: self.last_name.to_owned(),
            email: self.email.and_then(|email| EmailAddress::parse(email).ok()),
            username: None,
            password: None,
            status: PersonStatus::Active,
            epoch: 1,
            created_at: now,
            language: self.language,
            text_size: TextSize::default(),
            contact: self.contact(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_what_it_says() {
        for persona in Persona::ALL {
            let person = persona.person(PersonId::new(&crate::SystemClock, &crate::SystemRandom), Timestamp(0));
            assert_eq!((person.email.is_some(), person.password), (persona.email.is_some(), None), "{persona:?}");
            assert_eq!(Persona::parse(persona.key), Some(persona));
            assert_eq!(person.contact.phone.is_some(), person.contact.address.is_some(), "{persona:?}");
            assert_eq!(person.contact.phone.is_some(), persona.email.is_some(), "{persona:?}");
        }
    }
}
