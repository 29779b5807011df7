//! Introspection (RFC 7662): whether a token counts now, told to the client whose it is and to the server that it is for.

use idp_domain::Secret;
use idp_domain::client::{Client, ClientAuth, IdTokenAlg};
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
        let found = match store.access_token(&presented, now).await? {
            Some(token) => Some(token),
            None => store.unused_refresh_token(&presented, now).await?,
        };
        let described = match found {
            Some(token) => self.described(&caller, &token).await?,
            None => None,
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

    /// What a token stands for, if it is the caller's business and still counts for its person.
    async fn described(&self, caller: &Client, token: &Token) -> Result<Option<Value>, OAuthError> {
        let facts = &token.facts;
        let is_for = facts.audience.as_ref().is_some_and(|audience| caller.options.resources.contains(audience));
        if facts.client_id != caller.id && !is_for {
            return Ok(None);
        }
        let Some(client) = self.context.store.client(&facts.client_id).await?.filter(|client| !client.disabled) else {
            return Ok(None);
        };
        let subject = match facts.person {
            None => client.id.clone(),
            Some(id) => {
                let Some(person) = self.context.store.person(id).await? else { return Ok(None) };
                if self.may_issue(&person, &client, facts.epoch).await.is_err() {
                    return Ok(None);
                }
                self.subject(&client, id)
            }
        };
        let mut answer = json!({
            "active": true,
            "iss": self.issuer,
            "client_id": facts.client_id,
            "scope": facts.scope,
            "sub": subject,
            "aud": facts.audience.as_ref().unwrap_or(&self.issuer),
            "iat": facts.issued_at,
            "exp": token.expires_at.0,
            "token_type": if facts.jkt.is_some() { "DPoP" } else { "Bearer" },
        });
        if let Some(answer) = answer.as_object_mut() {
            answer.extend(facts.jkt.as_ref().map(|jkt| ("cnf".to_owned(), json!({ "jkt": jkt }))));
            if facts.person.is_some() {
                answer.insert("auth_time".to_owned(), json!(facts.auth_time));
                answer.insert("acr".to_owned(), json!(facts.acr));
            }
        }
        Ok(Some(answer))
    }
}
