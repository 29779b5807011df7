//! The grants, a line each.

mod authorization_code;
mod client_credentials;
mod refresh_token;

use idp_domain::client::Client;

use super::Granted;
use crate::params::Params;
use crate::{OAuthError, Provider};

/// Runs the grant that the request names.
pub(super) async fn run(provider: &Provider, client: &Client, params: &Params) -> Result<Granted, OAuthError> {
    match params.require("grant_type", "grant_type is missing")? {
        "authorization_code" => authorization_code::run(provider, client, params).await,
        "refresh_token" => refresh_token::run(provider, client, params).await,
        "client_credentials" => client_credentials::run(provider, client, params).await,
        _ => Err(OAuthError::new("unsupported_grant_type", "this grant_type is not supported")),
    }
}
