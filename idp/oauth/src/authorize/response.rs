//! `response_type` and `response_mode`: the code flow, by query. Request objects are not taken here.

use super::Request;
use crate::OAuthError;

pub(super) fn response_type(request: &mut Request) -> Result<(), OAuthError> {
    if request.params.get("request").is_some() {
        return Err(OAuthError::new("request_not_supported", "request objects are not supported"));
    }
    if request.params.get("request_uri").is_some() {
        return Err(OAuthError::new("request_uri_not_supported", "request_uri is not supported"));
    }
    match request.params.require("response_type", "response_type is missing")? {
        "code" => Ok(()),
        _ => Err(OAuthError::new("unsupported_response_type", "only response_type=code is supported")),
    }
}

pub(super) fn response_mode(request: &mut Request) -> Result<(), OAuthError> {
    match request.params.get("response_mode") {
        None | Some("query") => Ok(()),
        Some(_) => Err(OAuthError::request("only response_mode=query is supported")),
    }
}
