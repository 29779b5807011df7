//! `prompt` and `max_age` (OpenID Connect Core §3.1.2.1).

use super::Request;
use crate::OAuthError;

pub(super) fn check(request: &mut Request) -> Result<(), OAuthError> {
    let prompt: Vec<String> =
        request.params.get("prompt").unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    let known = ["none", "login", "consent", "select_account"];
    if prompt.iter().any(|value| !known.contains(&value.as_str())) {
        return Err(OAuthError::request("prompt has an unknown value"));
    }
    if prompt.len() > 1 && prompt.iter().any(|value| value == "none") {
        return Err(OAuthError::request("prompt=none stands alone"));
    }
    request.prompt = prompt;
    request.max_age = match request.params.get("max_age") {
        None => None,
        Some(text) => match text.parse::<i64>() {
            Ok(age) if age >= 0 => Some(age),
            _ => return Err(OAuthError::request("max_age must be a number of seconds")),
        },
    };
    Ok(())
}
