//! oxide-auth, the grammar core of the code and refresh grants. Nothing outside this folder knows that it is here.
//!
//! Client authentication, PKCE form, prompts, tokens and error codes are settled around it (see CRATES notes in
//! DECISIONS.md): its errors carry no cause, so the causes are kept in the primitives and mapped here.

mod authorizer;
mod extras;
mod issuer;
mod registrar;
mod request;

use std::borrow::Cow;

use idp_domain::client::Client;
use idp_domain::session::Ends;
use idp_domain::{Acr, Amr, PersonId, Secret, Timestamp};
use oxide_auth_async::code_grant::{access_token, authorization, refresh};
use oxide_auth_async::primitives::{Authorizer, Issuer, Registrar};
use serde::{Deserialize, Serialize};

use crate::authorize::Request;
use crate::may_issue::Entitled;
use crate::token::Asking;
use crate::{OAuthError, Provider};

use authorizer::Codes;
use extras::Extras;
use issuer::Tokens;
use registrar::Clients;

/// What an authorization code stands for, beside oxide-auth's own grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CodeGrant {
    pub nonce: Option<String>,
    pub auth_time: Timestamp,
    pub acr: Acr,
    pub amr: Vec<Amr>,
    pub sid: String,
    pub epoch: i64,
    pub family: String,
    /// When the session behind it ends.
    #[serde(default)]
    pub ends: Option<Ends>,
    /// Whether the key that the person signed in with lifts them at the site at once.
    #[serde(default)]
    pub elevates: bool,
    /// Thumbprint of the key that the tokens will be bound to (RFC 9449 §10).
    #[serde(default)]
    pub jkt: Option<String>,
    /// The resource server that was asked for (RFC 8707 §2.1).
    #[serde(default)]
    pub resource: Option<String>,
}

/// What came out of a token request.
pub(crate) struct Issued {
    pub access: Secret,
    pub refresh: Option<Secret>,
    pub entitled: Entitled,
    pub scope: String,
    /// Present after a code, absent after a refresh.
    pub code: Option<CodeGrant>,
    pub facts: idp_store::tokens::TokenFacts,
}

struct Handler<'a> {
    clients: Clients<'a>,
    codes: Codes<'a>,
    tokens: Tokens<'a>,
    extras: Extras,
}

impl<'a> Handler<'a> {
    fn new(
        provider: &'a Provider,
        client: &'a Client,
        code: Option<CodeGrant>,
        asking: Option<&'a Asking<'a>>,
    ) -> Self {
        Self {
            clients: Clients { client },
            codes: Codes { provider, family: code.as_ref().map(|code| code.family.clone()), refused: false },
            tokens: Tokens { provider, client, asking, found: None, issued: None, refused: None },
            extras: Extras::new(code),
        }
    }
}

impl authorization::Endpoint for Handler<'_> {
    fn registrar(&self) -> &(dyn Registrar + Sync) {
        &self.clients
    }

    fn authorizer(&mut self) -> &mut (dyn Authorizer + Send) {
        &mut self.codes
    }

    fn extension(&mut self) -> &mut (dyn authorization::Extension + Send) {
        &mut self.extras
    }
}

impl access_token::Endpoint for Handler<'_> {
    fn registrar(&self) -> &(dyn Registrar + Sync) {
        &self.clients
    }

    fn authorizer(&mut self) -> &mut (dyn Authorizer + Send) {
        &mut self.codes
    }

    fn issuer(&mut self) -> &mut (dyn Issuer + Send) {
        &mut self.tokens
    }

    fn extension(&mut self) -> &mut (dyn access_token::Extension + Send) {
        &mut self.extras
    }
}

impl refresh::Endpoint for Handler<'_> {
    fn registrar(&self) -> &(dyn Registrar + Sync) {
        &self.clients
    }

    fn issuer(&mut self) -> &mut (dyn Issuer + Send) {
        &mut self.tokens
    }
}

/// Runs the authorization machine on a checked request and answers the code.
pub(crate) async fn issue_code(
    provider: &Provider,
    request: &Request,
    person: PersonId,
    grant: CodeGrant,
) -> Result<String, OAuthError> {
    let mut handler = Handler::new(provider, &request.client, Some(grant), None);
    let asked = request::Authorization(request);
    let refused = || OAuthError::new("server_error", "the request could not be granted");
    let pending = authorization::authorization_code(&mut handler, &asked).await.map_err(|_| refused())?;
    let owner = Cow::Owned(person.to_string());
    let url = pending.authorize(&mut handler, owner).await.map_err(|_| refused())?;
    let code = url.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned());
    code.ok_or_else(refused)
}

/// Redeems a code for an authenticated client.
pub(crate) async fn redeem(provider: &Provider, asking: &Asking<'_>) -> Result<Issued, OAuthError> {
    let Asking { client, params, .. } = asking;
    let mut handler = Handler::new(provider, client, None, Some(asking));
    let outcome = access_token::access_token(&mut handler, &request::Token { params, client }).await;
    if let Some(error) = handler.tokens.refused.take() {
        return Err(error);
    }
    match (outcome, handler.tokens.issued.take()) {
        (Ok(_), Some(issued)) => Ok(issued),
        _ if handler.codes.refused => Err(OAuthError::grant("the code is not known, was used, or is too old")),
        _ if handler.extras.pkce_failed => Err(OAuthError::grant("code_verifier does not fit the code")),
        (Err(oxide_auth::code_grant::accesstoken::Error::Primitive(_)), _) => {
            Err(OAuthError::new("server_error", "something went wrong here"))
        }
        _ => Err(OAuthError::grant("the code was not made for this client and redirect_uri")),
    }
}

/// Rotates a refresh token for an authenticated client.
pub(crate) async fn rotate(provider: &Provider, asking: &Asking<'_>) -> Result<Issued, OAuthError> {
    let Asking { client, params, .. } = asking;
    let mut handler = Handler::new(provider, client, None, Some(asking));
    let outcome = refresh::refresh(&mut handler, &request::Refresh { params, client }).await;
    if let Some(error) = handler.tokens.refused.take() {
        return Err(error);
    }
    match (outcome, handler.tokens.issued.take()) {
        (Ok(_), Some(issued)) => Ok(issued),
        (Err(refresh_error), _) => Err(refresh_fault(refresh_error)),
        (Ok(_), None) => Err(OAuthError::grant("the refresh token does not count")),
    }
}

fn refresh_fault(error: oxide_auth::code_grant::refresh::Error) -> OAuthError {
    use oxide_auth::code_grant::error::AccessTokenErrorType;
    use oxide_auth::code_grant::refresh::Error;
    match error {
        Error::Primitive => OAuthError::new("server_error", "something went wrong here"),
        Error::Unauthorized(..) => OAuthError::grant("the refresh token does not count"),
        Error::Invalid(mut fault) => match fault.description().kind() {
            AccessTokenErrorType::InvalidScope => {
                OAuthError::new("invalid_scope", "a refresh cannot ask for more than was granted")
            }
            _ => OAuthError::grant("the refresh token does not count"),
        },
    }
}
