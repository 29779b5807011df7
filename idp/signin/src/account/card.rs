//! Adding a printed code card.

use idp_domain::SecretHash;
use idp_domain::key::KeyKind;
use idp_domain::person::Person;
use idp_domain::session::Session;

use super::keys::{AddFault, checked_name};
use crate::SignIn;
use crate::factors::card::{CODES, LENGTH, PURPOSE};

impl SignIn {
    /// Makes a card after a fresh proof and answers its codes, which are shown this once.
    pub async fn add_card(&self, session: &Session, person: &Person, name: &str) -> Result<Vec<String>, AddFault> {
        self.require_fresh(session, person).await?;
        let name = checked_name(name)?;
        let codes: Vec<String> = (0..CODES).map(|_| self.context.random.readable(LENGTH)).collect();
        let prints: Vec<SecretHash> =
            codes.iter().map(|code| self.context.vault.fingerprint(PURPOSE, code.as_bytes())).collect();
        let name = self.free_name(person, name).await?;
        let (key, effects) = self.new_key((person, session), (KeyKind::Card, name), (Vec::new(), 0));
        self.context.store.add_card(&key, &prints, effects).await?;
        Ok(codes)
    }
}
