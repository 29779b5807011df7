//! The token endpoint: phases owned once, each grant and each way of client authentication one file.

pub(crate) mod access;
mod at_site;
pub mod ciba;
mod client_auth;
pub mod device;
pub(crate) mod grants;
mod pending;

use idp_domain::Secret;
use idp_domain::client::Client;
use idp_store::tokens::Bound;
use serde_json::{Value, json};

use crate::dpop::Target;
use crate::mtls::Certificate;
use crate::params::Params;
use crate::{ACCESS_LIFE, OAuthError, Provider};

/// A request of a client as the web layer hands it in.
pub struct TokenRequest<'a> {
    /// The `Authorization` header, if any.
    pub authorization: Option<&'a str>,
    /// The `DPoP` header, if any.
    pub dpop: Option<&'a str>,
    /// The certificate of its connection, if any.
    pub certificate: Option<&'a Certificate>,
    /// The form.
    pub params: Params,
}

/// An authenticated request on its way through a grant.
pub(crate) struct Asking<'a> {
    pub client: &'a Client,
    pub params: &'a Params,
    /// What the request proved to have: tokens are bound to it.
    pub bound: Bound,
}

/// What a grant produces; the shared last phase makes the answer of it.
pub(crate) struct Granted {
    pub access: String,
    pub refresh: Option<String>,
    pub id_token: Option<String>,
    pub scope: String,
    /// Seconds for which the access token works.
    pub life: i64,
    /// `issued_token_type`, where the standard asks for it (RFC 8693 §2.2.1).
    pub kind: Option<&'static str>,
}

impl Granted {
    /// Tokens as most grants make them.
    fn of(access: &Secret, refresh: Option<&Secret>, id_token: Option<String>, scope: String) -> Self {
        let refresh = refresh.map(|token| token.reveal().to_owned());
        Self { access: access.reveal().to_owned(), refresh, id_token, scope, life: ACCESS_LIFE, kind: None }
    }
}

impl TokenRequest<'_> {
    /// The client that a request says it is from, for whoever writes down what went wrong.
    pub fn claimed_client(&self) -> Option<String> {
        client_auth::claimed(self)
    }
}

/// The certificate to which a client's tokens are bound, if they are (RFC 8705 §3).
fn proven_certificate(client: &Client, request: &TokenRequest<'_>) -> Result<Option<String>, OAuthError> {
    match request.certificate {
        _ if !client.options.tls_bound => Ok(None),
        Some(shown) => Ok(Some(shown.thumbprint.clone())),
        None => Err(OAuthError::request("the client's certificate is needed, at the address for mutual TLS")),
    }
}

impl Provider {
    /// The client of a request, its proof checked.
    pub(crate) async fn authenticated_client(&self, request: &TokenRequest<'_>) -> Result<Client, OAuthError> {
        client_auth::authenticate(self, request).await
    }

    /// The key that a request at this path proves to have. A client that is registered for it always has to.
    pub(crate) async fn proven_key(
        &self,
        client: &Client,
        request: &TokenRequest<'_>,
        path: &str,
    ) -> Result<Option<String>, OAuthError> {
        match request.dpop {
            Some(proof) => Ok(Some(self.dpop(proof, Target { method: "POST", path, token: None }).await?)),
            None if client.options.dpop => Err(OAuthError::new("invalid_dpop_proof", "a DPoP proof is needed")),
            None => Ok(None),
        }
    }

    /// Answers a token request: authenticate the client, check its key, run its grant, write the answer (RFC 6749 §5.1).
    pub async fn token(&self, request: TokenRequest<'_>) -> Result<Value, OAuthError> {
        let client = client_auth::authenticate(self, &request).await?;
        let (jkt, x5t) = (self.proven_key(&client, &request, "/token").await?, proven_certificate(&client, &request)?);
        let kind = if jkt.is_some() { "DPoP" } else { "Bearer" };
        let bound = Bound { jkt, x5t };
        let granted = grants::run(self, &Asking { client: &client, params: &request.params, bound }).await?;
        let mut answer = json!({
            "access_token": granted.access,
            "token_type": kind,
            "expires_in": granted.life,
            "scope": granted.scope,
        });
        if let Some(answer) = answer.as_object_mut() {
            answer.extend(granted.refresh.map(|token| ("refresh_token".to_owned(), json!(token))));
            answer.extend(granted.kind.map(|kind| ("issued_token_type".to_owned(), json!(kind))));
            answer.extend(granted.id_token.map(|token| ("id_token".to_owned(), json!(token))));
        }
        Ok(answer)
    }
}
