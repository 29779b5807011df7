//! Events out: Security Event Tokens (RFC 8417) pushed to gateways (RFC 8935) from the durable outbox.

mod event;
mod push;

pub use push::{Post, Pusher, Receiver};
