//! Client authentication: exactly one method, the one the client is registered for (RFC 6749 §2.3).

mod certificate;
mod private_key_jwt;
mod secret;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use idp_domain::client::{Client, ClientAuth};

use super::TokenRequest;
use crate::{OAuthError, Provider};

/// One way of proving to be a client, as it was presented.
enum Presented {
    /// By nothing in the request: a public client, or one that is known by the certificate of its connection.
    None,
    Secret(String),
    Assertion(String),
}

const REFUSED: OAuthError = OAuthError::client("the client could not be authenticated");

/// Finds the client of a request and checks its proof.
pub(super) async fn authenticate(provider: &Provider, request: &TokenRequest<'_>) -> Result<Client, OAuthError> {
    let (id, presented) = presented(request)?;
    let client = provider.context.store.client(&id).await?.filter(|client| !client.disabled).ok_or(REFUSED)?;
    let proven = match (&client.auth, presented) {
        (ClientAuth::None, Presented::None) => true,
        (ClientAuth::Secret { hash, before }, Presented::Secret(given)) => secret::check(hash, before.as_ref(), &given),
        (
            ClientAuth::PrivateKeyJwt { .. } | ClientAuth::Keys { .. } | ClientAuth::KeysAt { .. },
            Presented::Assertion(assertion),
        ) => private_key_jwt::check(provider, &client, &assertion).await?,
        (ClientAuth::Tls { .. } | ClientAuth::SelfSigned { .. } | ClientAuth::SelfSignedAt { .. }, Presented::None) => {
            certificate::check(provider, &client, request.certificate).await
        }
        _ => false,
    };
    if proven { Ok(client) } else { Err(REFUSED) }
}

/// The client that a request says it is from. Nothing is proven.
pub(super) fn claimed(request: &TokenRequest<'_>) -> Option<String> {
    presented(request).ok().map(|(id, _)| id)
}

fn presented(request: &TokenRequest<'_>) -> Result<(String, Presented), OAuthError> {
    let body_id = request.params.get("client_id");
    let basic = request.authorization.map(basic).transpose()?;
    let assertion = request.params.get("client_assertion");
    let body_secret = request.params.get("client_secret");
    let ways = [basic.is_some(), assertion.is_some(), body_secret.is_some()];
    if ways.iter().filter(|way| **way).count() > 1 {
        return Err(OAuthError::request("more than one way of client authentication"));
    }
    let (id, presented) = match (basic, assertion, body_secret) {
        (Some((id, secret)), _, _) => (id, Presented::Secret(secret)),
        (_, Some(assertion), _) => {
            if request.params.get("client_assertion_type") != Some(private_key_jwt::TYPE) {
                return Err(OAuthError::request("client_assertion_type is not known"));
            }
            let id = private_key_jwt::claimed_client(assertion).ok_or(REFUSED)?;
            (id, Presented::Assertion(assertion.to_owned()))
        }
        (_, _, Some(secret)) => (body_id.unwrap_or_default().to_owned(), Presented::Secret(secret.to_owned())),
        _ => (body_id.unwrap_or_default().to_owned(), Presented::None),
    };
    if body_id.is_some_and(|body_id| body_id != id) {
        return Err(OAuthError::request("client_id is given twice and differs"));
    }
    if id.is_empty() {
        return Err(OAuthError::client("client authentication is missing"));
    }
    Ok((id, presented))
}

/// `Basic`, with both halves form-decoded (RFC 6749 §2.3.1).
fn basic(header: &str) -> Result<(String, String), OAuthError> {
    let malformed = OAuthError::client("the Authorization header cannot be read");
    let (scheme, encoded) = header.split_once(' ').ok_or(malformed.clone())?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(malformed);
    }
    let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let (id, secret) = decoded.as_deref().and_then(|text| text.split_once(':')).ok_or(malformed)?;
    Ok((form_decode(id), form_decode(secret)))
}

fn form_decode(text: &str) -> String {
    let pair = format!("v={}", text.replace('&', "%26").replace('=', "%3D"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let header = format!("Basic {}", STANDARD.encode("site%3Alarkmoor:a%2Bb+c%25"));
        assert_eq!(basic(&header).unwrap(), ("site:larkmoor".to_owned(), "a+b c%".to_owned()));
        assert!(basic("Basic !").is_err());
        assert!(basic("Bearer x").is_err());
    }
}
