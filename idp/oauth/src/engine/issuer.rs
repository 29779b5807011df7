//! The issuer: opaque access and refresh tokens, hashed, in families; rotation is decided by the store, atomically.

use async_trait::async_trait;
use idp_domain::client::{Client, ClientAuth};
use idp_domain::{PersonId, Secret};
use idp_store::tokens::{Bound, Rotation, Token, TokenFacts};
use oxide_auth::primitives::grant::{Extensions, Grant};
use oxide_auth::primitives::issuer::{IssuedToken, RefreshedToken, TokenType};
use oxide_auth_async::primitives::Issuer;

use super::authorizer::until_always;
use super::extras::KEY;
use super::{CodeGrant, Issued};
use crate::may_issue::Entitled;
use crate::token::access::Pair;
use crate::token::{Asking, access};
use crate::{OAuthError, Provider};

pub(super) struct Tokens<'a> {
    pub provider: &'a Provider,
    pub client: &'a Client,
    /// The token request, where there is one.
    pub asking: Option<&'a Asking<'a>>,
    /// The refresh token that was presented, once it is found.
    pub found: Option<Token>,
    pub issued: Option<Issued>,
    /// Why nothing was issued, in the words of the protocol.
    pub refused: Option<OAuthError>,
}

impl Tokens<'_> {
    /// What this request has proven to have. What is bound to something else is not handed over (RFC 9449 §5 and §10, RFC 8705
    /// §7.1).
    fn proven(&mut self, before: &Bound) -> Result<Bound, ()> {
        let proven = self.asking.map(|asking| asking.bound.clone()).unwrap_or_default();
        if before.jkt.is_some() && before.jkt != proven.jkt {
            return self.refuse(OAuthError::new("invalid_dpop_proof", "this is bound to another key"));
        }
        if before.x5t.is_some() && before.x5t != proven.x5t {
            return self.refuse(OAuthError::grant("this is bound to another certificate"));
        }
        Ok(proven)
    }

    /// The resource server that the tokens are for: the one that was asked for at first, or a wish of this request.
    fn resource(&mut self, first: Option<&String>) -> Result<Option<String>, ()> {
        let now = self.asking.and_then(|asking| asking.params.get("resource"));
        let asked = match (first, now) {
            (Some(first), Some(now)) if first != now => {
                return self.refuse(OAuthError::new("invalid_target", "another resource was asked for at first"));
            }
            (Some(first), _) => Some(first.as_str()),
            (None, now) => now,
        };
        match access::resource(self.client, asked) {
            Ok(resource) => Ok(resource.map(str::to_owned)),
            Err(error) => self.refuse(error),
        }
    }

    fn refuse<T>(&mut self, error: OAuthError) -> Result<T, ()> {
        self.refused = Some(error);
        Err(())
    }

    async fn entitled(&mut self, person: PersonId, epoch: i64) -> Result<Entitled, ()> {
        match self.provider.entitled(person, self.client, epoch).await {
            Ok(entitled) => Ok(entitled),
            Err(error) => self.refuse(error),
        }
    }
}

#[async_trait]
impl Issuer for Tokens<'_> {
    async fn issue(&mut self, grant: Grant) -> Result<IssuedToken, ()> {
        let person: PersonId = grant.owner_id.parse().map_err(|_| ())?;
        let code = grant.extensions.private().find(|(name, _)| *name == KEY).and_then(|(_, value)| value);
        let code: CodeGrant = serde_json::from_str(code.ok_or(())?).map_err(|_| ())?;
        let entitled = self.entitled(person, code.epoch).await?;
        let facts = TokenFacts {
            client_id: grant.client_id.clone(),
            person: Some(person),
            epoch: code.epoch,
            scope: sorted(&grant.scope.to_string()),
            auth_time: code.auth_time.0,
            acr: code.acr.as_str().to_owned(),
            sid: code.sid.clone(),
            redirect_uri: grant.redirect_uri.to_string(),
            bound: self.proven(&Bound { jkt: code.jkt.clone(), x5t: None })?,
            audience: self.resource(code.resource.as_ref())?,
            issued_at: 0,
            actors: Vec::new(),
            origin: None,
        };
        let pair = self.provider.new_pair(self.client, &code.family, (&facts, &facts));
        let Pair { access, refresh, kept_access, kept_refresh } = match pair {
            Ok(pair) => pair,
            Err(error) => return self.refuse(error),
        };
        let with_refresh = access::stays_connected(self.client, &facts.scope);
        let kept = self.provider.context.store.add_tokens(&kept_access, with_refresh.then_some(&kept_refresh)).await;
        match kept {
            Ok(true) => {}
            Ok(false) => return self.refuse(OAuthError::grant("the code was used before")),
            Err(error) => return self.refuse(error.into()),
        }
        let answer = IssuedToken {
            token: access.reveal().to_owned(),
            refresh: None,
            until: until_always().into(),
            token_type: TokenType::Bearer,
        };
        let scope = facts.scope.clone();
        let refresh = with_refresh.then_some(refresh);
        self.issued = Some(Issued { access, refresh, entitled, scope, code: Some(code), facts });
        Ok(answer)
    }

    async fn refresh(&mut self, old: &str, grant: Grant) -> Result<RefreshedToken, ()> {
        let context = &self.provider.context;
        let (hash, now) = (Secret::presented(old).hash(), context.now());
        let stored = self.found.take().filter(|found| found.hash == hash).ok_or(())?;
        let person = stored.facts.person.ok_or(())?;
        let (epoch, family) = (stored.facts.epoch, stored.family.clone());
        let entitled = self.entitled(person, epoch).await?;
        let scope = sorted(&grant.scope.to_string());
        // Whoever proves a key once is bound to it from then on.
        let bound = self.proven(&stored.facts.bound)?;
        let audience = self.resource(stored.facts.audience.as_ref())?;
        let whole = TokenFacts { bound, ..stored.facts.clone() };
        let narrow = TokenFacts { scope: scope.clone(), audience, ..whole.clone() };
        let Pair { access, refresh, kept_access, kept_refresh } =
            match self.provider.new_pair(self.client, &family, (&narrow, &whole)) {
                Ok(pair) => pair,
                Err(error) => return self.refuse(error),
            };
        // A thief has neither the client’s credentials nor the key: with one of them, whoever comes twice lost a reply.
        let forgiving = self.client.auth != ClientAuth::None || stored.facts.bound != Bound::default();
        let rotated = context.store.rotate(&hash, (&kept_access, &kept_refresh), forgiving, now).await;
        match rotated {
            Ok(Rotation::Rotated) => {}
            Ok(Rotation::Reused) => {
                tracing::warn!(client = %self.client.id, "a refresh token came twice; its family has ended");
                return self.refuse(OAuthError::grant("the refresh token was used before"));
            }
            Ok(Rotation::Unknown) => return self.refuse(OAuthError::grant("the refresh token does not count")),
            Err(error) => return self.refuse(error.into()),
        }
        let answer = RefreshedToken {
            token: access.reveal().to_owned(),
            refresh: None,
            until: until_always().into(),
            token_type: TokenType::Bearer,
        };
        let facts = kept_access.facts;
        self.issued = Some(Issued { access, refresh: Some(refresh), entitled, scope, code: None, facts });
        Ok(answer)
    }

    async fn recover_token(&mut self, _: &str) -> Result<Option<Grant>, ()> {
        Ok(None)
    }

    async fn recover_refresh(&mut self, token: &str) -> Result<Option<Grant>, ()> {
        let context = &self.provider.context;
        let hash = Secret::presented(token).hash();
        let Some(stored) = context.store.refresh_token(&hash, context.now()).await.map_err(|_| ())? else {
            return Ok(None);
        };
        self.found = Some(stored.clone());
        Ok(Some(Grant {
            owner_id: stored.facts.person.map(|person| person.to_string()).unwrap_or_default(),
            client_id: stored.facts.client_id,
            scope: stored.facts.scope.parse().map_err(|_| ())?,
            redirect_uri: stored.facts.redirect_uri.parse().map_err(|_| ())?,
            until: until_always().into(),
            extensions: Extensions::new(),
        }))
    }
}

/// Scopes in a stable order; oxide-auth's set has none.
fn sorted(scope: &str) -> String {
    let mut scopes: Vec<&str> = scope.split_whitespace().collect();
    scopes.sort_unstable();
    scopes.join(" ")
}
