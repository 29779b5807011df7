//! What a program sent beside its body: headers, and the certificate of its connection.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use idp_oauth::OAuthError;
use idp_oauth::mtls::Certificate;
use idp_oauth::params::Params;
use idp_oauth::token::TokenRequest;
use idp_oauth::userinfo::Bearing;

/// The header of a proof (RFC 9449 §4.1).
pub(super) const DPOP: &str = "dpop";

/// A program that asks.
pub(crate) struct Sender {
    pub headers: HeaderMap,
    certificate: Option<Certificate>,
}

impl<S: Sync> FromRequestParts<S> for Sender {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self { headers: parts.headers.clone(), certificate: parts.extensions.get().cloned() })
    }
}

impl Sender {
    /// A header that is there and is text.
    pub fn text(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether its body is of a media type, whatever its parameters.
    pub fn sends(&self, kind: &str) -> bool {
        let sent = self.text(header::CONTENT_TYPE).unwrap_or_default().split(';').next().unwrap_or_default();
        sent.trim().eq_ignore_ascii_case(kind)
    }

    /// What a client sent with its form.
    pub fn request(&self, body: &str) -> Result<TokenRequest<'_>, OAuthError> {
        if !self.sends("application/x-www-form-urlencoded") {
            return Err(OAuthError::request("Content-Type must be application/x-www-form-urlencoded"));
        }
        let (authorization, certificate) = (self.text(header::AUTHORIZATION), self.certificate.as_ref());
        Ok(TokenRequest { authorization, dpop: self.proof(), certificate, params: Params::parse(body)? })
    }

    /// The token with which it came to this method and path.
    pub fn bearing<'a>(&'a self, at: (&'a str, &'a str)) -> Bearing<'a> {
        let (authorization, certificate) = (self.text(header::AUTHORIZATION), self.certificate.as_ref());
        Bearing { authorization, dpop: self.proof(), certificate, at }
    }

    /// Its proof. More than one counts as little as one that cannot be read (RFC 9449 §4.3, check 1).
    fn proof(&self) -> Option<&str> {
        let one = self.headers.get_all(DPOP).iter().nth(1).is_none();
        self.headers.contains_key(DPOP).then(|| self.text(DPOP).filter(|_| one).unwrap_or_default())
    }
}
