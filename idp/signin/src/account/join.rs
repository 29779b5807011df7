//! Two identities that are one person: import and invitations make them when a school knows another address. Nobody joins
//! them but the person, who proves both; an admin cannot, however sure they are.

use idp_domain::audit::AuditEntry;
use idp_domain::membership::{Membership, State};
use idp_domain::person::Person;
use idp_domain::session::Session;
use idp_domain::{PersonId, Secret, SecretHash};
use idp_store::addresses;
use idp_store::attempts::StoredAttempt;
use idp_store::joins::{Join, Meeting};
use idp_store::mails::MailKind;
use idp_store::{Effects, Mail, Signal, StoreError};
use serde::{Deserialize, Serialize};

use super::keys::MOST;
use crate::{Refusal, SignIn};

/// How long the second proof may take, in seconds.
const LIFE: i64 = 15 * 60;

/// Why two identities are not joined. The words are shown as they are.
#[derive(Debug, thiserror::Error)]
pub enum JoinFault {
    /// Prove yourself again first.
    #[error("prove it again")]
    Stale,
    /// The first proof is too old, or was made in another browser.
    #[error("That took too long. Start again.")]
    Expired,
    /// There is only one.
    #[error("You signed in with the same address again. Sign in with your other one.")]
    Same,
    /// A change of address can still be undone by whoever had the old one, and would not be any more.
    #[error("One of your addresses changed less than 7 days ago. Join them after that.")]
    Recent,
    /// More keys than a person may have.
    #[error("Together you would have more than 10 keys. Remove some first.")]
    TooManyKeys,
    /// The two cannot be added up at a site without giving somebody more than anybody gave them.
    #[error(
        "You have access with both addresses at {0}, and it is not the same. Ask an admin there to end one of them."
    )]
    Unlike(String),
    /// One of them changed while this went on.
    #[error("Something about you changed a moment ago. Start again.")]
    Changed,
    /// Anything else.
    #[error(transparent)]
    Refusal(#[from] Refusal),
}

impl From<StoreError> for JoinFault {
    fn from(error: StoreError) -> Self {
        Self::Refusal(error.into())
    }
}

/// The first proof, waiting for the second.
#[derive(Serialize, Deserialize)]
struct Begun {
    person: PersonId,
    epoch: i64,
    browser: SecretHash,
}

/// What the person agrees to.
#[derive(Debug)]
pub struct Joining {
    /// Whose identity stays.
    pub into: Person,
    /// Names of the schools that come to it.
    pub schools: Vec<String>,
    /// Names of the keys that come to it.
    pub keys: Vec<String>,
    seen: Vec<Membership>,
    meetings: Vec<(Membership, Membership, Meeting)>,
}

impl SignIn {
    /// Notes that the person of this session, who has just proven it, wants another identity of theirs joined to this one.
    /// Answers what names the wish in this browser.
    pub async fn begin_join(
        &self,
        session: &Session,
        person: &Person,
        browser: &SecretHash,
    ) -> Result<Secret, JoinFault> {
        let (context, now) = (&self.context, self.context.now());
        if !Self::may_change_account(session, &context.store.keys_of(person.id).await?, now) {
            return Err(JoinFault::Stale);
        }
        let token = Secret::new(&*context.random);
        let begun = Begun { person: person.id, epoch: person.epoch, browser: browser.clone() };
        let body = serde_json::to_string(&begun).map_err(|_| JoinFault::Expired)?;
        let stored = StoredAttempt { hash: hash_of(token.reveal()), version: 0, body, expires_at: now.plus(LIFE) };
        context.store.short.add_attempt(&stored).await?;
        Ok(token)
    }

    /// What joining would do, for the person who has now signed in with the other identity.
    pub async fn look_at_join(
        &self,
        (session, other): (&Session, &Person),
        browser: &SecretHash,
        token: &str,
    ) -> Result<Joining, JoinFault> {
        let (context, now) = (&self.context, self.context.now());
        let stored = context.store.short.attempt(&hash_of(token), now).await?.ok_or(JoinFault::Expired)?;
        let begun: Begun = serde_json::from_str(&stored.body).map_err(|_| JoinFault::Expired)?;
        if &begun.browser != browser {
            return Err(JoinFault::Expired);
        }
        if begun.person == other.id {
            return Err(JoinFault::Same);
        }
        let theirs = context.store.keys_of(other.id).await?;
        if !Self::may_change_account(session, &theirs, now) {
            return Err(JoinFault::Stale);
        }
        let into = context.store.person(begun.person).await?.filter(|into| into.epoch == begun.epoch);
        let into = into.ok_or(JoinFault::Changed)?;
        if context.store.keys_of(into.id).await?.len() + theirs.len() > MOST {
            return Err(JoinFault::TooManyKeys);
        }
        for one in [&into, other] {
            if addresses::changed_lately(context, one.id).await? {
                return Err(JoinFault::Recent);
            }
        }
        let (kept, given) =
            (context.store.memberships_of(into.id).await?, context.store.memberships_of(other.id).await?);
        let seen = [kept.clone(), given.clone()].concat();
        let (mut schools, mut meetings) = (Vec::new(), Vec::new());
        for give in given {
            let Some(site) = context.store.site(give.site).await? else { continue };
            match kept.iter().find(|keep| keep.site == give.site) {
                None if give.state(now) == State::Ended => {}
                None => schools.push(site.name),
                Some(keep) => match (keep.state(now), give.state(now)) {
                    (_, State::Ended) => {}
                    (State::Ended, _) => {
                        schools.push(site.name);
                        meetings.push((keep.clone(), give, Meeting::Replaced));
                    }
                    (State::Live, State::Live) if keep.ends_at == give.ends_at => {
                        schools.push(site.name);
                        meetings.push((keep.clone(), give, Meeting::Added));
                    }
                    _ => return Err(JoinFault::Unlike(site.name)),
                },
            }
        }
        Ok(Joining { into, schools, keys: theirs.into_iter().map(|key| key.name).collect(), seen, meetings })
    }

    /// Joins the identity of this session to the one that was proven before. Both end every session they had; the addresses
    /// of the one that goes sign in for 90 days more. Answers whose identity stayed.
    pub async fn join(
        &self,
        signed_in: (&Session, &Person),
        browser: &SecretHash,
        token: &str,
    ) -> Result<Person, JoinFault> {
        let Joining { into, seen, meetings, .. } = self.look_at_join(signed_in, browser, token).await?;
        let (context, from) = (&self.context, signed_in.1);
        if !context.store.short.take_attempt(&hash_of(token)).await? {
            return Err(JoinFault::Expired);
        }
        let effects = self.told_of_join(&into, from).await?;
        let join = Join {
            into: (into.id, into.epoch),
            from: (from.id, from.epoch),
            seen,
            meetings: meetings.into_iter().map(|(keep, give, meeting)| (keep.id, give.id, meeting)).collect(),
            at: context.now(),
        };
        if context.store.join_people(&join, effects).await? { Ok(into) } else { Err(JoinFault::Changed) }
    }

    /// Who hears of it: both addresses, the log of each school, every session of either.
    async fn told_of_join(&self, into: &Person, from: &Person) -> Result<Effects, JoinFault> {
        let (context, now) = (&self.context, self.context.now());
        let (name, old, new) = (into.full_name(), from.login(), into.login());
        let sentence = format!("{name} joined their sign-ins: {old} is theirs as well, and they sign in as {new}");
        let entry = || AuditEntry::new(now, "person.joined", sentence.clone()).by(into.id).about(into.id);
        let mut effects = Effects::audit(entry());
        let other = AuditEntry::new(now, "person.joined", sentence.clone()).by(into.id).about(from.id);
        effects.audit.push(other);
        for place in context.store.memberships_of(from.id).await? {
            let trust = context.store.site(place.site).await?.and_then(|site| site.trust);
            effects.audit.push(entry().at_site(place.site).in_trust(trust));
        }
        let what = MailKind::Joined { kept: new, other: old };
        effects = effects.tell(into, what.clone());
        if let Some(email) = &from.email {
            effects = effects.mail(Mail::to(email.as_str(), from, what));
        }
        for person in [into.id, from.id] {
            effects = effects
                .signal(Signal::SessionRevoked { person, sid: None, site: None })
                .signal(Signal::TokenClaimsChange { person, site: None });
        }
        Ok(effects.signal(Signal::CredentialChange { person: into.id, change: "create".to_owned() }))
    }
}

/// The name of a wish among the attempts; no attempt of another kind has it.
fn hash_of(token: &str) -> SecretHash {
    Secret::presented(&format!("join {token}")).hash()
}
