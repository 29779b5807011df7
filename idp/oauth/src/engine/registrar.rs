//! The registrar: it knows exactly one client, the one that was found and authenticated before the machine ran.

use std::borrow::Cow;

use async_trait::async_trait;
use idp_domain::client::Client;
use oxide_auth::primitives::registrar::{BoundClient, ClientUrl, PreGrant, RegisteredUrl, RegistrarError};
use oxide_auth::primitives::scope::Scope;
use oxide_auth_async::primitives::Registrar;

pub(super) struct Clients<'a> {
    pub client: &'a Client,
}

#[async_trait]
impl Registrar for Clients<'_> {
    async fn bound_redirect<'a>(&self, bound: ClientUrl<'a>) -> Result<BoundClient<'a>, RegistrarError> {
        let asked = bound.redirect_uri.ok_or(RegistrarError::Unspecified)?;
        if bound.client_id != self.client.id {
            return Err(RegistrarError::Unspecified);
        }
        let redirect_uri = Cow::Owned(RegisteredUrl::Exact(asked.into_owned()));
        Ok(BoundClient { client_id: bound.client_id, redirect_uri })
    }

    async fn negotiate<'a>(&self, client: BoundClient<'a>, scope: Option<Scope>) -> Result<PreGrant, RegistrarError> {
        Ok(PreGrant {
            client_id: client.client_id.into_owned(),
            redirect_uri: client.redirect_uri.into_owned(),
            scope: scope.ok_or(RegistrarError::Unspecified)?,
        })
    }

    async fn check(&self, client_id: &str, _passphrase: Option<&[u8]>) -> Result<(), RegistrarError> {
        if client_id == self.client.id { Ok(()) } else { Err(RegistrarError::Unspecified) }
    }
}
