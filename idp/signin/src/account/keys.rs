//! Security keys: add, list, remove. A fresh proof comes first, every change is told by mail.

use idp_domain::audit::AuditEntry;
use idp_domain::key::{Key, KeyKind};
use idp_domain::person::Person;
use idp_domain::session::Session;
use idp_domain::{KeyId, Secret, Timestamp};
use idp_store::attempts::StoredAttempt;
use idp_store::effects::MailKind;
use idp_store::{Effects, Mail, Signal, StoreError};
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential};

use crate::factors::passkey;
use crate::factors::soft_key::{self, SEAL};
use crate::{Refusal, SignIn, throttle};

/// How fresh the proof has to be before a key is added or removed, in seconds (W-08, M-04).
pub const FRESH: i64 = 5 * 60;
/// How long adding may take, in seconds.
const LIFE: i64 = 30 * 60;
/// Most keys of a person.
pub const MOST: usize = 10;

/// A key that is being added. It lives in short-lived memory, bound to the session that began it (M-05).
#[derive(Serialize, Deserialize)]
struct Pending {
    session: String,
    kind: KeyKind,
    /// Sealed secret of a soft key, or the state of a WebAuthn registration.
    material: Vec<u8>,
}

/// What the page that adds a soft key shows. The secret is shown this once.
pub struct NewSoftKey {
    /// Names the pending key in the form.
    pub token: Secret,
    /// The secret, in base32.
    pub secret: String,
    /// QR code of the `otpauth:` address, SVG.
    pub qr: String,
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
    /// Whether this session may change keys now: a key proof when the person has keys, else the password, both fresh.
    pub fn may_change_keys(session: &Session, keys: &[Key], now: Timestamp) -> bool {
        if keys.is_empty() {
            return now.since(session.auth_time) <= FRESH;
        }
        session.key_proof.as_ref().is_some_and(|proof| now.since(proof.at) <= FRESH)
    }

    /// Begins adding a soft key.
    pub async fn begin_soft_key(&self, session: &Session, person: &Person) -> Result<NewSoftKey, AddFault> {
        self.require_fresh(session, person).await?;
        let mut secret = [0_u8; 20];
        self.context.random.fill(&mut secret);
        let totp = soft_key::totp(&secret, &person.login()).ok_or(AddFault::Expired)?;
        let url = totp.to_url().map_err(|_| AddFault::Expired)?;
        let sealed = self.context.vault.seal(SEAL, &secret);
        let token = self.keep_pending(session, KeyKind::Soft, sealed).await?;
        Ok(NewSoftKey { token, secret: totp.secret().to_base32(), qr: qr_svg(&url).unwrap_or_default() })
    }

    /// Shows a pending soft key once more after a wrong code.
    pub async fn pending_soft_key(
        &self,
        session: &Session,
        person: &Person,
        token: &str,
    ) -> Result<NewSoftKey, AddFault> {
        let pending = self.pending(session, token).await?;
        let secret = self.context.vault.open(SEAL, &pending.material).ok_or(AddFault::Expired)?;
        let totp = soft_key::totp(&secret, &person.login()).ok_or(AddFault::Expired)?;
        let url = totp.to_url().map_err(|_| AddFault::Expired)?;
        Ok(NewSoftKey {
            token: Secret::presented(token),
            secret: totp.secret().to_base32(),
            qr: qr_svg(&url).unwrap_or_default(),
        })
    }

    /// Saves a soft key if the code is right. The code is used up by it, and proves the key.
    pub async fn add_soft_key(
        &self,
        session: &Session,
        person: &Person,
        form: (&str, &str, &str),
    ) -> Result<(), AddFault> {
        let (token, name, code) = form;
        let name = checked_name(name)?;
        let pending = self.pending(session, token).await?;
        let counter = format!("code:{}", person.id);
        throttle::take_try(&self.context, &counter).await?;
        let now = self.context.now();
        let secret = self.context.vault.open(SEAL, &pending.material).ok_or(AddFault::Expired)?;
        let step = soft_key::totp(&secret, "key")
            .and_then(|totp| totp.check(code, u64::try_from(now.0).unwrap_or(0)))
            .and_then(|step| i64::try_from(step).ok());
        let step = step.ok_or(Refusal::Wrong)?;
        throttle::succeeded(&self.context, &counter).await?;
        if !self.context.store.short.take_attempt(&Secret::presented(token).hash()).await? {
            return Err(AddFault::Expired);
        }
        self.save_new_key(person, (KeyKind::Soft, name), (pending.material, step), None).await
    }

    /// Begins adding a passkey; the answer is what `navigator.credentials.create` wants, and the form's token.
    pub async fn begin_passkey_registration(
        &self,
        session: &Session,
        person: &Person,
    ) -> Result<(Secret, String), AddFault> {
        self.require_fresh(session, person).await?;
        let known = self.passkeys(person).await?.into_iter().map(|(_, passkey)| passkey.cred_id().clone()).collect();
        let (mut challenge, state) = self
            .webauthn
            .start_passkey_registration(person.id.0, &person.login(), &person.full_name(), Some(known))
            .map_err(|_| Refusal::Wrong)?;
        if let Some(selection) = challenge.public_key.authenticator_selection.as_mut() {
            // A passkey that the browser can offer by itself; webauthn-rs asks for the opposite.
            selection.require_resident_key = true;
            selection.resident_key = serde_json::from_value(serde_json::json!("required")).ok();
        }
        let state = serde_json::to_vec(&state).map_err(|_| Refusal::Wrong)?;
        let token = self.keep_pending(session, KeyKind::Passkey, state).await?;
        let challenge = serde_json::to_string(&challenge).map_err(|_| Refusal::Wrong)?;
        Ok((token, challenge))
    }

    /// Saves a passkey if the browser's answer fits.
    pub async fn add_passkey(
        &self,
        session: &Session,
        person: &Person,
        form: (&str, &str, &str),
    ) -> Result<(), AddFault> {
        let (token, name, answer) = form;
        let name = checked_name(name)?;
        let pending = self.pending(session, token).await?;
        if !self.context.store.short.take_attempt(&Secret::presented(token).hash()).await? {
            return Err(AddFault::Expired);
        }
        let state: PasskeyRegistration = serde_json::from_slice(&pending.material).map_err(|_| AddFault::Expired)?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| Refusal::Wrong)?;
        passkey::require_top(answer.response.client_data_json.as_ref())?;
        let passkey = self.webauthn.finish_passkey_registration(&answer, &state).map_err(|_| Refusal::Wrong)?;
        let id = hex(passkey.cred_id());
        let material = serde_json::to_vec(&passkey).map_err(|_| Refusal::Wrong)?;
        self.save_new_key(person, (KeyKind::Passkey, name), (material, 0), Some(&id)).await
    }

    /// Removes a key after a fresh proof.
    pub async fn remove_key(&self, session: &Session, person: &Person, id: KeyId) -> Result<bool, AddFault> {
        let keys = self.context.store.keys_of(person.id).await?;
        let now = self.context.now();
        if !Self::may_change_keys(session, &keys, now) {
            return Err(AddFault::Stale);
        }
        let Some(key) = keys.iter().find(|key| key.id == id) else { return Ok(false) };
        let sentence = format!("{} removed the key “{}”", person.full_name(), key.name);
        let entry = AuditEntry::new(now, "key.removed", sentence).by(person.id).about(person.id);
        let effects = told(Effects::audit(entry), person, MailKind::KeyRemoved { key: key.name.clone() })
            .signal(Signal::CredentialChange { person: person.id, change: "revoke".to_owned() });
        Ok(self.context.store.remove_key(person.id, id, effects).await?)
    }

    async fn require_fresh(&self, session: &Session, person: &Person) -> Result<(), AddFault> {
        let keys = self.context.store.keys_of(person.id).await?;
        if keys.len() >= MOST {
            return Err(AddFault::TooMany);
        }
        if Self::may_change_keys(session, &keys, self.context.now()) { Ok(()) } else { Err(AddFault::Stale) }
    }

    async fn keep_pending(&self, session: &Session, kind: KeyKind, material: Vec<u8>) -> Result<Secret, AddFault> {
        let token = Secret::new(&*self.context.random);
        let pending = Pending { session: session.sid.clone(), kind, material };
        let body = serde_json::to_string(&pending).map_err(|_| AddFault::Expired)?;
        let expires_at = self.context.now().plus(LIFE);
        self.context
            .store
            .short
            .add_attempt(&StoredAttempt { hash: token.hash(), version: 0, body, expires_at })
            .await?;
        Ok(token)
    }

    async fn pending(&self, session: &Session, token: &str) -> Result<Pending, AddFault> {
        let hash = Secret::presented(token).hash();
        let stored = self.context.store.short.attempt(&hash, self.context.now()).await?.ok_or(AddFault::Expired)?;
        let pending: Pending = serde_json::from_str(&stored.body).map_err(|_| AddFault::Expired)?;
        if pending.session == session.sid { Ok(pending) } else { Err(AddFault::Expired) }
    }

    async fn save_new_key(
        &self,
        person: &Person,
        (kind, name): (KeyKind, String),
        (material, last_step): (Vec<u8>, i64),
        credential: Option<&str>,
    ) -> Result<(), AddFault> {
        let now = self.context.now();
        let id = KeyId::new(&*self.context.clock, &*self.context.random);
        let sentence = format!("{} added the key “{name}” ({})", person.full_name(), kind.title());
        let entry = AuditEntry::new(now, "key.added", sentence).by(person.id).about(person.id);
        let effects = told(Effects::audit(entry), person, MailKind::KeyAdded { key: name.clone() })
            .signal(Signal::CredentialChange { person: person.id, change: "create".to_owned() });
        let key =
            Key { id, person: person.id, kind, name, material, last_step, created_at: now, last_used_at: Some(now) };
        match self.context.store.add_key(&key, credential, effects).await {
            Err(StoreError::Conflict(_)) => Err(AddFault::Known),
            other => Ok(other?),
        }
    }
}

fn told(effects: Effects, person: &Person, what: MailKind) -> Effects {
    match &person.email {
        Some(email) => effects.mail(Mail { to: email.to_string(), name: person.full_name(), what }),
        None => effects,
    }
}

fn checked_name(name: &str) -> Result<String, AddFault> {
    let name = name.trim();
    if (1..=40).contains(&name.chars().count()) { Ok(name.to_owned()) } else { Err(AddFault::Name) }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The QR code as SVG to be put into a page.
fn qr_svg(text: &str) -> Option<String> {
    let code = qrcode::QrCode::new(text.as_bytes()).ok()?;
    let svg = code
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(200, 200)
        .dark_color(qrcode::render::svg::Color("#000"))
        .light_color(qrcode::render::svg::Color("#fff"))
        .build();
    Some(svg.split_once("?>").map_or(svg.as_str(), |(_, rest)| rest).to_owned())
}
