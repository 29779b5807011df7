//! Errors of the protocol: the code each standard asks for, what may be shown, and the HTTP status.

use idp_store::StoreError;

/// An error of the token endpoint, or one that is sent back to a client's redirect address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {description}")]
pub struct OAuthError {
    /// The `error` value (RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6).
    pub code: &'static str,
    /// `error_description`: one line of ASCII.
    pub description: &'static str,
}

impl OAuthError {
    /// An error with this code.
    pub const fn new(code: &'static str, description: &'static str) -> Self {
        Self { code, description }
    }

    /// `invalid_request`.
    pub const fn request(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }

    /// `invalid_grant`.
    pub const fn grant(description: &'static str) -> Self {
        Self::new("invalid_grant", description)
    }

    /// `invalid_client`.
    pub const fn client(description: &'static str) -> Self {
        Self::new("invalid_client", description)
    }

    /// The status of a JSON answer with this error.
    pub fn status(&self) -> u16 {
        match self.code {
            "invalid_client" | "invalid_token" => 401,
            "insufficient_scope" => 403,
            "server_error" => 500,
            "temporarily_unavailable" => 503,
            _ => 400,
        }
    }
}

impl From<StoreError> for OAuthError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "store");
        match error {
            StoreError::Unavailable(_) => Self::new("temporarily_unavailable", "try again in a moment"),
            StoreError::Conflict(_) | StoreError::Corrupt(_) => Self::new("server_error", "something went wrong here"),
        }
    }
}
