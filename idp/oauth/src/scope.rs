//! Scopes: what of a wish a client may have.

use idp_domain::client::Client;

use crate::OAuthError;

/// What of these scopes the client may have. What is not known is left out, as OpenID Connect Core §3.1.2.1 asks; what is
/// granted is told with the tokens.
pub(crate) fn scope_of(client: &Client, asked: &str) -> Result<Vec<String>, OAuthError> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in asked.split(' ').filter(|scope| !scope.is_empty()) {
        let known = scope == "openid" || client.scopes.iter().any(|allowed| allowed == scope);
        if known && !scopes.iter().any(|have| have == scope) {
            scopes.push(scope.to_owned());
        }
    }
    if scopes.iter().any(|scope| scope == "openid") {
        Ok(scopes)
    } else {
        Err(OAuthError::new("invalid_scope", "scope must include openid"))
    }
}
