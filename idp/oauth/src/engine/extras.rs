//! The extension: PKCE, and what a code has to remember for the ID token.

use async_trait::async_trait;
use oxide_auth::code_grant::extensions::Pkce;
use oxide_auth::code_grant::{accesstoken, authorization as sync_authorization};
use oxide_auth::primitives::grant::{Extensions, Value};
use oxide_auth_async::code_grant::{access_token, authorization};

use super::CodeGrant;

/// Name under which a [`CodeGrant`] travels in the grant.
pub(super) const KEY: &str = "lanyard";

pub(super) struct Extras {
    pkce: Pkce,
    code: Option<CodeGrant>,
    pub pkce_failed: bool,
}

impl Extras {
    pub(super) fn new(code: Option<CodeGrant>) -> Self {
        Self { pkce: Pkce::required(), code, pkce_failed: false }
    }
}

#[async_trait]
impl authorization::Extension for Extras {
    async fn extend(&mut self, request: &(dyn sync_authorization::Request + Sync)) -> Result<Extensions, ()> {
        let mut kept = Extensions::new();
        let method = request.extension("code_challenge_method");
        if let Some(challenge) = self.pkce.challenge(method, request.extension("code_challenge"))? {
            kept.set(&self.pkce, challenge);
        }
        let code = serde_json::to_string(self.code.as_ref().ok_or(())?).map_err(|_| ())?;
        kept.set_raw(KEY.to_owned(), Value::private(Some(code)));
        Ok(kept)
    }
}

#[async_trait]
impl access_token::Extension for Extras {
    async fn extend(
        &mut self,
        request: &(dyn accesstoken::Request + Sync),
        mut data: Extensions,
    ) -> Result<Extensions, ()> {
        let challenge = data.remove(&self.pkce);
        let verifier = request.extension("code_verifier");
        // RFC 7636 §4.1: 43 to 128 of the unreserved characters; oxide-auth does not look.
        let formed = verifier.as_deref().is_some_and(|verifier| {
            (43..=128).contains(&verifier.len())
                && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
        });
        if !formed || self.pkce.verify(challenge, verifier).is_err() {
            self.pkce_failed = true;
            return Err(());
        }
        Ok(data)
    }
}
