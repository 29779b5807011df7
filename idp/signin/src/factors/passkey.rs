//! Passkeys and security keys (WebAuthn Level 3): user verification always, one ceremony at a time, state kept here.

use idp_domain::PersonId;
use idp_domain::audit::AuditEntry;
use idp_domain::key::{Key, KeyKind};
use idp_domain::person::{Person, PersonStatus};
use idp_domain::session::KeyProof;
use idp_store::Effects;
use idp_store::mails::{Happened, MailKind};
use serde::Serialize;
use serde::de::DeserializeOwned;
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyAuthentication, PublicKeyCredential,
    WebauthnError,
};

use crate::attempt::{Attempt, CHALLENGE, Challenge};
use crate::{Refusal, SignIn};

/// Identities that a passkey's owner may have joined one after the other.
const MOST_JOINS: usize = 8;

impl SignIn {
    /// Begins a proof; the answer is what `navigator.credentials.get` wants. `None` when the person has no such key.
    pub async fn begin_passkey(&self, person: &Person, attempt: &mut Attempt) -> Result<Option<String>, Refusal> {
        let passkeys: Vec<Passkey> = self.passkeys(person).await?.into_iter().map(|(_, passkey)| passkey).collect();
        if passkeys.is_empty() {
            return Ok(None);
        }
        let (challenge, state) = self.webauthn.start_passkey_authentication(&passkeys).map_err(|_| Refusal::Wrong)?;
        self.ask(attempt, &state);
        Ok(serde_json::to_string(&challenge).ok())
    }

    /// Notes in the attempt what is asked.
    fn ask(&self, attempt: &mut Attempt, state: &impl Serialize) {
        let at = self.context.now();
        attempt.challenge = serde_json::to_string(state).ok().map(|state| Challenge { state, at });
    }

    /// What was asked, if that is not too long ago.
    fn asked<T: DeserializeOwned>(&self, challenge: Option<&Challenge>) -> Result<T, Refusal> {
        let challenge = challenge.ok_or(Refusal::Wrong)?;
        if self.context.now().since(challenge.at) >= CHALLENGE {
            return Err(Refusal::Spent);
        }
        serde_json::from_str(&challenge.state).map_err(|_| Refusal::Wrong)
    }

    /// Finishes a proof. The challenge was taken out of the attempt by the caller, so it is used once (W-01).
    pub async fn finish_passkey(
        &self,
        person: &Person,
        challenge: Option<&Challenge>,
        answer: &str,
        place: &str,
    ) -> Result<KeyProof, Refusal> {
        let state: PasskeyAuthentication = self.asked(challenge)?;
        let answer: PublicKeyCredential = serde_json::from_str(answer).map_err(|_| Refusal::Wrong)?;
        require_top(answer.response.client_data_json.as_ref())?;
        let known = self.passkeys(person).await?;
        match self.webauthn.finish_passkey_authentication(&answer, &state) {
            Ok(result) => self.proven(known, &result, place).await,
            Err(error) => Err(self.refused(&error, person, (&known, answer.get_credential_id())).await?),
        }
    }

    /// Keeps the new state of the passkey that was used, whose counter must have gone up (W-04).
    async fn proven(
        &self,
        known: Vec<(Key, Passkey)>,
        result: &AuthenticationResult,
        place: &str,
    ) -> Result<KeyProof, Refusal> {
        // User verification is asked for and must have happened (W-03).
        if !result.user_verified() {
            return Err(Refusal::Wrong);
        }
        let now = self.context.now();
        for (key, mut passkey) in known {
            if let Some(_changed) = passkey.update_credential(result) {
                let material = serde_json::to_vec(&passkey).map_err(|_| Refusal::Wrong)?;
                self.context.store.save_key_use(key.id, &material, now).await?;
                return Ok(KeyProof::new((KeyKind::Passkey, key.id), now, place));
            }
        }
        Err(Refusal::Wrong)
    }

    /// Begins a sign-in with whatever passkey the browser has; the answer is what `navigator.credentials.get` wants.
    pub fn begin_discoverable(&self, attempt: &mut Attempt) -> Option<String> {
        let (challenge, state) = self.webauthn.start_discoverable_authentication().ok()?;
        self.ask(attempt, &state);
        serde_json::to_string(&challenge).ok()
    }

    /// Finishes a sign-in with a passkey: who it is, and what it proves. Whatever is wrong is said in the same words, so
    /// that nobody learns which keys there are (W-05).
    pub async fn finish_discoverable(
        &self,
        challenge: Option<&Challenge>,
        answer: &str,
        place: &str,
    ) -> Result<(Person, KeyProof), Refusal> {
        let state: DiscoverableAuthentication = self.asked(challenge)?;
        let answer: PublicKeyCredential = serde_json::from_str(answer).map_err(|_| Refusal::Wrong)?;
        require_top(answer.response.client_data_json.as_ref())?;
        let (handle, _) = self.webauthn.identify_discoverable_authentication(&answer).map_err(|_| Refusal::Wrong)?;
        let person = self.owner_of_handle(PersonId(handle)).await?.ok_or(Refusal::Wrong)?;
        let known = self.passkeys(&person).await?;
        let used = known.iter().find(|(_, passkey)| passkey.cred_id().as_slice() == answer.get_credential_id());
        let (_, used) = used.ok_or(Refusal::Wrong)?;
        let result = match self.webauthn.finish_discoverable_authentication_v2(&answer, state, used) {
            Ok(result) => result,
            Err(error) => return Err(self.refused(&error, &person, (&known, answer.get_credential_id())).await?),
        };
        let proof = self.proven(known, &result, place).await?;
        if person.status == PersonStatus::Suspended {
            return Err(Refusal::Suspended);
        }
        Ok((person, proof))
    }

    /// Whose passkeys carry this handle: a key keeps it when its owner's identity was joined to another of theirs.
    async fn owner_of_handle(&self, handle: PersonId) -> Result<Option<Person>, Refusal> {
        let store = &self.context.store;
        let mut person = store.person(handle).await?;
        // A chain of joins is as long as somebody's addresses are many.
        for _ in 0..MOST_JOINS {
            let gone = person.as_ref().filter(|person| person.status == PersonStatus::Suspended);
            let Some(gone) = gone else { break };
            let Some(into) = store.joined_into(gone.id).await? else { break };
            person = store.person(into).await?;
        }
        Ok(person)
    }

    /// Refuses an answer. One whose counter went back came from a copy of the key, or the key was copied before: its owner
    /// is told (W-04).
    async fn refused(
        &self,
        error: &WebauthnError,
        person: &Person,
        (known, id): (&[(Key, Passkey)], &[u8]),
    ) -> Result<Refusal, Refusal> {
        let used = known.iter().find(|(_, passkey)| passkey.cred_id().as_slice() == id);
        if let (WebauthnError::CredentialPossibleCompromise, Some((key, _))) = (error, used) {
            metrics::counter!("lanyard_keys_copied_total").increment(1);
            let now = self.context.now();
            let sentence = format!("The key “{}” of {} answered like a copy of itself", key.name, person.full_name());
            let entry = AuditEntry::new(now, "key.copied", sentence).about(person.id);
            let happened = Happened { at: Some(now), agent: String::new() };
            let mail = MailKind::KeyCopied { key: key.name.clone(), happened };
            self.context.store.record(Effects::audit(entry).tell(person, mail)).await?;
        }
        Ok(Refusal::Wrong)
    }

    pub(crate) async fn passkeys(&self, person: &Person) -> Result<Vec<(Key, Passkey)>, Refusal> {
        let keys = self.context.store.keys_of(person.id).await?;
        Ok(keys
            .into_iter()
            .filter(|key| key.kind == KeyKind::Passkey && key.works())
            .filter_map(|key| serde_json::from_slice(&key.material).ok().map(|passkey| (key, passkey)))
            .collect())
    }
}

/// Refuses what a page of another origin had made in a frame (W-02, WebAuthn Level 3 §7.2 step 10). webauthn-rs asks this
/// of new credentials only.
pub(crate) fn require_top(client_data: &[u8]) -> Result<(), Refusal> {
    let said: serde_json::Value = serde_json::from_slice(client_data).map_err(|_| Refusal::Wrong)?;
    let framed = said.get("crossOrigin").is_some_and(|framed| framed != false) || said.get("topOrigin").is_some();
    if framed { Err(Refusal::Wrong) } else { Ok(()) }
}
