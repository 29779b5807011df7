//! Access tokens: opaque, or a JWT (RFC 9068) where the client asks for one. Both are known here by their hash.

use idp_domain::client::{Client, ClientAuth, IdTokenAlg};
use idp_domain::{Secret, Timestamp, id};
use idp_store::tokens::{Bound, Token, TokenFacts};
use serde_json::{Map, Value, json};

use crate::{ACCESS_LIFE, OAuthError, Provider, REFRESH_LIFE};

/// New tokens, and what is kept of them.
pub(crate) struct Pair {
    pub access: Secret,
    pub refresh: Secret,
    pub kept_access: Token,
    pub kept_refresh: Token,
}

impl Provider {
    /// A new pair of a family. An access token may say less than its family, which goes on with all of it.
    pub(crate) fn new_pair(
        &self,
        client: &Client,
        family: &str,
        (narrow, whole): (&TokenFacts, &TokenFacts),
    ) -> Result<Pair, OAuthError> {
        let now = self.context.now();
        let issued = |facts: &TokenFacts| TokenFacts { issued_at: now.0, ..facts.clone() };
        let kept = |secret: &Secret, facts, life| Token {
            hash: secret.hash(),
            family: family.to_owned(),
            facts,
            expires_at: now.plus(life),
        };
        let narrow = issued(narrow);
        let (access, refresh) =
            (self.new_access(client, (&narrow, now.plus(ACCESS_LIFE)))?, Secret::new(&*self.context.random));
        let kept_access = kept(&access, narrow, ACCESS_LIFE);
        let mut whole = issued(whole);
        if client.auth != ClientAuth::None {
            // Its own proof binds it, and certificates change (RFC 8705 §7.1).
            whole.bound.x5t = None;
        }
        let kept_refresh = kept(&refresh, whole, REFRESH_LIFE);
        Ok(Pair { access, refresh, kept_access, kept_refresh })
    }

    /// A new access token that stands for these facts until a moment.
    pub(crate) fn new_access(
        &self,
        client: &Client,
        (facts, until): (&TokenFacts, Timestamp),
    ) -> Result<Secret, OAuthError> {
        if !client.options.jwt_access {
            return Ok(Secret::new(&*self.context.random));
        }
        let mut claims = self.token_claims(client, facts, until.0);
        let jti = id::uuid_v7(&*self.context.clock, &*self.context.random).to_string();
        claims.insert("jti".to_owned(), json!(jti));
        let token = self.keys.sign_as(IdTokenAlg::ES256, "at+jwt", &claims.into());
        let token = token.ok_or(OAuthError::new("server_error", "the access token could not be made"))?;
        Ok(Secret::presented(&token))
    }

    /// What a token says, in itself (RFC 9068 §2.2) and at introspection (RFC 7662 §2.2).
    pub(crate) fn token_claims(&self, client: &Client, facts: &TokenFacts, exp: i64) -> Map<String, Value> {
        let mut claims = Map::new();
        let mut say = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        say("iss", json!(self.issuer));
        say("aud", json!(facts.audience.as_ref().unwrap_or(&self.issuer)));
        say("sub", json!(facts.person.map_or_else(|| client.id.clone(), |person| self.subject(client, person))));
        say("client_id", json!(facts.client_id));
        say("scope", json!(facts.scope));
        say("iat", json!(facts.issued_at));
        say("exp", json!(exp));
        // The outermost is who acts now; those inside acted before (RFC 8693 §4.1).
        let act = facts.actors.iter().rev().fold(None, |inner, actor| {
            let inner: Option<Value> = inner;
            Some(inner.map_or_else(|| json!({ "sub": actor }), |act| json!({ "sub": actor, "act": act })))
        });
        if let Some(act) = act {
            say("act", act);
        }
        let Bound { jkt, x5t } = &facts.bound;
        let cnf = [("jkt", jkt), ("x5t#S256", x5t)];
        let cnf: Map<_, _> =
            cnf.into_iter().filter_map(|(name, one)| Some((name.to_owned(), json!(one.as_ref()?)))).collect();
        if !cnf.is_empty() {
            say("cnf", cnf.into());
        }
        if facts.person.is_some() {
            say("auth_time", json!(facts.auth_time));
            say("acr", json!(facts.acr));
        }
        claims
    }
}

/// Whether a client gets a refresh token with these scopes (OpenID Connect Core §11).
pub(crate) fn stays_connected(client: &Client, scope: &str) -> bool {
    client.refresh && scope.split_whitespace().any(|scope| scope == "offline_access")
}

/// The resource server that a request is for (RFC 8707 §2): one for which the client is registered.
pub(crate) fn resource<'a>(client: &Client, asked: Option<&'a str>) -> Result<Option<&'a str>, OAuthError> {
    match asked {
        None => Ok(None),
        Some(asked) if client.options.resources.iter().any(|known| known == asked) => Ok(Some(asked)),
        Some(_) => Err(OAuthError::new("invalid_target", "the client is not registered for this resource")),
    }
}
