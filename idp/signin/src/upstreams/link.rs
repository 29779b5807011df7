//! Linking an account elsewhere to a person here, and taking the link away.

use idp_domain::audit::AuditEntry;
use idp_domain::email::EmailAddress;
use idp_domain::person::{Person, PersonStatus};
use idp_domain::session::Session;
use idp_store::addresses::is_detached;
use idp_store::mails::MailKind;
use idp_store::upstreams::UpstreamLink;
use idp_store::{Effects, StoreError};

use super::{Identity, UpstreamFault};
use crate::{Refusal, SignIn};

impl SignIn {
    /// Whose account this is, by `iss` and `sub` alone.
    pub async fn person_of(&self, identity: &Identity) -> Result<Option<Person>, Refusal> {
        let store = &self.context.store;
        let Some(id) = store.upstream_person(&identity.issuer, &identity.subject).await? else { return Ok(None) };
        match store.person(id).await? {
            Some(person) if person.status == PersonStatus::Suspended => Err(Refusal::Suspended),
            person => Ok(person),
        }
    }

    /// The person to whose address a code is mailed before an account is linked: whoever has that address for their own
    /// now. An alias, or a mailbox at a school that they have left, proves nothing.
    pub(crate) async fn owner_of(&self, account: &str) -> Result<Option<Person>, Refusal> {
        let Ok(address) = EmailAddress::parse(account) else { return Ok(None) };
        let Some(person) = self.context.store.person_by_login(&address.folded()).await? else { return Ok(None) };
        let own = person.email.as_ref().is_some_and(|email| email.folded() == address.folded());
        let reads = own && !is_detached(&self.context, &person, &address).await?;
        Ok(Some(person).filter(|person| reads && person.status == PersonStatus::Active))
    }

    /// Links an account to a person who has proved themselves here. They are told.
    pub async fn link(&self, person: &Person, identity: &Identity) -> Result<(), UpstreamFault> {
        let link = UpstreamLink {
            issuer: identity.issuer.clone(),
            subject: identity.subject.clone(),
            person: person.id,
            provider: identity.provider.clone(),
            account: identity.account.clone(),
            linked_at: self.context.now(),
        };
        let effects = self.about_link(person, &link, ("upstream.linked", "linked"));
        match self.context.store.link_upstream(&link, effects).await {
            Err(StoreError::Conflict(_)) if self.person_of(identity).await?.is_some_and(|own| own.id == person.id) => {
                Ok(())
            }
            Err(StoreError::Conflict(_)) => Err(UpstreamFault::Taken),
            other => Ok(other?),
        }
    }

    /// Takes a link away after a fresh proof; every browser that signed in by it goes on to its own end. `None` when the
    /// proof is too old; false when there was no such link.
    pub async fn unlink(
        &self,
        session: &Session,
        person: &Person,
        (issuer, subject): (&str, &str),
    ) -> Result<Option<bool>, Refusal> {
        let store = &self.context.store;
        if !Self::may_change_account(session, &store.keys_of(person.id).await?, self.context.now()) {
            return Ok(None);
        }
        let links = store.upstream_links_of(person.id).await?;
        let Some(link) = links.iter().find(|link| link.issuer == issuer && link.subject == subject) else {
            return Ok(Some(false));
        };
        let effects = self.about_link(person, link, ("upstream.unlinked", "unlinked"));
        Ok(Some(store.unlink_upstream(link, effects).await?))
    }

    fn about_link(&self, person: &Person, link: &UpstreamLink, (event, verb): (&'static str, &str)) -> Effects {
        let name = self.upstreams.find(&link.provider).map_or(link.provider.as_str(), |upstream| &upstream.name);
        let sentence = format!("{} {verb} a {name} account", person.full_name());
        let entry = AuditEntry::new(self.context.now(), event, sentence).by(person.id).about(person.id);
        let what =
            MailKind::AccountLinked { provider: name.to_owned(), account: link.account.clone(), verb: verb.to_owned() };
        Effects::audit(entry).tell(person, what)
    }
}
