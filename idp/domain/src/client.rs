//! OAuth clients: the gateway's sites, and the apps of others.

use serde::{Deserialize, Serialize};

use crate::secret::SecretHash;
use crate::slug::Slug;

/// A registered client (OpenID Connect Dynamic Registration §2 names its fields).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// Name on the consent screen.
    pub name: String,
    /// How it proves itself at the token endpoint.
    pub auth: ClientAuth,
    /// Exact redirect addresses; no patterns (RFC 9700 §2.1).
    pub redirect_uris: Vec<String>,
    /// Exact addresses to return to after sign-out.
    pub post_logout_redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// Whether it may use refresh tokens.
    pub refresh: bool,
    /// What kind of client it is.
    pub kind: ClientKind,
    /// Key for pairwise subjects; absent means one public `sub` for all (OpenID Connect Core §8.1).
    pub sector: Option<String>,
    /// `ES256` or `RS256`.
    pub id_token_alg: IdTokenAlg,
    /// Switched off: nothing new is issued.
    pub disabled: bool,
}

/// Token endpoint authentication (OpenID Connect Core §9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum ClientAuth {
    /// A public client; PKCE is its proof.
    None,
    /// A shared secret, by Basic header or in the body.
    Secret {
        /// Hash of the secret.
        hash: SecretHash,
    },
    /// A signed assertion (RFC 7523), ES256.
    PrivateKeyJwt {
        /// Public point, uncompressed SEC1, base64url.
        public_key: String,
    },
}

/// What a client is for, which decides what it may be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ClientKind {
    /// A site behind the gateway: gets that site's facts, needs no consent.
    Site {
        /// Which site.
        slug: Slug,
    },
    /// A school app: gets what the person agrees to.
    App,
    /// The gateway itself: reads the registry of sites.
    Gateway,
}

/// Signature of ID tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdTokenAlg {
    /// ECDSA P-256.
    ES256,
    /// RSA 2048, for old libraries.
    RS256,
}
