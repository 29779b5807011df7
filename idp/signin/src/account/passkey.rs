//! Adding a passkey or security key (WebAuthn Level 3 §7.1).

use idp_domain::key::KeyKind;
use idp_domain::person::Person;
use idp_domain::session::Session;
use idp_domain::{KeyId, Secret};
use webauthn_rs::prelude::{PasskeyRegistration, RegisterPublicKeyCredential};

use super::keys::{AddFault, checked_name};
use crate::factors::passkey;
use crate::{Refusal, SignIn};

/// Most bytes of a credential's identifier (WebAuthn Level 3 §7.1, step 25).
const LONGEST_ID: usize = 1023;

impl SignIn {
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
    ) -> Result<KeyId, AddFault> {
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
        if passkey.cred_id().len() > LONGEST_ID {
            return Err(Refusal::Wrong.into());
        }
        let id = hex(passkey.cred_id());
        let material = serde_json::to_vec(&passkey).map_err(|_| Refusal::Wrong)?;
        self.save_new_key((person, session), (KeyKind::Passkey, name), (material, 0), Some(&id)).await
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
