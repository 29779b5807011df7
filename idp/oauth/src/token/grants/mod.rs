//! The grants, a line each.

mod approved;
mod authorization_code;
mod client_credentials;
mod refresh_token;
mod token_exchange;

use super::{Asking, Granted};
use crate::{OAuthError, Provider};

/// `grant_type` of a code (RFC 6749 §4.1.3).
pub(crate) const CODE: &str = "authorization_code";
/// Of a refresh token (RFC 6749 §6).
pub(crate) const REFRESH: &str = "refresh_token";
/// Of a device (RFC 8628 §3.4).
pub(crate) const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Of an app that asks people elsewhere (CIBA §10).
pub(crate) const CIBA: &str = "urn:openid:params:grant-type:ciba";
/// Of a service that acts for somebody (RFC 8693 §2.1).
pub(crate) const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// Runs the grant that the request names.
pub(super) async fn run(provider: &Provider, asking: &Asking<'_>) -> Result<Granted, OAuthError> {
    match asking.params.require("grant_type", "grant_type is missing")? {
        CODE => authorization_code::run(provider, asking).await,
        REFRESH => refresh_token::run(provider, asking).await,
        DEVICE => approved::of_device(provider, asking).await,
        CIBA => approved::of_ciba(provider, asking).await,
        EXCHANGE => token_exchange::run(provider, asking).await,
        "client_credentials" => client_credentials::run(provider, asking).await,
        _ => Err(OAuthError::new("unsupported_grant_type", "this grant_type is not supported")),
    }
}
