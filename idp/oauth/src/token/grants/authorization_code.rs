//! `authorization_code` (RFC 6749 §4.1.3, OpenID Connect Core §3.1.3).

use crate::issue::IdTokenFacts;
use crate::token::{Asking, Granted};
use crate::{OAuthError, Provider, engine};

pub(super) async fn run(provider: &Provider, asking: &Asking<'_>) -> Result<Granted, OAuthError> {
    asking.params.require("code", "code is missing")?;
    asking.params.require("redirect_uri", "redirect_uri is missing")?;
    let issued = engine::redeem(provider, asking).await?;
    let code = issued.code.ok_or(OAuthError::new("server_error", "something went wrong here"))?;
    let facts = IdTokenFacts {
        nonce: code.nonce,
        auth_time: code.auth_time,
        acr: code.acr,
        amr: code.amr,
        sid: code.sid,
        scope: issued.scope.clone(),
        ends: code.ends,
        elevates: code.elevates,
    };
    let id_token = provider.id_token(asking.client, (&issued.entitled, &facts), issued.access.reveal()).await?;
    Ok(Granted::of(&issued.access, issued.refresh.as_ref(), Some(id_token), issued.scope))
}
