//! The sealed kit of a trust's owners: three codes, any two of which bring a last owner back.

use async_trait::async_trait;
use idp_domain::{SecretHash, Timestamp, TrustId};

use crate::effects::Effects;
use crate::error::Result;
use crate::links::Link;
use crate::recovery::Pass;

/// What an opened kit gives to an owner.
#[derive(Clone, Debug)]
pub struct WayBack {
    /// A link to a new password.
    pub link: Link,
    /// A pass with which they add a key.
    pub pass: Pass,
}

/// The port.
#[async_trait]
pub trait OwnerKit: Send + Sync {
    /// Replaces a trust's codes by these three.
    async fn replace_owner_codes(
        &self,
        trust: TrustId,
        codes: &[SecretHash; 3],
        now: Timestamp,
        effects: Effects,
    ) -> Result<()>;
    /// When the trust's codes were made; `None` when there are none.
    async fn owner_codes_made(&self, trust: TrustId) -> Result<Option<Timestamp>>;
    /// Opens a kit with two different codes of it: the whole kit is used up, every key of the person is suspended, their
    /// sessions end and the way back counts. False when the codes are not two of the trust's: then nothing has changed.
    async fn open_owner_kit(
        &self,
        trust: TrustId,
        codes: &[SecretHash; 2],
        way: &WayBack,
        effects: Effects,
    ) -> Result<bool>;
}
