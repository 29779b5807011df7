//! `refresh_token` (RFC 6749 §6): rotated at each use; a token that comes twice ends its family (RFC 9700 §4.14).

use idp_domain::{Acr, Timestamp};

use crate::issue::IdTokenFacts;
use crate::token::{Asking, Granted};
use crate::{OAuthError, Provider, engine};

pub(super) async fn run(provider: &Provider, asking: &Asking<'_>) -> Result<Granted, OAuthError> {
    asking.params.require("refresh_token", "refresh_token is missing")?;
    if !asking.client.refresh {
        return Err(OAuthError::new("unauthorized_client", "this client has no refresh tokens"));
    }
    let issued = engine::rotate(provider, asking).await?;
    let facts = IdTokenFacts {
        // OpenID Connect Core §12.2: no nonce, the same auth_time. A refresh proves nothing with a key.
        nonce: None,
        auth_time: Timestamp(issued.facts.auth_time),
        acr: Acr::Base,
        // What was proven at the start is not known here any more, so nothing is claimed.
        amr: Vec::new(),
        sid: issued.facts.sid.clone(),
        scope: issued.scope.clone(),
        ends: None,
        elevates: false,
    };
    let id_token = provider.id_token(asking.client, (&issued.entitled, &facts), issued.access.reveal()).await?;
    Ok(Granted::of(&issued.access, issued.refresh.as_ref(), Some(id_token), issued.scope))
}
