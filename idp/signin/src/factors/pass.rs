//! Temporary passes: a colleague who has elevated access vouches, face to face, for somebody who has lost every key.

use std::collections::BTreeSet;

use idp_domain::Secret;
use idp_domain::audit::AuditEntry;
use idp_domain::membership::State;
use idp_domain::person::Person;
use idp_domain::random::read_printed;
use idp_domain::session::Session;
use idp_store::Effects;
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
        let mut holds = BTreeSet::new();
        let sentence = format!("{} used a temporary pass", person.full_name());
        let mut effects = Effects::none();
        for place in context.store.memberships_of(person.id).await? {
            let Some(site) = context.store.site(place.site).await? else { continue };
            if place.state(now) == State::Ended {
                continue;
            }
            if site.place() != pass.place {
                holds.insert(site.place());
            }
            let entry = AuditEntry::new(now, "pass.used", sentence.clone()).by(person.id).about(person.id);
            effects.audit.push(entry.at_site(site.id).in_trust(site.trust));
            for lead in self.leads_of(&site, person).await? {
                effects = effects.tell_from(&site, &lead, MailKind::PassUsed { who: person.full_name() });
            }
        }
        effects = effects.tell(person, MailKind::PassUsed { who: String::new() });
        let holds: Vec<String> = holds.into_iter().collect();
        let print = context.vault.fingerprint(PASS_PURPOSE, read_printed(typed).as_bytes());
        let cookie = Secret::new(&*context.random);
        let comeback = Comeback { person: person.id, session: &session.hash, cookie: &cookie.hash(), at: now };
        if !context.store.use_pass(comeback, &print, (&holds, effects)).await? {
            return Err(Refusal::Wrong);
        }
        throttle::succeeded(context, &counter).await?;
        Ok(cookie)
    }

    /// The DSLs of a site, but for the person themselves.
    async fn leads_of(&self, site: &idp_domain::site::Site, person: &Person) -> Result<Vec<Person>, Refusal> {
        let (store, now) = (&self.context.store, self.context.now());
        let mut leads = Vec::new();
        for place in store.memberships_at(site.id).await? {
            let leads_here = place.state(now) == State::Live && place.active_grants().any(|grant| grant.group == "dsl");
            if leads_here && place.person != person.id {
                leads.extend(store.person(place.person).await?);
            }
        }
        Ok(leads)
    }
}
