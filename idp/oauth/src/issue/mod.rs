//! ID tokens and the facts in them.

mod alerts;
mod claims;
mod id_token;
mod subject;

pub use claims::{LanyardClaims, SiteClaim};
pub use id_token::IdTokenFacts;
