//! `response_type` and `response_mode`: the code flow, by query or by form, plain or signed (JARM).

use super::Request;
use crate::OAuthError;

/// How the answer travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// By a form that the browser posts (OAuth 2.0 Form Post Response Mode §2), rather than in the query.
    pub form: bool,
    /// As one signed JWT (JWT Secured Authorization Response Mode §2.3), rather than in plain parameters.
    pub signed: bool,
}

/// Every `response_mode`, with what it means.
pub const MODES: [(&str, Mode); 5] = [
    ("query", Mode { form: false, signed: false }),
    ("form_post", Mode { form: true, signed: false }),
    ("jwt", Mode { form: false, signed: true }),
    ("query.jwt", Mode { form: false, signed: true }),
    ("form_post.jwt", Mode { form: true, signed: true }),
];

/// First of all checks, so that every later error already travels as the client asked.
pub(super) fn response_mode(request: &mut Request) -> Result<(), OAuthError> {
    let Some(asked) = request.params.get("response_mode") else { return Ok(()) };
    let found = MODES.iter().find(|(name, _)| *name == asked);
    let (_, mode) = found.ok_or(OAuthError::request("response_mode is not supported"))?;
    request.mode = *mode;
    Ok(())
}

pub(super) fn response_type(request: &mut Request) -> Result<(), OAuthError> {
    match request.params.require("response_type", "response_type is missing")? {
        "code" => Ok(()),
        _ => Err(OAuthError::new("unsupported_response_type", "only response_type=code is supported")),
    }
}
