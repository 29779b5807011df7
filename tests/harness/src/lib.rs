//! The whole system in one process for tests: its own clock and mailbox, a browser without a screen, an upstream that
//! records what reaches it, and real PostgreSQL and Redis servers on free ports.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "in tests a broken assumption must stop the test at once"
)]

pub mod authenticator;
pub mod between;
pub mod browser;
pub mod called;
pub mod client_key;
pub mod echo;
pub mod mutual;
pub mod oauth;
pub mod raw;
pub mod servers;
pub mod system;
pub mod two;

pub use browser::{Browser, Page};
pub use system::System;
