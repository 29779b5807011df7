//! `scope`: `openid` and what the client is registered for.

use super::Request;
use crate::OAuthError;
use crate::scope::scope_of;

pub(super) fn check(request: &mut Request) -> Result<(), OAuthError> {
    request.scopes = scope_of(&request.client, request.params.require("scope", "scope is missing")?)?;
    Ok(())
}
