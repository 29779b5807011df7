//! Day passes: a printed code lets somebody in who covers for a day. It opens base access and ends in the evening.

use idp_domain::person::{Person, PersonStatus};
use idp_domain::random::read_printed;
use idp_domain::{SecretHash, Timestamp};
use idp_store::day_passes::{DAY_PASS_LENGTH, DAY_PASS_PURPOSE};

use crate::{Refusal, SignIn, throttle};

/// Wrong codes of one browser in [`WINDOW`]. The code itself has 60 bits: nobody finds one by trying.
const TRIES: i64 = 20;
/// Seconds over which they are counted.
const WINDOW: i64 = 600;

impl SignIn {
    /// Whose day pass this is, and until when it works.
    pub async fn check_day_pass(&self, typed: &str, browser: &SecretHash) -> Result<(Person, Timestamp), Refusal> {
        let (context, code) = (&self.context, read_printed(typed));
        if !throttle::within_budget(context, &format!("day-pass:{}", browser.0), TRIES, WINDOW).await? {
            return Err(Refusal::Wait(WINDOW));
        }
        if code.len() != DAY_PASS_LENGTH {
            return Err(Refusal::Wrong);
        }
        let print = context.vault.fingerprint(DAY_PASS_PURPOSE, code.as_bytes());
        let pass = context.store.day_pass(&print, context.now()).await?.ok_or(Refusal::Wrong)?;
        let person = context.store.person(pass.person).await?.ok_or(Refusal::Wrong)?;
        match person.status {
            PersonStatus::Active => Ok((person, pass.expires_at)),
            PersonStatus::Suspended => Err(Refusal::Suspended),
        }
    }
}
