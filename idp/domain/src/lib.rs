//! Words and rules of identity: person, site, membership, group, key, session, client. No IO.
//!
//! To add a word: one file here, one port in `idp/store`, one table in `idp/store-sql`.
//! What is deliberately absent: databases, HTTP, files, and any other crate of ours.

pub mod acr;
pub mod audit;
pub mod audit_chain;
pub mod client;
pub mod clock;
pub mod contact;
pub mod email;
pub mod group;
pub mod id;
pub mod key;
pub mod key_policy;
pub mod language;
pub mod london;
pub mod membership;
pub mod person;
pub mod persona;
pub mod random;
pub mod rights;
pub mod scope;
pub mod secret;
pub mod session;
pub mod site;
pub mod slug;
pub mod text_size;
pub mod tls_subject;
pub mod trust;
mod trust_role;
pub mod vault;

pub use acr::{Acr, Amr, Level};
pub use clock::{Clock, SteppedClock, SystemClock, Timestamp};
pub use id::{GrantId, ImportId, KeyId, LinkId, MembershipId, PersonId, RequestId, SiteId, TrustId};
pub use language::Language;
pub use random::{Random, SeededRandom, SystemRandom};
pub use secret::{Secret, SecretHash};
pub use slug::Slug;
pub use text_size::TextSize;
pub use vault::Vault;
