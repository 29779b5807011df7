//! Cedar policies: load, decide, explain.
//!
//! Rules ship in `rules/`; each has an `@id` and a `@reason`. `cases/` holds requests with the answer they must get.
//! What is deliberately absent: any other crate of ours, and any answer when there is none. No answer means no.

mod decide;
mod load;

pub use decide::{Allowed, Answer, ManageQuestion, RequestQuestion, Verdict};
pub use load::{PolicyError, Rules};
