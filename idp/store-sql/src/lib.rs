//! SQLite and PostgreSQL from one SQL source.
//!
//! Every statement here runs on both engines as it stands; `migrations/` holds a pair of files for each step.
//! Single-use things are claimed by `UPDATE … WHERE unused RETURNING` or `INSERT … ON CONFLICT DO NOTHING RETURNING`,
//! never by counting rows afterwards (I-38).

mod access;
mod account;
mod app_visits;
mod audit_chain;
mod bounces;
mod domain_moves;
mod feedback;
mod joins;
mod known;
mod lane;
mod outbox;
mod owner_kit;
mod people;
mod places;
mod pool;
mod proofs;
mod protocol;
mod recovery;
mod reminders;
mod requests;
mod rescues;
mod restores;
mod row;
mod sessions;
mod short;
mod test_people;
mod upstreams;

pub use pool::{OpenError, SqlStore};
