//! Access and refresh tokens, in families that end together.

use async_trait::async_trait;
use idp_domain::{PersonId, SecretHash, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFacts {
    /// Whose client.
    pub client_id: String,
    /// Which person; absent for a client acting for itself.
    pub person: Option<PersonId>,
    /// The person's epoch when it was issued.
    pub epoch: i64,
    /// Granted scopes, separated by spaces.
    pub scope: String,
    /// `auth_time` of the sign-in behind it.
    pub auth_time: i64,
    /// `acr` of the sign-in behind it.
    pub acr: String,
    /// `sid` of the session behind it.
    pub sid: String,
    /// The redirect address of the grant, kept for the grammar of the refresh grant.
    pub redirect_uri: String,
    /// To what it is bound; a bearer token to nothing.
    #[serde(flatten)]
    pub bound: Bound,
    /// The resource server it is for (RFC 8707); absent for our own userinfo.
    #[serde(default)]
    pub audience: Option<String>,
    /// When it was issued.
    #[serde(default)]
    pub issued_at: i64,
    /// Services that act for the person with it, the last one first (RFC 8693 §4.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actors: Vec<String>,
    /// The client to which the person agreed, where services act for them; else `client_id` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// To what a token is bound, and what a request has proven to have: thumbprints, SHA-256 in base64url.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// Of a key (RFC 9449 §6).
    #[serde(default)]
    pub jkt: Option<String>,
    /// Of a certificate (`x5t#S256`, RFC 8705 §3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x5t: Option<String>,
}

/// A stored access or refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Hash of the token.
    pub hash: SecretHash,
    /// The family it belongs to.
    pub family: String,
    /// What it stands for.
    pub facts: TokenFacts,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// What presenting a refresh token leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was the current one; the new pair is stored.
    Rotated,
    /// It was used before: the family has been ended, durably (RFC 9700 §4.14).
    Reused,
    /// Never heard of, expired, or its family has ended.
    Unknown,
}

/// The port.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// Keeps the first tokens of a family. False when the family was ended already (a replayed code).
    async fn add_tokens(&self, access: &Token, refresh: Option<&Token>) -> Result<bool>;
    /// A live access token.
    async fn access_token(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<Token>>;
    /// A refresh token, used or not, whose family is alive.
    async fn refresh_token(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<Token>>;
    /// A refresh token that was not used yet.
    async fn unused_refresh_token(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<Token>>;
    /// Uses a refresh token and keeps its successors, in one transaction. One that was used before is used once more where
    /// `forgiving`, as long as nobody has come with a token that was issued after it: its reply was lost. The token of that
    /// reply is void then.
    async fn rotate(
        &self,
        old: &SecretHash,
        (access, refresh): (&Token, &Token),
        forgiving: bool,
        now: Timestamp,
    ) -> Result<Rotation>;
    /// Ends one access token, and its family goes on.
    async fn end_access(&self, hash: &SecretHash) -> Result<()>;
    /// Ends a family: none of its tokens counts any more, nor any that would still be added.
    async fn end_family(&self, family: &str, now: Timestamp) -> Result<()>;
}
