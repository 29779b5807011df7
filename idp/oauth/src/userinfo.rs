//! Userinfo (OpenID Connect Core §5.3) and the check of a bearer token (RFC 6750).

use idp_domain::Secret;
use idp_domain::client::Client;
use idp_domain::person::Person;
use idp_store::tokens::Token;
use serde_json::Value;

use crate::{OAuthError, Provider};

const BAD_TOKEN: OAuthError = OAuthError::new("invalid_token", "the access token does not count");

impl Provider {
    /// The token of an `Authorization: Bearer` header. A token in a query is never taken (I-24).
    pub async fn bearer(&self, authorization: Option<&str>) -> Result<(Token, Client), OAuthError> {
        let (scheme, token) = authorization.and_then(|header| header.split_once(' ')).ok_or(BAD_TOKEN)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(BAD_TOKEN);
        }
        let hash = Secret::presented(token.trim()).hash();
        let found = self.context.store.access_token(&hash, self.context.now()).await?.ok_or(BAD_TOKEN)?;
        let client = self.context.store.client(&found.facts.client_id).await?;
        Ok((found, client.filter(|client| !client.disabled).ok_or(BAD_TOKEN)?))
    }

    /// Answers what the scopes of a token open about its person.
    pub async fn userinfo(&self, authorization: Option<&str>) -> Result<Value, OAuthError> {
        let (token, client) = self.bearer(authorization).await?;
        let person = self.token_person(&token).await?;
        self.may_issue(&person, &client, token.facts.epoch).await.map_err(|_| BAD_TOKEN)?;
        if !token.facts.scope.split_whitespace().any(|scope| scope == "openid") {
            return Err(OAuthError::new("insufficient_scope", "scope openid is needed"));
        }
        let claims = self.standard_claims(&client, &person, &token.facts.scope);
        serde_json::to_value(claims).map_err(|_| OAuthError::new("server_error", "something went wrong here"))
    }

    async fn token_person(&self, token: &Token) -> Result<Person, OAuthError> {
        let id = token.facts.person.ok_or(BAD_TOKEN)?;
        self.context.store.person(id).await?.ok_or(BAD_TOKEN)
    }

    /// Ends the family of a token, if it is this client's (RFC 7009). What is unknown is no error.
    pub async fn revoke(&self, request: crate::token::TokenRequest<'_>) -> Result<(), OAuthError> {
        let client = self.authenticated_client(&request).await?;
        let hash = Secret::presented(request.params.require("token", "token is missing")?).hash();
        let now = self.context.now();
        let store = &self.context.store;
        let found = match store.access_token(&hash, now).await? {
            Some(token) => Some(token),
            None => store.refresh_token(&hash, now).await?,
        };
        if let Some(token) = found.filter(|token| token.facts.client_id == client.id) {
            store.end_family(&token.family, now).await?;
        }
        Ok(())
    }
}
