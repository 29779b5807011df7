//! Attacks: each test is named by its number in the catalogue of attacks, and fails without its defence.
#![expect(clippy::unwrap_used, clippy::panic, reason = "in tests a broken assumption must stop the test at once")]

mod authentication;
mod dispatcher;
mod flood;
mod gateway;
mod handoff;
mod identity;
mod log_proof;
mod logs;
mod nodes;
mod pages;
mod protocol;
mod recovered;
mod recovery;
mod second_factor;
mod sessions;
mod strongest;
mod tenancy;
mod tokens;
mod walker;
mod webauthn;
