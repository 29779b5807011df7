//! Where somebody is signed in, and ending it: one browser or all.

use idp_domain::audit::AuditEntry;
use idp_domain::person::Person;
use idp_domain::session::Session;
use idp_domain::site::Site;
use idp_store::{Effects, Signal};

use crate::{Refusal, SignIn};

impl SignIn {
    /// The browsers in which a person is signed in, newest first.
    pub async fn browsers(&self, person: &Person) -> Result<Vec<Session>, Refusal> {
        let now = self.context.now();
        let mut sessions = self.context.store.sessions_of(person.id).await?;
        sessions.retain(|session| session.is_live(now, person.epoch));
        Ok(sessions)
    }

    /// Takes back what was agreed with an app: it is told nothing more, at once. False when nothing was agreed.
    pub async fn disconnect(&self, person: &Person, client: &str) -> Result<bool, Refusal> {
        let store = &self.context.store;
        let name = store.client(client).await?.map_or_else(|| client.to_owned(), |client| client.name);
        let sentence = format!("{} disconnected {name}", person.full_name());
        let entry = AuditEntry::new(self.context.now(), "consent.withdrawn", sentence).by(person.id).about(person.id);
        Ok(store.withdraw_consent(person.id, client, self.context.now(), Effects::audit(entry)).await?)
    }

    /// Signs one browser out; false when it is not one of this person's.
    pub async fn end_browser(&self, person: &Person, sid: &str) -> Result<bool, Refusal> {
        let sentence = format!("{} signed a browser out", person.full_name());
        let entry = AuditEntry::new(self.context.now(), "session.ended", sentence);
        let effects = Effects::audit(entry.by(person.id).about(person.id)).signal(Signal::SessionRevoked {
            person: person.id,
            sid: Some(sid.to_owned()),
            site: None,
        });
        Ok(self.context.store.end_session_by_sid(person.id, sid, self.context.now(), effects).await?)
    }

    /// Ends what one browser has open at one site, and nothing else; false when it is not one of this person's.
    pub async fn end_at_site(&self, person: &Person, sid: &str, site: &Site) -> Result<bool, Refusal> {
        if !self.browsers(person).await?.iter().any(|session| session.sid == sid) {
            return Ok(false);
        }
        let sentence = format!("{} signed a browser out of {}", person.full_name(), site.name);
        let entry = AuditEntry::new(self.context.now(), "visit.ended", sentence).by(person.id).about(person.id);
        let (sid_there, slug) = (Some(sid.to_owned()), Some(site.slug.clone()));
        let effects = Effects::audit(entry.at_site(site.id).in_trust(site.trust)).signal(Signal::SessionRevoked {
            person: person.id,
            sid: sid_there,
            site: slug,
        });
        Ok(self.context.store.end_visit(sid, site.id, effects).await?)
    }

    /// Signs every browser, site and app out, and forgets which browsers were known.
    pub async fn end_everywhere(&self, person: &Person) -> Result<(), Refusal> {
        let sentence = format!("{} signed out everywhere", person.full_name());
        let entry = AuditEntry::new(self.context.now(), "session.ended_all", sentence);
        let effects = Effects::audit(entry.by(person.id).about(person.id)).signal(Signal::SessionRevoked {
            person: person.id,
            sid: None,
            site: None,
        });
        // The epoch counts up: refresh tokens of apps end with the sessions.
        Ok(self.context.store.sign_out_everywhere(person.id, effects).await?)
    }
}
