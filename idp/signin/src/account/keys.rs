//! Changing keys: what every way of adding shares; suspend, switch on again, rename, remove. A fresh proof comes first,
//! every change is told by mail.

use idp_domain::audit::AuditEntry;
use idp_domain::key::{Key, KeyKind};
use idp_domain::person::Person;
use idp_domain::session::{Method, Session};
use idp_domain::{KeyId, Secret, Timestamp};
use idp_store::attempts::StoredAttempt;
use idp_store::mails::{Happened, MailKind};
use idp_store::{Effects, Signal, StoreError};
use serde::{Deserialize, Serialize};

use crate::attempt::CHALLENGE;
use crate::factors::recovery::RECOVERED;
use crate::{Refusal, SignIn};

/// How fresh the proof has to be before a key is added or removed, in seconds (W-08, M-04).
pub const FRESH: i64 = 5 * 60;
/// How long adding may take, in seconds.
const LIFE: i64 = 30 * 60;
/// Most characters of a key's name.
const LONGEST_NAME: usize = 40;
/// Most keys of a person.
pub const MOST: usize = 10;

/// A key that is being added. It lives in short-lived memory, bound to the session that began it (M-05).
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    session: String,
    kind: KeyKind,
    /// Sealed secret of a soft key, or the state of a WebAuthn registration.
    pub(super) material: Vec<u8>,
}

/// Why a key was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddFault {
    /// Prove yourself again first.
    #[error("prove it again")]
    Stale,
    /// Ten keys are enough.
    #[error("You have 10 keys, which is the most. Remove one first.")]
    TooMany,
    /// The form has expired.
    #[error("That took too long. Start again.")]
    Expired,
    /// The name.
    #[error("Enter a name for this key, up to 40 characters")]
    Name,
    /// Without it, nothing would be left.
    #[error("This is your only key. Add another one first, then remove this one.")]
    Last,
    /// It is registered already.
    #[error("This key is added already")]
    Known,
    /// The code or the key's answer was not right.
    #[error(transparent)]
    Refusal(#[from] Refusal),
}

impl From<StoreError> for AddFault {
    fn from(error: StoreError) -> Self {
        Self::Refusal(error.into())
    }
}

impl SignIn {
    /// Whether this session may add a key or suspend one now: a key proof when the person has keys, else the password, both
    /// fresh; or a recovery code or temporary pass a while ago, until there is a new key.
    pub fn may_change_keys(session: &Session, keys: &[Key], now: Timestamp) -> bool {
        session.recovered_at.is_some_and(|at| now.since(at) < RECOVERED) || Self::may_change_account(session, keys, now)
    }

    /// Whether this session may change what is not a key: an address, an account elsewhere. A recovery code or temporary pass
    /// is there to add a key and for nothing else (M-07).
    pub fn may_change_account(session: &Session, keys: &[Key], now: Timestamp) -> bool {
        if keys.is_empty() {
            // Whoever is here for a day has no account to put a key into.
            return session.confirmed && session.method != Method::DayPass && now.since(session.auth_time) <= FRESH;
        }
        session.key_proof.as_ref().is_some_and(|proof| now.since(proof.at) <= FRESH)
    }

    /// Removes a key after a fresh proof.
    pub async fn remove_key(&self, session: &Session, person: &Person, id: KeyId) -> Result<bool, AddFault> {
        let Some(key) = self.changeable((session, person), id, false).await? else { return Ok(false) };
        let effects = self.changed((person, session), &key, ("key.removed", "removed"));
        if self.context.store.remove_key(person.id, id, effects).await? {
            return Ok(true);
        }
        let is_there = self.context.store.keys_of(person.id).await?.iter().any(|key| key.id == id);
        if is_there { Err(AddFault::Last) } else { Ok(false) }
    }

    /// Suspends a key or switches it on again, after a fresh proof.
    pub async fn suspend_key(
        &self,
        session: &Session,
        person: &Person,
        (id, suspend): (KeyId, bool),
    ) -> Result<bool, AddFault> {
        let Some(key) = self.changeable((session, person), id, suspend).await? else { return Ok(false) };
        let since = suspend.then(|| self.context.now());
        let words = if suspend { ("key.suspended", "suspended") } else { ("key.resumed", "switched on again") };
        let effects = self.changed((person, session), &key, words);
        Ok(self.context.store.suspend_key(person.id, id, since, effects).await?)
    }

    /// Suspends a key that its owner has lost, who may have no other to prove it with: the password of a moment ago is
    /// enough in the safe direction. Switching it on again is not.
    pub async fn report_lost(&self, session: &Session, person: &Person, id: KeyId) -> Result<bool, AddFault> {
        let keys = self.context.store.keys_of(person.id).await?;
        let now = self.context.now();
        let fresh = session.method != Method::DayPass && now.since(session.auth_time) <= FRESH;
        if !fresh && !Self::may_change_keys(session, &keys, now) {
            return Err(AddFault::Stale);
        }
        let Some(key) = keys.iter().find(|key| key.id == id && key.works()) else { return Ok(false) };
        let effects = self.changed((person, session), key, ("key.suspended", "suspended"));
        Ok(self.context.store.suspend_key(person.id, id, Some(now), effects).await?)
    }

    /// Gives a key another name. Its owner alone sees it, so the password is enough; they are told, since a name leads to
    /// the wrong key being thrown away.
    pub async fn rename_key(
        &self,
        (person, session): (&Person, &Session),
        id: KeyId,
        name: &str,
    ) -> Result<bool, AddFault> {
        let name = checked_name(name)?;
        let keys = self.context.store.keys_of(person.id).await?;
        let Some(key) = keys.into_iter().find(|key| key.id == id) else { return Ok(false) };
        if key.name == name {
            return Ok(true);
        }
        let name = self.free_name(person, name).await?;
        let entry = AuditEntry::new(self.context.now(), "key.renamed", format!("{} renamed a key", person.full_name()));
        let what = MailKind::KeyRenamed { from: key.name, to: name.clone(), happened: self.happened_in(session) };
        let effects = Effects::audit(entry.by(person.id).about(person.id)).tell(person, what);
        Ok(self.context.store.rename_key(person.id, id, &name, effects).await?)
    }

    /// The key of this person, if this session may change it. In the safe direction a recovery code or temporary pass is
    /// enough; it brings nothing back, and takes nothing away for good (M-07).
    async fn changeable(
        &self,
        (session, person): (&Session, &Person),
        id: KeyId,
        safe: bool,
    ) -> Result<Option<Key>, AddFault> {
        let (keys, now) = (self.context.store.keys_of(person.id).await?, self.context.now());
        let may = if safe { Self::may_change_keys } else { Self::may_change_account };
        if !may(session, &keys, now) {
            return Err(AddFault::Stale);
        }
        Ok(keys.into_iter().find(|key| key.id == id))
    }

    /// What follows when a key changes: the log, a mail, and word to every site.
    fn changed(
        &self,
        (person, session): (&Person, &Session),
        key: &Key,
        (event, verb): (&str, &'static str),
    ) -> Effects {
        let sentence = format!("{} {verb} the key “{}”", person.full_name(), key.name);
        let entry = AuditEntry::new(self.context.now(), event, sentence).by(person.id).about(person.id);
        let happened = self.happened_in(session);
        let what = MailKind::KeyChanged { key: key.name.clone(), verb: verb.to_owned(), happened };
        let change = if event == "key.resumed" { "update" } else { "revoke" };
        Effects::audit(entry)
            .tell(person, what)
            .signal(Signal::CredentialChange { person: person.id, change: change.to_owned() })
    }

    /// Now, in the browser of a session.
    fn happened_in(&self, session: &Session) -> Happened {
        Happened { at: Some(self.context.now()), agent: session.agent.clone() }
    }

    pub(super) async fn require_fresh(&self, session: &Session, person: &Person) -> Result<(), AddFault> {
        let keys = self.context.store.keys_of(person.id).await?;
        if keys.len() >= MOST {
            return Err(AddFault::TooMany);
        }
        if Self::may_change_keys(session, &keys, self.context.now()) { Ok(()) } else { Err(AddFault::Stale) }
    }

    pub(super) async fn keep_pending(
        &self,
        session: &Session,
        kind: KeyKind,
        material: Vec<u8>,
    ) -> Result<Secret, AddFault> {
        let token = Secret::new(&*self.context.random);
        let pending = Pending { session: session.sid.clone(), kind, material };
        let body = serde_json::to_string(&pending).map_err(|_| AddFault::Expired)?;
        // A challenge for a key lives as long as any other (W-01); a secret may be typed in by hand.
        let life = if kind == KeyKind::Passkey { CHALLENGE } else { LIFE };
        let expires_at = self.context.now().plus(life);
        self.context
            .store
            .short
            .add_attempt(&StoredAttempt { hash: token.hash(), version: 0, body, expires_at })
            .await?;
        Ok(token)
    }

    pub(super) async fn pending(&self, session: &Session, token: &str) -> Result<Pending, AddFault> {
        let hash = Secret::presented(token).hash();
        let stored = self.context.store.short.attempt(&hash, self.context.now()).await?.ok_or(AddFault::Expired)?;
        let pending: Pending = serde_json::from_str(&stored.body).map_err(|_| AddFault::Expired)?;
        if pending.session == session.sid { Ok(pending) } else { Err(AddFault::Expired) }
    }

    pub(super) async fn save_new_key(
        &self,
        (person, session): (&Person, &Session),
        (kind, name): (KeyKind, String),
        (material, last_step): (Vec<u8>, i64),
        credential: Option<&str>,
    ) -> Result<KeyId, AddFault> {
        let name = self.free_name(person, name).await?;
        let (key, effects) = self.new_key((person, session), (kind, name), (material, last_step));
        match self.context.store.add_key(&key, credential, effects).await {
            Err(StoreError::Conflict(_)) => Err(AddFault::Known),
            other => Ok(other.map(|()| key.id)?),
        }
    }

    /// The name, with a number when the person has a key of that name already.
    pub(super) async fn free_name(&self, person: &Person, name: String) -> Result<String, AddFault> {
        let keys = self.context.store.keys_of(person.id).await?;
        let taken = |name: &str| keys.iter().any(|key| key.name == name);
        if !taken(&name) {
            return Ok(name);
        }
        let short: String = name.chars().take(LONGEST_NAME - 3).collect();
        // More than [`MOST`] keys there are not.
        let numbered = (2..=MOST + 1).map(|number| format!("{short} {number}")).find(|name| !taken(name));
        Ok(numbered.unwrap_or(name))
    }

    /// A key, and what follows when it is added.
    pub(super) fn new_key(
        &self,
        (person, session): (&Person, &Session),
        (kind, name): (KeyKind, String),
        (material, last_step): (Vec<u8>, i64),
    ) -> (Key, Effects) {
        let now = self.context.now();
        let id = KeyId::new(&*self.context.clock, &*self.context.random);
        let sentence = format!("{} added the key “{name}” ({})", person.full_name(), kind.title());
        let entry = AuditEntry::new(now, "key.added", sentence).by(person.id).about(person.id);
        let effects = Effects::audit(entry)
            .tell(person, MailKind::KeyAdded { key: name.clone(), happened: self.happened_in(session) })
            .signal(Signal::CredentialChange { person: person.id, change: "create".to_owned() });
        // The code or touch that confirms a key is its first use; a card is only printed.
        let (created_at, last_used_at) = (now, (kind != KeyKind::Card).then_some(now));
        let key = Key {
            id,
            person: person.id,
            kind,
            name,
            material,
            last_step,
            created_at,
            last_used_at,
            suspended_at: None,
            spent: false,
        };
        (key, effects)
    }
}

pub(super) fn checked_name(name: &str) -> Result<String, AddFault> {
    let name = name.trim();
    if (1..=LONGEST_NAME).contains(&name.chars().count()) { Ok(name.to_owned()) } else { Err(AddFault::Name) }
}
