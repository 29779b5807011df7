//! Promises that every backend keeps: SQLite, PostgreSQL and Redis, as real servers.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "in tests a broken assumption must stop the test at once")]

mod account;
mod contended;
mod durable;
mod gateway_sessions;
mod short;
mod trust;
