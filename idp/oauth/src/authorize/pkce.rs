//! `code_challenge`: asked of every client (I-01), S256 only, of the right form (RFC 7636 §4.2).

use super::Request;
use crate::OAuthError;

pub(super) fn check(request: &mut Request) -> Result<(), OAuthError> {
    let challenge = request.params.require("code_challenge", "code_challenge is missing: PKCE is required")?;
    if request.params.get("code_challenge_method") != Some("S256") {
        return Err(OAuthError::request("code_challenge_method must be S256"));
    }
    let base64url = challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if challenge.len() == 43 && base64url {
        Ok(())
    } else {
        Err(OAuthError::request("code_challenge must be 43 characters of base64url"))
    }
}
