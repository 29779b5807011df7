//! The tokens of an app that waited apart until somebody decided: on a device (RFC 8628 §3.4), or asked by CIBA (§10).

use idp_domain::{Acr, SecretHash, id};
use idp_store::tokens::TokenFacts;

use crate::issue::IdTokenFacts;
use crate::token::access::{Pair, resource, stays_connected};
use crate::token::pending::{Approval, Pending};
use crate::token::{Asking, Granted, ciba, device};
use crate::{OAuthError, Provider};

/// `urn:ietf:params:oauth:grant-type:device_code`.
pub(super) async fn of_device(provider: &Provider, asking: &Asking<'_>) -> Result<Granted, OAuthError> {
    let code = asking.params.require("device_code", "device_code is missing")?;
    tokens(provider, asking, &device::of_device(code)).await
}

/// `urn:openid:params:grant-type:ciba`.
pub(super) async fn of_ciba(provider: &Provider, asking: &Asking<'_>) -> Result<Granted, OAuthError> {
    let id = asking.params.require("auth_req_id", "auth_req_id is missing")?;
    tokens(provider, asking, &ciba::name_of(id)).await
}

async fn tokens(provider: &Provider, asking: &Asking<'_>, name: &SecretHash) -> Result<Granted, OAuthError> {
    let Asking { client, params, bound } = asking;
    let audience = resource(client, params.get("resource"))?.map(str::to_owned);
    let (Pending { scope, .. }, approval) = provider.asked_again(client, name).await?;
    // A key that was used for something else counts for nothing here.
    let acr = Acr::Base;
    let Approval { person, epoch, auth_time, amr, sid } = approval;
    let context = &provider.context;
    let entitled = provider.entitled(person, client, epoch).await?;
    let facts = TokenFacts {
        client_id: client.id.clone(),
        person: Some(person),
        epoch,
        scope: scope.clone(),
        auth_time: auth_time.0,
        acr: acr.as_str().to_owned(),
        sid: sid.clone(),
        redirect_uri: provider.issuer.clone(),
        bound: bound.clone(),
        audience,
        issued_at: 0,
        actors: Vec::new(),
        origin: None,
    };
    let family = id::uuid_v7(&*context.clock, &*context.random).to_string();
    let Pair { access, refresh, kept_access, kept_refresh } = provider.new_pair(client, &family, (&facts, &facts))?;
    let refresh = Some(refresh).filter(|_| stays_connected(client, &scope));
    context.store.add_tokens(&kept_access, refresh.as_ref().map(|_| &kept_refresh)).await?;
    let (nonce, ends, elevates) = (None, None, false);
    let facts = IdTokenFacts { nonce, auth_time, acr, amr, sid, scope: scope.clone(), ends, elevates };
    let id_token = provider.id_token(client, (&entitled, &facts), access.reveal()).await?;
    Ok(Granted::of(&access, refresh.as_ref(), Some(id_token), scope))
}
