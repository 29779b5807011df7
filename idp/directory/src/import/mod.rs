//! Import of a staff spreadsheet: read, find the columns, clean, ask, preview, apply. Forgiving, explained, idempotent.
//!
//! Each step is a file and a pure function of what came before; only `apply.rs` writes, in one transaction. To accept
//! one more way of writing something: a line in `columns.rs`, `roles.rs` or `clean.rs`, and a case in its tests.

mod apply;
mod clean;
mod columns;
mod doubts;
mod plan;
mod read;
mod roles;
mod rows;
pub(crate) mod schools;

pub use apply::{Applied, Effect, ImportFault};
pub use plan::{Plan, Question, Row, RowState};
