//! The grants, a line each.

mod approved;
mod authorization_code;
mod client_credentials;
mod refresh_token;
mod token_exchange;

use super::{Asking, Granted};
use crate::{OAuthError, Provider};

/// Runs the grant that the request names.
pub(super) async fn run(provider: &Provider, asking: &Asking<'_>) -> Result<Granted, OAuthError> {
    match asking.params.require("grant_type", "grant_type is missing")? {
        "authorization_code" => authorization_code::run(provider, asking).await,
        "refresh_token" => refresh_token::run(provider, asking).await,
        "urn:ietf:params:oauth:grant-type:device_code" => approved::of_device(provider, asking).await,
        "urn:openid:params:grant-type:ciba" => approved::of_ciba(provider, asking).await,
        "urn:ietf:params:oauth:grant-type:token-exchange" => token_exchange::run(provider, asking).await,
        "client_credentials" => client_credentials::run(provider, asking).await,
        _ => Err(OAuthError::new("unsupported_grant_type", "this grant_type is not supported")),
    }
}
