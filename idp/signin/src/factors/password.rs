//! E-mail and password. Same words, time and counters for people who exist and who do not.

use idp_domain::email::EmailAddress;
use idp_domain::person::{Person, PersonStatus};
use idp_store::mails::MailKind;

use crate::hashing::Checked;
use crate::password::MAX;
use crate::throttle::{PasswordTry, TriedFrom};
use crate::{Refusal, SignIn};

/// How a login is looked up: an address is folded, a username lower-cased.
pub fn fold_login(text: &str) -> String {
    EmailAddress::parse(text).map_or_else(|_| text.trim().to_lowercase(), |address| address.folded())
}

impl SignIn {
    /// Checks a pair and answers the person. The password is compared exactly as received.
    pub async fn check_password(&self, login: &str, password: &str, from: TriedFrom<'_>) -> Result<Person, Refusal> {
        let login = fold_login(login);
        let person = self.context.store.person_by_login(&login).await?;
        let known = match &person {
            Some(person) => self.context.store.knows_browser(person.id, from.browser).await?,
            None => false,
        };
        let tried = PasswordTry::take(&self.context, (&login, password), from, (known, self.password_tries)).await?;
        if password.chars().count() > MAX {
            return Err(Refusal::Wrong);
        }
        tried.refuse_spray()?;
        let stored = person.as_ref().and_then(|person| person.password.as_ref());
        let checked = self.hasher.check(password, stored).await.map_err(|_| Refusal::Busy)?;
        if checked == Checked::Wrong {
            let failures = tried.failed().await?;
            if let Some(person) = person.filter(|_| failures == self.password_tries) {
                self.tell_of_tries(&person, MailKind::SomebodyTried).await?;
            }
            return Err(Refusal::Wrong);
        }
        let person = person.ok_or(Refusal::Wrong)?;
        tried.succeeded().await?;
        if person.status == PersonStatus::Suspended {
            return Err(Refusal::Suspended);
        }
        if checked == Checked::RightButOld
            && let Ok(hash) = self.hasher.hash(password).await
        {
            self.context.store.rehash_password(person.id, person.password.as_ref(), &hash).await?;
        }
        Ok(person)
    }

    /// Asks the password of somebody who is signed in once more.
    pub async fn confirm_password(&self, person: &Person, password: &str, from: TriedFrom<'_>) -> Result<(), Refusal> {
        let confirmed = self.check_password(&person.login(), password, from).await?;
        if confirmed.id == person.id { Ok(()) } else { Err(Refusal::Wrong) }
    }
}
