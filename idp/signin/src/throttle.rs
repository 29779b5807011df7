//! Waiting after wrong tries: per person and factor, the same for people who do not exist, never a lock by address.

use idp_store::Context;

use crate::Refusal;

/// Wrong tries that cost nothing.
const FREE: i64 = 5;
/// From so many on, a pause.
const PAUSE_AT: i64 = 10;
/// Length of the pause, in seconds.
const PAUSE: i64 = 15 * 60;
/// Quiet seconds after which counting starts anew.
const WINDOW: i64 = 24 * 3600;

/// Seconds that have to pass after the last of so many failures. More failures never shorten it.
pub fn wait_after(failures: i64) -> i64 {
    match failures {
        i64::MIN..=FREE => 0,
        6 => 30,
        7 => 60,
        8 => 120,
        9 => 300,
        PAUSE_AT..=i64::MAX => PAUSE,
    }
}

/// Takes a try before anything is checked: it counts as a failure until [`succeeded`] says otherwise, so that a thousand
/// tries at once are not all the first. Refuses while the counter says to wait.
pub async fn take_try(context: &Context, counter: &str) -> Result<(), Refusal> {
    let now = context.now();
    let before = context.store.short.failures(counter).await?;
    let left = wait_after(before.failures) - now.since(before.last_at);
    if before.failures > 0 && left > 0 {
        return Err(Refusal::Wait(left));
    }
    let after = context.store.short.count_failure(counter, now, WINDOW).await?;
    let overtaken = after.failures > FREE && after.failures > before.failures + 1;
    if overtaken { Err(Refusal::Wait(wait_after(after.failures - 1).max(1))) } else { Ok(()) }
}

/// Forgets failures after a success.
pub async fn succeeded(context: &Context, counter: &str) -> Result<(), Refusal> {
    Ok(context.store.short.clear_failures(counter).await?)
}

/// At most `most` of something in `window` seconds; true while that holds. Used for mails.
pub async fn within_budget(context: &Context, counter: &str, most: i64, window: i64) -> Result<bool, Refusal> {
    let (now, before) = (context.now(), context.store.short.failures(counter).await?);
    if before.failures >= most && now.since(before.last_at) < window {
        return Ok(false);
    }
    Ok(context.store.short.count_failure(counter, now, window).await?.failures <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_24_more_failures_never_shorten_the_wait() {
        let waits: Vec<i64> = (0..200).chain([i64::MAX]).map(wait_after).collect();
        assert!(waits.is_sorted());
        assert_eq!((wait_after(5), wait_after(6), wait_after(10)), (0, 30, 900));
    }
}
