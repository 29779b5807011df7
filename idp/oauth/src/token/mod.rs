//! The token endpoint: phases owned once, each grant and each way of client authentication one file.

mod client_auth;
mod grants;
mod may_issue;

use serde_json::{Value, json};

use crate::params::Params;
use crate::{ACCESS_LIFE, OAuthError, Provider};

/// A token request as the web layer hands it in.
pub struct TokenRequest<'a> {
    /// The `Authorization` header, if any.
    pub authorization: Option<&'a str>,
    /// The form.
    pub params: Params,
}

/// What a grant produces; the shared last phase makes the answer of it.
pub(crate) struct Granted {
    pub access: String,
    pub refresh: Option<String>,
    pub id_token: Option<String>,
    pub scope: String,
}

impl Provider {
    /// The client of a request, its proof checked.
    pub(crate) async fn authenticated_client(
        &self,
        request: &TokenRequest<'_>,
    ) -> Result<idp_domain::client::Client, OAuthError> {
        client_auth::authenticate(self, request).await
    }

    /// Answers a token request: authenticate the client, run its grant, write the answer (RFC 6749 §5.1).
    pub async fn token(&self, request: TokenRequest<'_>) -> Result<Value, OAuthError> {
        let client = client_auth::authenticate(self, &request).await?;
        let granted = grants::run(self, &client, &request.params).await?;
        let mut answer = json!({
            "access_token": granted.access,
            "token_type": "Bearer",
            "expires_in": ACCESS_LIFE,
            "scope": granted.scope,
        });
        if let Some(answer) = answer.as_object_mut() {
            answer.extend(granted.refresh.map(|token| ("refresh_token".to_owned(), json!(token))));
            answer.extend(granted.id_token.map(|token| ("id_token".to_owned(), json!(token))));
        }
        Ok(answer)
    }
}
