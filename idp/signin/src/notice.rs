//! Telling a person what happened to their account.

use idp_domain::person::Person;
use idp_store::effects::MailKind;
use idp_store::{Effects, Mail};

/// Adds a mail to this person, if they have a mailbox.
pub(crate) fn told(effects: Effects, person: &Person, what: MailKind) -> Effects {
    match &person.email {
        Some(email) => effects.mail(Mail { to: email.to_string(), name: person.full_name(), what }),
        None => effects,
    }
}
