//! Printed code cards: a key whose codes are each used once.

use async_trait::async_trait;
use idp_domain::key::Key;
use idp_domain::{KeyId, PersonId, SecretHash, Timestamp};

use crate::effects::Effects;
use crate::error::Result;

/// The port.
#[async_trait]
pub trait Cards: Send + Sync {
    /// Adds a card with the fingerprints of its codes.
    async fn add_card(&self, key: &Key, codes: &[SecretHash], effects: Effects) -> Result<()>;
    /// Uses a code of one of the person's cards up and answers the card. `None` when no working card has it unused.
    async fn use_card_code(&self, person: PersonId, code: &SecretHash, now: Timestamp) -> Result<Option<KeyId>>;
    /// How many codes of a card are left.
    async fn card_codes_left(&self, card: KeyId) -> Result<i64>;
}
