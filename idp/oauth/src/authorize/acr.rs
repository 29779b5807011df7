//! `acr_values`: the weakest of those that are asked for and known (OpenID Connect Core §3.1.2.1).

use idp_domain::Acr;

use super::Request;
use crate::OAuthError;

pub(super) fn check(request: &mut Request) -> Result<(), OAuthError> {
    let values = request.params.get("acr_values").unwrap_or_default();
    let asked: Vec<&str> = values.split_whitespace().collect();
    let known = asked.iter().filter_map(|value| Acr::parse(value)).min();
    if !asked.is_empty() && known.is_none() {
        return Err(OAuthError::request("none of the acr_values is known here"));
    }
    request.acr = known.unwrap_or(Acr::Base);
    Ok(())
}
