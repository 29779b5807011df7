//! Introspection (RFC 7662): whether a token counts now, told to the client whose it is and to the server that it is for.

use idp_domain::Secret;
use idp_domain::client::{Client, ClientAuth, ClientKind, IdTokenAlg};
use idp_store::tokens::Token;
use serde_json::{Value, json};

use crate::token::TokenRequest;
use crate::{OAuthError, Provider};

/// What introspection answers with.
pub enum Introspection {
    /// JSON.
    Plain(Value),
    /// A signed JWT (RFC 9701 §5).
    Signed(String),
}

impl Provider {
    /// Answers what a token stands for, or only that it does not count: why not is nobody's business (RFC 7662 §2.2).
    pub async fn introspect(&self, request: TokenRequest<'_>, signed: bool) -> Result<Introspection, OAuthError> {
        let caller = self.authenticated_client(&request).await?;
        if caller.auth == ClientAuth::None {
            return Err(OAuthError::client("a public client cannot introspect"));
        }
        let presented = Secret::presented(request.params.require("token", "token is missing")?).hash();
        let (store, now) = (&self.context.store, self.context.now());
        let described = match store.access_token(&presented, now).await? {
            Some(token) => self.described(&caller, &token, true).await?,
            None => match store.unused_refresh_token(&presented, now).await? {
                Some(token) => self.described(&caller, &token, false).await?,
                None => None,
            },
        };
        let answer = described.unwrap_or_else(|| json!({ "active": false }));
        if !signed {
            return Ok(Introspection::Plain(answer));
        }
        let iat = self.context.now().0;
        let claims = json!({ "iss": self.issuer, "aud": caller.id, "iat": iat, "token_introspection": answer });
        let signed = self.keys.sign_as(IdTokenAlg::ES256, "token-introspection+jwt", &claims);
        signed.map(Introspection::Signed).ok_or(OAuthError::new("server_error", "something went wrong here"))
    }

    /// What a token stands for, if it is the caller's business and still counts for its person. A refresh token opens nothing
    /// at a resource server, and is no business of one.
    async fn described(&self, caller: &Client, token: &Token, access: bool) -> Result<Option<Value>, OAuthError> {
        let facts = &token.facts;
        let named = facts.audience.as_ref().is_some_and(|audience| caller.options.serves.contains(audience));
        let is_for = access && named;
        if facts.client_id != caller.id && !is_for {
            return Ok(None);
        }
        let Some(client) = self.context.store.client(&facts.client_id).await?.filter(|client| !client.disabled) else {
            return Ok(None);
        };
        let mut answer = self.token_claims(&client, facts, token.expires_at.0);
        if let Some(id) = facts.person {
            let Some(person) = self.context.store.person(id).await? else { return Ok(None) };
            if self.still_counts(&person, &client, facts).await.is_err() {
                return Ok(None);
            }
            if matches!(caller.kind, ClientKind::Site { .. }) {
                let Some(told) = self.told_site(caller, &person, facts).await? else { return Ok(None) };
                answer.extend(told);
            }
        }
        answer.insert("active".to_owned(), json!(true));
        if access {
            answer.insert("token_type".to_owned(), json!(if facts.bound.jkt.is_some() { "DPoP" } else { "Bearer" }));
        }
        Ok(Some(answer.into()))
    }
}
