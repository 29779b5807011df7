//! OAuth 2 and OpenID Connect without a web framework.
//!
//! `authorize/` is a table of checks, `token/` is phases owned once with one file for each way of authentication and
//! each grant, `engine/` is oxide-auth, the grammar core of two grants. To add a grant: a file in `token/grants/` and a
//! line in its table. What is deliberately absent: HTTP, cookies, pages, and `idp/signin` (who is signed in is passed in).

pub mod authorize;
pub mod client_keys;
pub mod dpop;
mod engine;
pub mod error;
mod hint;
pub mod introspection;
pub mod issue;
pub mod jwk;
pub mod jws;
pub mod keys;
pub mod logout;
pub mod may_issue;
pub mod metadata;
pub mod mtls;
pub mod params;
pub mod registration;
pub mod registry;
mod scope;
pub mod signals;
pub mod standards;
pub mod token;
pub mod userinfo;

use std::sync::Arc;

use idp_store::Context;

pub use error::OAuthError;

/// What this crate works with.
#[derive(Clone)]
pub struct Provider {
    /// Memory, time, chance.
    pub context: Context,
    /// Signing keys.
    pub keys: Arc<keys::KeyRing>,
    /// The issuer identifier, which is also the public origin: fixed by configuration (I-32).
    pub issuer: String,
    /// Key for pairwise subjects (OpenID Connect Core §8.1).
    pub pairwise_salt: Arc<[u8]>,
    /// Keys that clients publish.
    pub published_keys: Arc<client_keys::PublishedKeys>,
    /// Where clients with certificates come, if anywhere.
    pub mtls: Option<mtls::Mtls>,
}

/// Seconds for which an authorization code can be used.
pub const CODE_LIFE: i64 = 60;
/// Seconds for which an access token counts.
pub const ACCESS_LIFE: i64 = 10 * 60;
/// Seconds for which a refresh token counts.
pub const REFRESH_LIFE: i64 = 12 * 3600;
/// Seconds for which an ID token counts.
pub const ID_TOKEN_LIFE: i64 = 5 * 60;
