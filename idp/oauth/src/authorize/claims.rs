//! `claims` (OpenID Connect Core §5.5): what a client asks for by name, and whom it expects.
//!
//! Who agrees to a claim agrees to its group, so a claim that is asked for by name brings the scope of its group with it, if
//! the client may have that.

use idp_domain::Acr;
use serde_json::{Map, Value};

use super::Request;
use crate::OAuthError;

/// Claims that belong to a scope (§5.4).
const GROUPS: [(&str, &[&str]); 4] = [
    ("profile", &["name", "given_name", "family_name", "locale"]),
    ("email", &["email", "email_verified"]),
    ("phone", &["phone_number", "phone_number_verified"]),
    ("address", &["address"]),
];
/// Longest value.
const MOST: usize = 4096;

pub(super) fn check(request: &mut Request) -> Result<(), OAuthError> {
    let Some(text) = request.params.get("claims").map(str::to_owned) else { return Ok(()) };
    let formed = || OAuthError::request("claims must be a JSON object of id_token and userinfo");
    let asked: Map<String, Value> =
        (text.len() <= MOST).then(|| serde_json::from_str(&text).ok()).flatten().ok_or_else(formed)?;
    for place in ["id_token", "userinfo"] {
        match asked.get(place) {
            None | Some(Value::Null) => {}
            Some(Value::Object(wanted)) => each(request, place, wanted)?,
            Some(_) => return Err(formed()),
        }
    }
    Ok(())
}

fn each(request: &mut Request, place: &str, wanted: &Map<String, Value>) -> Result<(), OAuthError> {
    for (name, about) in wanted {
        if !(about.is_null() || about.is_object()) {
            return Err(OAuthError::request("each of the claims is null or an object"));
        }
        match (name.as_str(), place) {
            ("sub", _) => expect(request, about)?,
            ("acr", "id_token") => raise(request, about)?,
            _ => {}
        }
        let group = GROUPS.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(scope, _)| *scope);
        if let Some(scope) = group {
            let may = request.client.scopes.iter().any(|one| one == scope);
            if may && !request.scopes.iter().any(|one| one == scope) {
                request.scopes.push(scope.to_owned());
            }
        }
    }
    Ok(())
}

/// The values that would do, of `value` and `values` (§5.5.1).
fn values(about: &Value) -> Vec<&str> {
    let many = about.get("values").and_then(Value::as_array).into_iter().flatten();
    about.get("value").into_iter().chain(many).filter_map(Value::as_str).collect()
}

/// Only this person will do.
fn expect(request: &mut Request, about: &Value) -> Result<(), OAuthError> {
    match values(about).as_slice() {
        [] => Ok(()),
        [sub] if request.expects.as_deref().is_none_or(|other| other == *sub) => {
            request.expects = Some((*sub).to_owned());
            Ok(())
        }
        _ => Err(OAuthError::request("claims name more than one sub")),
    }
}

/// The weakest of those that would do. An essential `acr` of which none is known cannot be met (§5.5.1.1).
fn raise(request: &mut Request, about: &Value) -> Result<(), OAuthError> {
    let values = values(about);
    let known = values.iter().filter_map(|value| Acr::parse(value)).min();
    let essential = about.get("essential").and_then(Value::as_bool).unwrap_or_default();
    if essential && !values.is_empty() && known.is_none() {
        return Err(OAuthError::new("unmet_authentication_requirements", "none of the acr values is known here"));
    }
    request.acr = known.map_or(request.acr, |acr| acr.max(request.acr));
    Ok(())
}
