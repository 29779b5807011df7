//! `client_credentials` (RFC 6749 §4.4): the gateway reading the registry of sites, and apps that set up their
//! stream of events.

use idp_domain::client::ClientAuth;
use idp_store::tokens::{Token, TokenFacts};

use crate::signals::streams;
use crate::token::{Asking, Granted, access};
use crate::{ACCESS_LIFE, OAuthError, Provider};

pub(super) async fn run(provider: &Provider, asking: &Asking<'_>) -> Result<Granted, OAuthError> {
    let Asking { client, params, bound } = asking;
    let own = client.scopes.iter().any(|scope| scope.starts_with("service:"));
    if client.auth == ClientAuth::None || !(own || client.options.signals) {
        return Err(OAuthError::new("unauthorized_client", "this client acts for people only"));
    }
    let asked = params.get("scope").unwrap_or_default();
    let granted = |scope: &&str| {
        (scope.starts_with("service:") && client.scopes.iter().any(|own| own == scope))
            || (client.options.signals && streams::SCOPES.contains(scope))
    };
    if !asked.split_whitespace().all(|scope| granted(&scope)) {
        return Err(OAuthError::new("invalid_scope", "the client is not registered for this scope"));
    }
    let context = &provider.context;
    let facts = TokenFacts {
        client_id: client.id.clone(),
        person: None,
        epoch: 0,
        scope: asked.to_owned(),
        auth_time: 0,
        acr: String::new(),
        sid: String::new(),
        redirect_uri: String::new(),
        bound: bound.clone(),
        audience: access::resource(client, params.get("resource"))?.map(str::to_owned),
        issued_at: context.now().0,
        actors: Vec::new(),
        origin: None,
    };
    let until = context.now().plus(ACCESS_LIFE);
    let access = provider.new_access(client, (&facts, until))?;
    let family = idp_domain::id::uuid_v7(&*context.clock, &*context.random).to_string();
    let token = Token { hash: access.hash(), family, facts, expires_at: until };
    context.store.add_tokens(&token, None).await?;
    Ok(Granted::of(&access, None, None, asked.to_owned()))
}
