//! E-mail and password. Same words, time and counters for people who exist and who do not.

use idp_domain::email::EmailAddress;
use idp_domain::person::{Person, PersonStatus};

use crate::hashing::Checked;
use crate::password::MAX;
use crate::{Refusal, SignIn, throttle};

/// How a login is looked up: an address is folded, a username lower-cased.
pub fn fold_login(text: &str) -> String {
    EmailAddress::parse(text).map_or_else(|_| text.trim().to_lowercase(), |address| address.folded())
}

impl SignIn {
    /// Checks a pair and answers the person. The password is compared exactly as received.
    pub async fn check_password(&self, login: &str, password: &str) -> Result<Person, Refusal> {
        let login = fold_login(login);
        let counter = format!("password:{login}");
        throttle::take_try(&self.context, &counter).await?;
        if password.chars().count() > MAX {
            return Err(Refusal::Wrong);
        }
        let person = self.context.store.person_by_login(&login).await?;
        let stored = person.as_ref().and_then(|person| person.password.as_ref());
        let checked = self.hasher.check(password, stored).await.map_err(|_| Refusal::Busy)?;
        let Some(person) = person.filter(|_| checked != Checked::Wrong) else {
            return Err(Refusal::Wrong);
        };
        throttle::succeeded(&self.context, &counter).await?;
        if person.status == PersonStatus::Suspended {
            return Err(Refusal::Suspended);
        }
        if checked == Checked::RightButOld
            && let Ok(hash) = self.hasher.hash(password).await
        {
            self.context.store.rehash_password(person.id, &hash).await?;
        }
        Ok(person)
    }
}
