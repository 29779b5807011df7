//! Userinfo (OpenID Connect Core §5.3) and the check of a bearer token (RFC 6750).

use idp_domain::Secret;
use idp_domain::client::Client;
use idp_domain::person::Person;
use idp_store::tokens::{Bound, Token};
use serde_json::Value;

use crate::dpop::Target;
use crate::mtls::Certificate;
use crate::{OAuthError, Provider};

const BAD_TOKEN: OAuthError = OAuthError::new("invalid_token", "the access token does not count");

/// How an access token was presented.
#[derive(Clone, Copy)]
pub struct Bearing<'a> {
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The `DPoP` header.
    pub dpop: Option<&'a str>,
    /// The certificate of its connection, if any.
    pub certificate: Option<&'a Certificate>,
    /// Method and path of the request.
    pub at: (&'a str, &'a str),
}

/// What userinfo answers with.
pub enum Userinfo {
    /// JSON.
    Plain(Value),
    /// A signed JWT (OpenID Connect Core §5.3.2).
    Signed(String),
}

impl Provider {
    /// The token of an `Authorization` header: `Bearer` (RFC 6750 §2.1), or `DPoP` with a proof for one that is bound to a
    /// key (RFC 9449 §7.1); on the certificate's connection for one that is bound to it (RFC 8705 §3). A token in a query is
    /// never taken (I-24), nor one that is for another server.
    pub async fn bearer(&self, bearing: Bearing<'_>) -> Result<(Token, Client), OAuthError> {
        let (scheme, token) = bearing.authorization.and_then(|header| header.split_once(' ')).ok_or(BAD_TOKEN)?;
        let token = token.trim();
        let hash = Secret::presented(token).hash();
        let found = self.context.store.access_token(&hash, self.context.now()).await?.ok_or(BAD_TOKEN)?;
        if found.facts.audience.as_ref().is_some_and(|audience| *audience != self.issuer) {
            return Err(BAD_TOKEN);
        }
        let Bound { jkt, x5t } = &found.facts.bound;
        if x5t.is_some() && x5t.as_ref() != bearing.certificate.map(|shown| &shown.thumbprint) {
            return Err(BAD_TOKEN);
        }
        match jkt {
            None if scheme.eq_ignore_ascii_case("bearer") => {}
            Some(jkt) if scheme.eq_ignore_ascii_case("dpop") => {
                let (method, path) = bearing.at;
                let proof = bearing.dpop.ok_or(OAuthError::new("invalid_dpop_proof", "a DPoP proof is needed"))?;
                if self.dpop(proof, Target { method, path, token: Some(token) }).await? != *jkt {
                    return Err(BAD_TOKEN);
                }
            }
            _ => return Err(BAD_TOKEN),
        }
        let client = self.context.store.client(&found.facts.client_id).await?;
        Ok((found, client.filter(|client| !client.disabled).ok_or(BAD_TOKEN)?))
    }

    /// Answers what the scopes of a token open about its person, with the identifier of its client.
    pub async fn userinfo(&self, bearing: Bearing<'_>) -> Result<(Userinfo, String), OAuthError> {
        let broken = || OAuthError::new("server_error", "something went wrong here");
        let (token, client) = self.bearer(bearing).await?;
        let person = self.token_person(&token).await?;
        self.still_counts(&person, &client, &token.facts).await.map_err(|_| BAD_TOKEN)?;
        if !token.facts.scope.split_whitespace().any(|scope| scope == "openid") {
            return Err(OAuthError::new("insufficient_scope", "scope openid is needed"));
        }
        let claims = self.standard_claims(&client, &person, &token.facts.scope);
        let mut claims = serde_json::to_value(claims).map_err(|_| broken())?;
        let Some(alg) = client.options.userinfo_alg else { return Ok((Userinfo::Plain(claims), client.id)) };
        if let Some(claims) = claims.as_object_mut() {
            claims.insert("iss".to_owned(), self.issuer.clone().into());
            claims.insert("aud".to_owned(), client.id.clone().into());
        }
        let signed = self.keys.sign_as(alg, "JWT", &claims).ok_or_else(broken)?;
        Ok((Userinfo::Signed(signed), client.id))
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
        let Some(token) = found.filter(|token| token.facts.client_id == client.id) else { return Ok(()) };
        // A service that acts for somebody gives its own token up, and not the app's with which it began.
        if token.facts.origin.is_some() {
            return Ok(store.end_access(&token.hash).await?);
        }
        Ok(store.end_family(&token.family, now).await?)
    }
}
