//! Temporary passes: a colleague who has elevated access vouches, face to face, for somebody who has lost every key.

use std::collections::BTreeSet;

use idp_domain::Secret;
use idp_domain::person::Person;
use idp_domain::random::read_printed;
use idp_domain::session::Session;
use idp_domain::site::Site;
use idp_store::mails::MailKind;
use idp_store::recovery::PASS_PURPOSE;
use idp_store::sessions::Comeback;

use crate::{Refusal, SignIn, throttle};

impl SignIn {
    /// Uses a pass up. Places of another trust than the one that vouched hold elevated access until they confirm it.
    /// The person and the DSLs of their schools are told. Answers the session's new cookie.
    pub async fn recover_with_pass(&self, session: &Session, person: &Person, typed: &str) -> Result<Secret, Refusal> {
        let (context, now) = (&self.context, self.context.now());
        let counter = format!("pass:{}", person.id);
        self.take_code(person, &counter).await?;
        let pass = context.store.open_pass(person.id, now).await?.ok_or(Refusal::Wrong)?;
        let places: BTreeSet<String> = context.places_of(person.id).await?.iter().map(Site::place).collect();
        let told = |who| MailKind::PassUsed { who };
        let effects = self.came_back(person, ("pass.used", "used a temporary pass"), told).await?;
        let holds: Vec<String> = places.into_iter().filter(|place| *place != pass.place).collect();
        let print = context.vault.fingerprint(PASS_PURPOSE, read_printed(typed).as_bytes());
        let cookie = Secret::new(&*context.random);
        let comeback = Comeback { person: person.id, session: &session.hash, cookie: &cookie.hash(), at: now };
        if !context.store.use_pass(comeback, &print, (&holds, effects)).await? {
            return Err(Refusal::Wrong);
        }
        throttle::succeeded(context, &counter).await?;
        Ok(cookie)
    }
}
