//! `urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693 §2): a service that was called for a person calls another one,
//! for that person, and says who it is.

use idp_domain::client::ClientAuth;
use idp_domain::{Secret, Timestamp};
use idp_store::tokens::{Token, TokenFacts};

use crate::token::{Asking, Granted, access};
use crate::{ACCESS_LIFE, OAuthError, Provider};

/// `issued_token_type`, and the only type that is taken.
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
/// Most services in a row.
const MOST_ACTORS: usize = 3;

pub(super) async fn run(provider: &Provider, asking: &Asking<'_>) -> Result<Granted, OAuthError> {
    let Asking { client, params, bound } = asking;
    if client.auth == ClientAuth::None || !client.options.exchange {
        return Err(OAuthError::new("unauthorized_client", "the client is not registered for token exchange"));
    }
    let subject = subject(provider, asking).await?;
    let (facts, context) = (&subject.facts, &provider.context);
    let target = params.get("resource").ok_or(OAuthError::new("invalid_target", "resource is missing"))?;
    let audience = access::resource(client, Some(target))?.map(str::to_owned);
    let whole = facts.scope.as_str();
    let scope = params.get("scope").unwrap_or(whole);
    if !scope.split_whitespace().all(|one| whole.split_whitespace().any(|had| had == one)) {
        return Err(OAuthError::new("invalid_scope", "the token that was exchanged does not open this scope"));
    }
    let mut actors = facts.actors.clone();
    actors.insert(0, client.id.clone());
    if actors.len() > MOST_ACTORS {
        return Err(OAuthError::request("too many services act for this person already"));
    }
    let now = context.now();
    let origin = facts.origin.clone().or_else(|| Some(facts.client_id.clone()));
    let (client_id, scope, bound) = (client.id.clone(), scope.to_owned(), bound.clone());
    let new = TokenFacts {
        client_id,
        scope: scope.clone(),
        bound,
        audience,
        issued_at: now.0,
        actors,
        origin,
        ..facts.clone()
    };
    let expires_at: Timestamp = now.plus(ACCESS_LIFE).min(subject.expires_at);
    let access = provider.new_access(client, (&new, expires_at))?;
    // Of the same family: what ends the one ends the other.
    let token = Token { hash: access.hash(), family: subject.family, facts: new, expires_at };
    if !context.store.add_tokens(&token, None).await? {
        return Err(OAuthError::grant("subject_token does not count any more"));
    }
    let granted = Granted::of(&access, None, None, scope);
    Ok(Granted { life: expires_at.since(now), kind: Some(ACCESS), ..granted })
}

/// The token that is exchanged: an access token that the asking service was called with, whose person still stands behind it.
async fn subject(provider: &Provider, asking: &Asking<'_>) -> Result<Token, OAuthError> {
    let Asking { client, params, .. } = asking;
    if params.get("actor_token").is_some() || params.get("actor_token_type").is_some() {
        return Err(OAuthError::request("the client itself is the actor; actor_token is not taken"));
    }
    let kind = |name| params.get(name).is_none_or(|kind| kind == ACCESS);
    if params.require("subject_token_type", "subject_token_type is missing")? != ACCESS || !kind("requested_token_type")
    {
        return Err(OAuthError::request("only access tokens are exchanged, for access tokens"));
    }
    let hash = Secret::presented(params.require("subject_token", "subject_token is missing")?).hash();
    let context = &provider.context;
    let refused = OAuthError::grant("subject_token does not count, or is not for this service");
    let token = context.store.access_token(&hash, context.now()).await?.ok_or(refused.clone())?;
    let is_for = token.facts.audience.as_ref().is_some_and(|audience| client.options.serves.contains(audience));
    let (Some(person), true) = (token.facts.person, is_for) else { return Err(refused) };
    let person = context.store.person(person).await?.ok_or(refused.clone())?;
    let from = context.store.client(&token.facts.client_id).await?.filter(|from| !from.disabled);
    provider.still_counts(&person, &from.ok_or(refused.clone())?, &token.facts).await.map_err(|_| refused)?;
    Ok(token)
}
