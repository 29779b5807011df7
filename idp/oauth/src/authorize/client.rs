//! `client_id`: known and switched on.

use idp_domain::client::{Client, ClientKind};

use crate::params::Params;
use crate::{OAuthError, Provider};

pub(super) async fn check(provider: &Provider, params: &Params) -> Result<Client, OAuthError> {
    let id = params.require("client_id", "client_id is missing")?;
    let client = provider.context.store.client(id).await?;
    client
        .filter(|client| !client.disabled && client.kind != ClientKind::Gateway)
        .ok_or(OAuthError::request("client_id is not known here"))
}
