//! `id_token_hint`: an ID token of ours that comes back, however old (OpenID Connect Core §3.1.2.1, Logout 1.0 §2).

use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreGenderClaim, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
};
use openidconnect::{ClientId, IdToken, IdTokenVerifier, IssuerUrl, Nonce};

use crate::Provider;
use crate::issue::LanyardClaims;

type OurIdToken = IdToken<LanyardClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// What a true hint says.
pub(crate) struct Hint {
    /// For whom it was made.
    pub client: String,
    /// Whom it is about, as that client knows them.
    pub sub: String,
    /// The session.
    pub sid: Option<String>,
}

impl Provider {
    /// Reads a hint; none when it is not an ID token of ours. Its age does not matter: it proves nothing, and nobody is let
    /// in by it.
    pub(crate) fn read_hint(&self, hint: &str) -> Option<Hint> {
        let payload = hint.split('.').nth(1)?;
        let claimed: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let audience = claimed.get("aud")?;
        let client = audience.as_str().or_else(|| audience.get(0)?.as_str())?.to_owned();
        let jwks: CoreJsonWebKeySet = serde_json::from_value(self.keys.jwks()).ok()?;
        let issuer = IssuerUrl::new(self.issuer.clone()).ok()?;
        let verifier = IdTokenVerifier::new_public_client(ClientId::new(client.clone()), issuer, jwks)
            .set_allowed_algs([
                CoreJwsSigningAlgorithm::EcdsaP256Sha256,
                CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
                CoreJwsSigningAlgorithm::RsaSsaPssSha256,
                CoreJwsSigningAlgorithm::EdDsa,
            ])
            .set_time_fn(|| std::time::UNIX_EPOCH.into());
        let token = OurIdToken::from_str(hint).ok()?;
        let claims = token
            .claims(&verifier, |_: Option<&Nonce>| Ok(()))
            .inspect_err(|error| tracing::info!(%error, "an id_token_hint was not believed"))
            .ok()?;
        Some(Hint { client, sub: claims.subject().to_string(), sid: claims.additional_claims().sid.clone() })
    }
}
