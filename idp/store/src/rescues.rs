//! The way back of the only admin of a school without a trust: two of the supplier's people vouch, and a day passes.

use async_trait::async_trait;
use idp_domain::{PersonId, SecretHash, SiteId, Timestamp};

use crate::effects::Effects;
use crate::error::Result;
use crate::recovery::Pass;

/// Somebody who is to come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescue {
    /// Who.
    pub person: PersonId,
    /// The school whose admin they are.
    pub site: SiteId,
    /// The names of those who vouched.
    pub vouched_by: String,
    /// Hash of the secret with which the headteacher cuts the wait short, or stops it.
    pub token: SecretHash,
    /// When the second one vouched.
    pub asked_at: Timestamp,
    /// From when on the pass is made.
    pub ready_at: Timestamp,
}

/// The port.
#[async_trait]
pub trait Rescues: Send + Sync {
    /// Adds somebody who may vouch; another one of the same name loses their code.
    async fn add_supporter(&self, name: &str, code: &SecretHash, now: Timestamp) -> Result<()>;
    /// Whose codes these are; fewer names than codes when one is nobody's.
    async fn supporters(&self, codes: &[SecretHash; 2]) -> Result<Vec<String>>;
    /// Begins a rescue; false when there is one for this person already.
    async fn ask_rescue(&self, rescue: &Rescue, effects: Effects) -> Result<bool>;
    /// The rescue of a person.
    async fn rescue_of(&self, person: PersonId) -> Result<Option<Rescue>>;
    /// The rescue of which this is the headteacher's secret.
    async fn rescue_by(&self, token: &SecretHash) -> Result<Option<Rescue>>;
    /// Cuts the wait short; false when there is nothing to wait for.
    async fn hasten_rescue(&self, token: &SecretHash, now: Timestamp, effects: Effects) -> Result<bool>;
    /// Stops a rescue; false when there is none.
    async fn stop_rescue(&self, token: &SecretHash, effects: Effects) -> Result<bool>;
    /// Ends a rescue with the pass that it is for; false, and no pass, when its time has not come.
    async fn finish_rescue(&self, pass: &Pass, now: Timestamp, effects: Effects) -> Result<bool>;
}
