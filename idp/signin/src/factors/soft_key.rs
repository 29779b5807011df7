//! Soft keys: time-based codes (RFC 6238), 30 seconds, one step either side, each step once (M-01).

use idp_domain::Timestamp;
use idp_domain::key::{Key, KeyKind};
use idp_domain::person::Person;
use idp_domain::session::KeyProof;
use totp_rs::{Builder, Secret, Totp};

use crate::{Refusal, SignIn, throttle};

/// Name under which a secret is sealed.
pub const SEAL: &str = "totp";

/// Length of a time step, in seconds.
const STEP: i64 = 30;
/// Steps within which a wrong code is explained by the telephone's clock.
const FAR: i64 = 10;

/// The generator of a secret. The account name is shown by the authenticator app.
pub fn totp(secret: &[u8], account: &str) -> Option<Totp> {
    let secret = Secret::from(secret);
    let account = account.replace(':', " ");
    Builder::new().with_secret(secret).with_account_name(account).with_issuer(Some("Lanyard")).build().ok()
}

/// Keeps the digits of what was typed: spaces and dashes are welcome.
pub fn read_code(typed: &str) -> Result<String, CodeFault> {
    let code: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if code.is_empty() {
        return Err(CodeFault::Empty);
    }
    if !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(CodeFault::NotNumbers);
    }
    if code.len() == 6 { Ok(code) } else { Err(CodeFault::Length(code.len())) }
}

/// What is wrong with the form of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeFault {
    /// Nothing was typed.
    #[error("Enter the 6 digit security code")]
    Empty,
    /// Letters.
    #[error("Security code must be 6 numbers")]
    NotNumbers,
    /// Too few or too many.
    #[error("the code has {0} numbers")]
    Length(usize),
}

impl SignIn {
    /// Checks a code against every soft key of a person and uses its step up.
    pub async fn check_code(&self, person: &Person, code: &str, place: &str) -> Result<KeyProof, Refusal> {
        let counter = format!("code:{}", person.id);
        self.take_code(person, &counter).await?;
        let now = self.context.now();
        let mut used_already = false;
        for key in self.context.store.keys_of(person.id).await? {
            let Some(step) = self.matching_step(&key, code, now) else { continue };
            if self.context.store.use_step(key.id, step, now).await? {
                throttle::succeeded(&self.context, &counter).await?;
                self.clock_watch.note(person.id, step - now.0 / STEP);
                return Ok(KeyProof::new((KeyKind::Soft, key.id), now, place));
            }
            used_already = true;
        }
        if used_already {
            return Err(Refusal::UsedAlready);
        }
        let keys = self.context.store.keys_of(person.id).await?;
        let counts =
            |then: Timestamp| keys.iter().any(|key| self.matching_step(key, code, then) == Some(then.0 / STEP));
        Err(self.drift(person, counts).await?.map_or(Refusal::Wrong, Refusal::Drift))
    }

    /// By how much a telephone's clock seems to differ: the code was right two to ten steps away, and so was the one
    /// before. It is never accepted. `counts` says whether the code would be right at a moment.
    pub(crate) async fn drift(
        &self,
        person: &Person,
        counts: impl Fn(Timestamp) -> bool,
    ) -> Result<Option<i64>, Refusal> {
        let now = self.context.now();
        let offset = (2..=FAR).flat_map(|steps| [-steps, steps]).find(|steps| counts(now.plus(steps * STEP)));
        let Some(offset) = offset else { return Ok(None) };
        self.clock_watch.note(person.id, offset);
        let counter = format!("drift:{}:{}", person.id, offset.signum());
        let seen = self.context.store.short.count_failure(&counter, now, 600).await?;
        Ok((seen.failures >= 2).then_some(offset * STEP))
    }

    fn matching_step(&self, key: &Key, code: &str, now: Timestamp) -> Option<i64> {
        if key.kind != KeyKind::Soft || !key.works() {
            return None;
        }
        let secret = self.context.vault.open(SEAL, &key.material)?;
        step_of(&secret, code, now)
    }
}

/// The time step of a code of this secret that counts at a moment.
pub(crate) fn step_of(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let step = totp(secret, "key")?.check(code, u64::try_from(now.0).ok()?)?;
    i64::try_from(step).ok()
}

/// Whether a code of this secret is the one of this very moment.
pub(crate) fn is_of(secret: &[u8], code: &str, then: Timestamp) -> bool {
    step_of(secret, code, then) == Some(then.0 / STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_codes_as_people_type_them() {
        assert_eq!(read_code(" 123 456 "), Ok("123456".into()));
        assert_eq!(read_code("123-456"), Ok("123456".into()));
        assert_eq!(read_code(""), Err(CodeFault::Empty));
        assert_eq!(read_code("12345a"), Err(CodeFault::NotNumbers));
        assert_eq!(read_code("12345"), Err(CodeFault::Length(5)));
        assert_eq!(read_code("１２３４５６"), Err(CodeFault::NotNumbers));
    }
}
