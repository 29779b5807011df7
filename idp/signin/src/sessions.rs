//! Signed-in browsers: beginning, finding, stepping up, ending.

use idp_domain::audit::AuditEntry;
use idp_domain::group::group_by_id;
use idp_domain::membership::State;
use idp_domain::person::{Person, PersonStatus};
use idp_domain::session::{Ends, KeyProof, Method, Session};
use idp_domain::site::{Site, place_of};
use idp_domain::trust::TrustSettings;
use idp_domain::{PersonId, Secret, SecretHash, Timestamp, id};
use idp_store::mails::{Happened, MailKind};
use idp_store::{Effects, Signal};

use crate::{Refusal, SignIn};

/// Most browsers in which somebody is signed in at once; the one that was used longest ago goes (S-19).
const MOST: usize = 20;
/// A use is written down at most this often, in seconds.
const TOUCH: i64 = 60;

/// How a session begins.
pub struct Beginning<'a> {
    /// How the person signed in.
    pub method: Method,
    /// A classroom computer: nothing is remembered.
    pub shared: bool,
    /// When they proved themselves, if it was not just now.
    pub proven_at: Option<Timestamp>,
    /// When it ends at the latest, whatever the trust allows.
    pub until: Option<Timestamp>,
    /// A passkey proves a key at once.
    pub proof: Option<KeyProof>,
    /// The browser, by the hash of its cookie.
    pub browser: &'a SecretHash,
    /// The browser in words.
    pub agent: &'a str,
    /// Whether they may change what they sign in with from here by their password alone, as long as they have no key.
    pub confirmed: bool,
    /// Whether the browser was shown to be theirs: it is remembered as such.
    pub shown: bool,
}

impl SignIn {
    /// Signs a person in and answers the cookie's secret. `epoch` is that of the moment in which they proved themselves.
    pub async fn start_session(
        &self,
        person: &Person,
        epoch: i64,
        beginning: Beginning<'_>,
    ) -> Result<Secret, Refusal> {
        let (context, now) = (&self.context, self.context.now());
        let Beginning { method, shared, proven_at, until, proof, browser, agent, confirmed, shown } = beginning;
        let mut limits = context.settings_of(person.id).await?.session();
        limits.absolute = until.map_or(limits.absolute, |until| until.since(now).min(limits.absolute));
        let secret = Secret::new(&*context.random);
        let session = Session {
            hash: secret.hash(),
            sid: id::uuid_v7(&*context.clock, &*context.random).to_string(),
            person: person.id,
            epoch,
            created_at: now,
            seen_at: now,
            auth_time: proven_at.unwrap_or(now),
            key_proof: match proof {
                Some(proof) => Some(self.at_home(person.id, proof).await?),
                None => None,
            },
            shared,
            method,
            confirmed,
            recovered_at: None,
            agent: agent.to_owned(),
            limits: if shared { limits.shared() } else { limits },
        };
        let entry = AuditEntry::new(now, "session.started", format!("{} signed in", person.full_name()));
        let mut effects = Effects::audit(entry.by(person.id).about(person.id));
        let known = context.store.knows_browser(person.id, browser).await?;
        if !known {
            let words = format!("{} signed in where we had not seen them before: {agent}", person.full_name());
            effects.audit.push(AuditEntry::new(now, "browser.new", words).by(person.id).about(person.id));
        }
        if !known && self.is_higher_level(person).await? {
            effects = effects
                .tell(person, MailKind::NewBrowser { happened: Happened { at: Some(now), agent: agent.to_owned() } });
        }
        if !context.store.add_session(&session, effects).await? {
            return Err(Refusal::Expired);
        }
        if !shared && (!known || shown) {
            context.store.remember_browser(person.id, browser, (now, shown)).await?;
        }
        self.cap(person).await?;
        metrics::counter!("lanyard_signins_total").increment(1);
        Ok(secret)
    }

    /// Ends what is over the cap, longest unused first.
    async fn cap(&self, person: &Person) -> Result<(), Refusal> {
        let mut sessions = self.context.store.sessions_of(person.id).await?;
        if sessions.len() > MOST {
            sessions.sort_by_key(|session| std::cmp::Reverse((session.seen_at, session.created_at)));
            for session in sessions.iter().skip(MOST) {
                self.end(session).await?;
            }
        }
        Ok(())
    }

    /// Whether somebody could see records or manage people with a key: they are told of sign-ins in new browsers.
    async fn is_higher_level(&self, person: &Person) -> Result<bool, Refusal> {
        let (store, now) = (&self.context.store, self.context.now());
        let elevates = |id: &str| group_by_id(id).is_some_and(|group| group.may_elevate);
        let places = store.memberships_of(person.id).await?;
        let at_a_site = places
            .iter()
            .filter(|place| place.state(now) == State::Live)
            .any(|place| place.active_grants().any(|grant| elevates(&grant.group)));
        Ok(at_a_site || !store.seats_of(person.id).await?.is_empty())
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

    /// Seconds until the session of a cookie ends when nothing is done, none when it is over; and at how many of them its
    /// person is warned. Looking is no use of it.
    pub async fn lasts(&self, cookie: Option<&Secret>) -> Result<(i64, i64), Refusal> {
        let over = (0, TrustSettings::default().warning_seconds);
        let Some(cookie) = cookie else { return Ok(over) };
        let Some(session) = self.context.store.session(&cookie.hash()).await? else { return Ok(over) };
        let person = self.context.store.person(session.person).await?;
        let now = self.context.now();
        let counts =
            person.is_some_and(|person| person.status == PersonStatus::Active && session.is_live(now, person.epoch));
        let Ends { at, idle } = session.ends();
        if !counts {
            return Ok(over);
        }
        let warning = self.context.settings_of(session.person).await?.warning_seconds;
        Ok((at.since(now).min(session.seen_at.plus(idle).since(now)), warning))
    }

    /// Adds a key that was proven: the session gets a new cookie and the old one dies (S-01).
    pub async fn step_up(&self, session: &Session, proof: KeyProof) -> Result<Secret, Refusal> {
        let secret = Secret::new(&*self.context.random);
        let proof = self.at_home(session.person, proof).await?;
        let rotated = self.context.store.rotate_session(&session.hash, &secret.hash(), &proof).await?;
        if rotated { Ok(secret) } else { Err(Refusal::Expired) }
    }

    /// Notes where somebody works who proves a key for their own account, if that is one trust or one lone school; of
    /// several, none is meant.
    async fn at_home(&self, person: PersonId, proof: KeyProof) -> Result<KeyProof, Refusal> {
        if !proof.place.is_empty() {
            return Ok(proof);
        }
        let seats = self.context.store.seats_of(person).await?;
        let mut places: Vec<String> = seats.iter().map(|seat| place_of(seat.trust)).collect();
        places.extend(self.context.places_of(person).await?.iter().map(Site::place));
        places.sort();
        places.dedup();
        match <[String; 1]>::try_from(places) {
            Ok([home]) => Ok(KeyProof { home, ..proof }),
            Err(_) => Ok(proof),
        }
    }

    /// Signs a browser out, at the provider and at every site it opened.
    pub async fn end(&self, session: &Session) -> Result<(), Refusal> {
        let entry = AuditEntry::new(self.context.now(), "session.ended", "Signed out");
        let effects = Effects::audit(entry.by(session.person).about(session.person)).signal(Signal::SessionRevoked {
            person: session.person,
            sid: Some(session.sid.clone()),
            site: None,
        });
        Ok(self.context.store.end_session(session, self.context.now(), effects).await?)
    }
}
