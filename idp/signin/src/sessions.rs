//! Signed-in browsers: beginning, finding, stepping up, ending.

use idp_domain::audit::AuditEntry;
use idp_domain::person::{Person, PersonStatus};
use idp_domain::session::{KeyProof, Session};
use idp_domain::{Secret, id};
use idp_store::{Effects, Signal};

use crate::{Refusal, SignIn};

/// A use is written down at most this often, in seconds.
const TOUCH: i64 = 60;

impl SignIn {
    /// Signs a person in and answers the cookie's secret.
    pub async fn start_session(&self, person: &Person, epoch: i64, shared: bool) -> Result<Secret, Refusal> {
        let (context, now) = (&self.context, self.context.now());
        let secret = Secret::new(&*context.random);
        let session = Session {
            hash: secret.hash(),
            sid: id::uuid_v7(&*context.clock, &*context.random).to_string(),
            person: person.id,
            epoch,
            created_at: now,
            seen_at: now,
            auth_time: now,
            key_proof: None,
            shared,
        };
        let entry = AuditEntry::new(now, "session.started", format!("{} signed in", person.full_name()));
        let effects = Effects::audit(entry.by(person.id).about(person.id));
        context.store.add_session(&session, effects).await?;
        metrics::counter!("lanyard_signins_total").increment(1);
        Ok(secret)
    }

    /// The live session of a cookie and its person. Anything doubtful is nobody (H-18).
    pub async fn current(&self, cookie: Option<&Secret>) -> Result<Option<(Session, Person)>, Refusal> {
        let Some(cookie) = cookie else { return Ok(None) };
        let now = self.context.now();
        let Some(mut session) = self.context.store.session(&cookie.hash()).await? else { return Ok(None) };
        let Some(person) = self.context.store.person(session.person).await? else { return Ok(None) };
        if person.status != PersonStatus::Active || !session.is_live(now, person.epoch) {
            return Ok(None);
        }
        if now.since(session.seen_at) >= TOUCH {
            self.context.store.touch_session(&session.hash, now).await?;
            session.seen_at = now;
        }
        Ok(Some((session, person)))
    }

    /// Adds a proof with a key: the session gets a new cookie and the old one dies (S-01).
    pub async fn step_up(&self, session: &Session, proof: KeyProof) -> Result<Secret, Refusal> {
        let secret = Secret::new(&*self.context.random);
        let rotated = self.context.store.rotate_session(&session.hash, &secret.hash(), Some(proof)).await?;
        if rotated { Ok(secret) } else { Err(Refusal::Expired) }
    }

    /// Signs a browser out, at the provider and at every site it opened.
    pub async fn end(&self, session: &Session) -> Result<(), Refusal> {
        let entry = AuditEntry::new(self.context.now(), "session.ended", "Signed out");
        let effects = Effects::audit(entry.by(session.person).about(session.person))
            .signal(Signal::SessionRevoked { person: session.person, sid: Some(session.sid.clone()) });
        Ok(self.context.store.end_session(&session.hash, effects).await?)
    }
}
