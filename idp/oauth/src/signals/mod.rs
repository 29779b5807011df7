//! Events out: Security Event Tokens (RFC 8417) pushed to gateways (RFC 8935) from the durable outbox, sign-outs
//! told to apps, and the streams of those that hear more (Shared Signals).

mod apps;
mod event;
mod push;
pub(crate) mod streams;
mod subjects;

pub use apps::{Call, Teller};
pub use push::{Post, Pusher, Receiver};
pub use streams::{Poll, Wish};
pub use subjects::Subject;
