//! Sessions at sites: in memory for every request, in a store for restarts, ended within a second.

mod cache;
mod cookie;
mod embedded;
mod grace;
mod record;
mod redis;
mod revocations;
mod store;

pub(crate) use cache::{DECISIONS, Live, Sessions, keep_swept};
pub(crate) use cookie::Cookie;
pub use embedded::Embedded;
pub(crate) use record::{Elevation, IDLE, LONGEST_IDLE, Record};
pub use redis::RedisStore;
pub use store::{SessionStore, StoreAway, Stored};
