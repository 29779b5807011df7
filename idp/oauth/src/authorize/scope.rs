//! `scope`: `openid` and what the client is registered for.

use super::Request;
use crate::OAuthError;

pub(super) fn check(request: &mut Request) -> Result<(), OAuthError> {
    let asked = request.params.require("scope", "scope is missing")?;
    let mut scopes: Vec<String> = Vec::new();
    for scope in asked.split(' ').filter(|scope| !scope.is_empty()) {
        let known = scope == "openid" || request.client.scopes.iter().any(|allowed| allowed == scope);
        // What is not known is left out, as OpenID Connect Core §3.1.2.1 asks; what is granted is told with the tokens.
        if known && !scopes.iter().any(|have| have == scope) {
            scopes.push(scope.to_owned());
        }
    }
    if !scopes.iter().any(|scope| scope == "openid") {
        return Err(OAuthError::new("invalid_scope", "scope must include openid"));
    }
    request.scopes = scopes;
    Ok(())
}
