//! Sessions at sites: in memory for every request, in a store for restarts, ended within a second.

mod cache;
mod cookie;
mod embedded;
mod grace;
mod owner;
mod record;
mod redis;
mod revocations;
mod store;
mod sweep;
mod tokens;
mod told;

pub(crate) use cache::{DECISIONS, Live, Sessions};
pub(crate) use cookie::Cookie;
pub use embedded::Embedded;
pub(crate) use record::{Elevation, IDLE, LONGEST_IDLE, Record};
pub use redis::RedisStore;
pub use store::{Listening, SessionStore, StoreAway, Stored, Told};
pub(crate) use tokens::{Bound, Standing};
pub(crate) use told::keep_told;

use std::time::Duration;

/// Sweeps for ever: memory twice a second, so that a stream ends within a second; the last use every minute; the store
/// every five.
pub(crate) async fn keep_swept(sessions: &Sessions) {
    let mut rounds = 0_u32;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        rounds = rounds.wrapping_add(1);
        let mut swept = sessions.sweep(rounds.is_multiple_of(120)).await;
        if rounds.is_multiple_of(600) && swept.is_ok() {
            swept = sessions.sweep_store().await;
        }
        if let Err(error) = swept {
            tracing::warn!(%error, "sessions cannot be swept");
        }
    }
}
