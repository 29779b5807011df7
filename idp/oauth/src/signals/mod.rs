//! Events out: Security Event Tokens (RFC 8417) pushed to gateways (RFC 8935) from the durable outbox, and
//! sign-outs told to apps.

mod apps;
mod event;
mod push;

pub use apps::{Call, Teller};
pub use push::{Post, Pusher, Receiver};
