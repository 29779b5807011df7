//! Printed code cards: ten codes, each used once; a key for people without a telephone.

use idp_domain::key::KeyKind;
use idp_domain::person::Person;
use idp_domain::random::read_printed;
use idp_domain::session::KeyProof;

use crate::{Refusal, SignIn, throttle};

/// Codes on a card.
pub const CODES: usize = 10;
/// Characters of a code.
pub const LENGTH: usize = 8;
/// Name under which codes are fingerprinted.
pub(crate) const PURPOSE: &str = "card code";

impl SignIn {
    /// Uses a code of one of a person's cards up.
    pub async fn check_card(&self, person: &Person, typed: &str, place: &str) -> Result<KeyProof, Refusal> {
        let counter = format!("card:{}", person.id);
        self.take_code(person, &counter).await?;
        let now = self.context.now();
        let code = self.context.vault.fingerprint(PURPOSE, read_printed(typed).as_bytes());
        let card = self.context.store.use_card_code(person.id, &code, now).await?.ok_or(Refusal::Wrong)?;
        throttle::succeeded(&self.context, &counter).await?;
        Ok(KeyProof::new((KeyKind::Card, card), now, place))
    }
}
