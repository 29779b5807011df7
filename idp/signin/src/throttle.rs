//! Waiting after wrong tries: per person and factor, the same for people who do not exist, never a lock by address.
//!
//! Whoever signs in from a browser that has signed them in before has a counter of their own there, so that a stranger's
//! guesses do not keep a head out at 8:45. A password that is tried on many people makes strangers wait.

use std::net::IpAddr;

use idp_domain::SecretHash;
use idp_domain::audit::AuditEntry;
use idp_domain::person::Person;
use idp_store::mails::MailKind;
use idp_store::throttle::Count;
use idp_store::{Context, Effects, StoreError};

use crate::{Refusal, SignIn};

/// Wrong tries that cost nothing.
const FREE: i64 = 5;
/// Length of the pause, in seconds.
const PAUSE: i64 = 15 * 60;
/// Quiet seconds after which counting starts anew.
const WINDOW: i64 = 24 * 3600;
/// So many wrong passwords in a row, over whatever time, and only a mailed link helps (NIST SP 800-63B-4 §3.2.2).
const HARD_STOP: i64 = 100;
/// How long a row lasts without a try, in seconds: a year.
const ROW: i64 = 365 * 24 * 3600;
/// The same wrong password on so many different logins within an hour is a spray.
const SPRAY: i64 = 20;
/// Seconds that a stranger waits who tries a sprayed password.
const SPRAY_WAIT: i64 = 60;
/// More failures than this in a minute from one address, for more than [`NAMES`] logins, slow that address down.
const FAILURES: i64 = 30;
const NAMES: i64 = 20;

/// Seconds that have to pass after the last of so many failures. More failures never shorten it.
/// From `pause_at` on, a pause.
pub fn wait_after(failures: i64, pause_at: i64) -> i64 {
    match failures {
        paused if paused >= pause_at => PAUSE,
        i64::MIN..=FREE => 0,
        6 => 30,
        7 => 60,
        8 => 120,
        _ => 300,
    }
}

/// Takes a try before anything is checked: it counts as a failure until [`succeeded`] says otherwise, so that a thousand
/// tries at once are not all the first. Refuses while the counter says to wait. From `pause_at` failures on, there is a pause.
/// Answers which failure this would be.
pub async fn take_try(context: &Context, counter: &str, pause_at: i64) -> Result<i64, Refusal> {
    let before = context.store.short.failures(counter).await?;
    take_try_after(context, counter, before, pause_at).await
}

async fn take_try_after(context: &Context, counter: &str, before: Count, pause_at: i64) -> Result<i64, Refusal> {
    let now = context.now();
    let left = wait_after(before.failures, pause_at) - now.since(before.last_at);
    if before.failures > 0 && left > 0 {
        return Err(Refusal::Wait(left));
    }
    let after = context.store.short.count_failure(counter, now, WINDOW).await?;
    let due = wait_after(after.failures - 1, pause_at);
    let overtaken = after.failures > FREE.min(pause_at) && after.failures > before.failures + 1;
    if overtaken { Err(Refusal::Wait(due.max(1))) } else { Ok(after.failures) }
}

impl SignIn {
    /// Takes a try of a code of somebody who is known by their password.
    pub(crate) async fn take_code(&self, person: &Person, counter: &str) -> Result<i64, Refusal> {
        let pause_at = self.context.settings_of(person.id).await?.wrong_codes;
        let failures = take_try(&self.context, counter, pause_at).await?;
        if failures == pause_at {
            // Only somebody with the password gets this far.
            self.tell_of_tries(person, MailKind::WrongCodes).await?;
        }
        Ok(failures)
    }

    /// Tells somebody, by mail and in their log, that another person may be at their sign-in.
    pub(crate) async fn tell_of_tries(&self, person: &Person, what: MailKind) -> Result<(), Refusal> {
        let sentence = format!("Somebody tried again and again to sign in as {}", person.full_name());
        let entry = AuditEntry::new(self.context.now(), "signin.tried", sentence).about(person.id);
        Ok(self.context.store.record(Effects::audit(entry).tell(person, what)).await?)
    }
}

/// Forgets failures after a success.
pub async fn succeeded(context: &Context, counter: &str) -> Result<(), Refusal> {
    Ok(context.store.short.clear_failures(counter).await?)
}

/// At most `most` of something in `window` seconds; true while that holds. Used for mails.
pub async fn within_budget(context: &Context, counter: &str, most: i64, window: i64) -> Result<bool, Refusal> {
    Ok(budget_wait(context, counter, most, window).await? == 0)
}

/// The same, in seconds to wait until there may be another one; none when this one is within the budget.
pub async fn budget_wait(context: &Context, counter: &str, most: i64, window: i64) -> Result<i64, Refusal> {
    let (now, before) = (context.now(), context.store.short.failures(counter).await?);
    let left = window - now.since(before.last_at);
    if before.failures >= most && left > 0 {
        return Ok(left);
    }
    let count = context.store.short.count_failure(counter, now, window).await?.failures;
    Ok(if count <= most { 0 } else { window })
}

/// Where a password is tried.
#[derive(Clone, Copy, Debug)]
pub struct TriedFrom<'a> {
    /// The browser, by the hash of its cookie.
    pub browser: &'a SecretHash,
    /// The address at the other end of the connection, if it is known.
    pub address: Option<IpAddr>,
}

/// The counters of one try of a password.
pub struct PasswordTry<'a> {
    context: &'a Context,
    login: &'a str,
    counter: String,
    row: String,
    /// Counts this password, on whoever it is tried.
    spray: String,
    /// Wrong passwords in a row so far.
    in_a_row: i64,
    /// How often this password was wrong for anybody.
    sprayed: Count,
    known: bool,
    address: Option<IpAddr>,
}

impl<'a> PasswordTry<'a> {
    /// Takes a try of a password for a folded login. `known` says that this browser has signed this person in before.
    /// `pause_at` is the same for everybody, so that a pause tells nobody who exists.
    pub async fn take(
        context: &'a Context,
        (login, password): (&'a str, &str),
        from: TriedFrom<'_>,
        (known, pause_at): (bool, i64),
    ) -> Result<Self, Refusal> {
        let counter = if known { known_counter(login, from.browser) } else { stranger_counter(login) };
        let row = row_counter(login);
        let spray = spray_counter(context, password);
        let counts = context.store.short.failures_of(&[&row, &counter, &spray]).await?;
        let [all, before, sprayed] = counts[..] else {
            return Err(StoreError::Corrupt("counters are missing".to_owned()).into());
        };
        if all.failures >= HARD_STOP {
            return Err(Refusal::ResetNeeded);
        }
        take_try_after(context, &counter, before, pause_at).await?;
        let (in_a_row, address) = (all.failures, from.address);
        Ok(Self { context, login, counter, row, spray, in_a_row, sprayed, known, address })
    }

    /// Makes a stranger wait who tries what is being tried on everybody.
    pub fn refuse_spray(&self) -> Result<(), Refusal> {
        let sprayed = self.sprayed;
        let now = self.context.now();
        if !self.known && sprayed.failures >= SPRAY && now.since(sprayed.last_at) < SPRAY_WAIT {
            metrics::counter!("lanyard_password_spray_total").increment(1);
            return Err(Refusal::Wait(SPRAY_WAIT - now.since(sprayed.last_at)));
        }
        Ok(())
    }

    /// It was right: the counters forget.
    pub async fn succeeded(&self) -> Result<(), Refusal> {
        succeeded(self.context, &self.counter).await?;
        // A write costs as much as a good part of a hash: most people have nothing to be forgiven.
        if self.in_a_row > 0 { succeeded(self.context, &self.row).await } else { Ok(()) }
    }

    /// It was wrong. Answers how many failures the login has had from strangers in a row.
    pub async fn failed(&self) -> Result<i64, Refusal> {
        let (short, now) = (&self.context.store.short, self.context.now());
        short.count_failure(&self.row, now, ROW).await?;
        let spray = &self.spray;
        let seen = short.count_failure(&format!("{spray}:{}", self.login), now, 3600).await?;
        if seen.failures == 1 {
            short.count_failure(spray, now, 3600).await?;
        }
        if let Some(address) = self.address {
            self.slow_down(address).await?;
        }
        Ok(if self.known { 0 } else { short.failures(&self.counter).await?.failures })
    }

    /// A whole school sits behind one address: nothing is refused, but a machine that goes through names gets slow.
    async fn slow_down(&self, address: IpAddr) -> Result<(), Refusal> {
        let (short, now) = (&self.context.store.short, self.context.now());
        let minute = now.0 / 60;
        let failures = short.count_failure(&format!("address:{address}:{minute}"), now, 120).await?;
        let name = short.count_failure(&format!("address:{address}:{minute}:{}", self.login), now, 120).await?;
        let names = format!("names:{address}:{minute}");
        let names = match name.failures {
            1 => short.count_failure(&names, now, 120).await?,
            _ => short.failures(&names).await?,
        };
        if failures.failures > FAILURES && names.failures > NAMES {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
        Ok(())
    }
}

/// Names a password by a few bits of a keyed digest: enough to see a spray, too few to tell which password it is.
fn spray_counter(context: &Context, password: &str) -> String {
    let digest = context.vault.fingerprint("spray", password.as_bytes());
    format!("spray:{}", digest.0.chars().take(4).collect::<String>())
}

/// Forgets what strangers and known browsers got wrong: a link from the person's own mailbox was used.
pub async fn forgive(context: &Context, login: &str) -> Result<(), Refusal> {
    succeeded(context, &stranger_counter(login)).await?;
    succeeded(context, &row_counter(login)).await
}

fn stranger_counter(login: &str) -> String {
    format!("password:{login}")
}

fn known_counter(login: &str, browser: &SecretHash) -> String {
    format!("password:{login}:{}", browser.0)
}

fn row_counter(login: &str) -> String {
    format!("row:{login}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_24_more_failures_never_shorten_the_wait() {
        for pause_at in 5..=10 {
            let waits: Vec<i64> = (0..200).chain([i64::MAX]).map(|failures| wait_after(failures, pause_at)).collect();
            assert!(waits.is_sorted());
        }
        assert_eq!((wait_after(5, 10), wait_after(6, 10), wait_after(10, 10), wait_after(5, 5)), (0, 30, 900, 900));
    }
}
