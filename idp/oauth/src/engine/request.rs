//! Our parameters in the shapes that oxide-auth reads. The client was authenticated before; here it only has a name.

use std::borrow::Cow;

use idp_domain::client::Client;
use oxide_auth::code_grant::{accesstoken, authorization, refresh};

use crate::params::Params;

fn borrowed<'a>(params: &'a Params, name: &str) -> Option<Cow<'a, str>> {
    params.get(name).map(Cow::Borrowed)
}

/// A checked authorization request.
pub(super) struct Authorization<'a>(pub &'a crate::authorize::Request);

impl authorization::Request for Authorization<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        borrowed(&self.0.params, "client_id")
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Owned(self.0.scopes.join(" ")))
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.0.redirect_uri))
    }

    fn state(&self) -> Option<Cow<'_, str>> {
        None
    }

    fn response_type(&self) -> Option<Cow<'_, str>> {
        borrowed(&self.0.params, "response_type")
    }

    fn extension(&self, key: &str) -> Option<Cow<'_, str>> {
        borrowed(&self.0.params, key)
    }
}

/// A code on its way to tokens.
pub(super) struct Token<'a> {
    pub params: &'a Params,
    pub client: &'a Client,
}

impl accesstoken::Request for Token<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        borrowed(self.params, "code")
    }

    fn authorization(&self) -> accesstoken::Authorization<'_> {
        accesstoken::Authorization::None
    }

    fn client_id(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(&self.client.id))
    }

    fn redirect_uri(&self) -> Option<Cow<'_, str>> {
        borrowed(self.params, "redirect_uri")
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        borrowed(self.params, "grant_type")
    }

    fn extension(&self, key: &str) -> Option<Cow<'_, str>> {
        // Client credentials are no business of the machine.
        if key == "client_secret" { None } else { borrowed(self.params, key) }
    }
}

/// A refresh token on its way to new ones.
pub(super) struct Refresh<'a> {
    pub params: &'a Params,
    pub client: &'a Client,
}

impl refresh::Request for Refresh<'_> {
    fn valid(&self) -> bool {
        true
    }

    fn refresh_token(&self) -> Option<Cow<'_, str>> {
        borrowed(self.params, "refresh_token")
    }

    fn scope(&self) -> Option<Cow<'_, str>> {
        borrowed(self.params, "scope")
    }

    fn grant_type(&self) -> Option<Cow<'_, str>> {
        borrowed(self.params, "grant_type")
    }

    fn authorization(&self) -> Option<(Cow<'_, str>, Cow<'_, [u8]>)> {
        Some((Cow::Borrowed(&self.client.id), Cow::Borrowed(b"")))
    }

    fn extension(&self, key: &str) -> Option<Cow<'_, str>> {
        borrowed(self.params, key)
    }
}
