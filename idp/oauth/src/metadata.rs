//! Discovery (OpenID Connect Discovery §3): only what works.

use idp_domain::Acr;
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode,
    CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthUrl, AuthenticationContextClass, IssuerUrl, JsonWebKeySetUrl, ProviderMetadata,
    ResponseTypes, Scope, TokenUrl, UserInfoUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Provider;

/// Scopes that an app may ask for.
pub const SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Extra {
    end_session_endpoint: String,
    revocation_endpoint: String,
    code_challenge_methods_supported: Vec<String>,
    authorization_response_iss_parameter_supported: bool,
    request_uri_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extra {}

type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

impl Provider {
    /// The discovery document.
    pub fn metadata(&self) -> Option<Value> {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let extra = Extra {
            end_session_endpoint: at("/logout"),
            revocation_endpoint: at("/revoke"),
            code_challenge_methods_supported: vec!["S256".to_owned()],
            authorization_response_iss_parameter_supported: true,
            request_uri_parameter_supported: false,
        };
        let algs = vec![CoreJwsSigningAlgorithm::EcdsaP256Sha256, CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256];
        let claims =
            ["sub", "name", "given_name", "family_name", "email", "email_verified", "auth_time", "acr", "amr", "sid"];
        let metadata = Metadata::new(
            IssuerUrl::new(self.issuer.clone()).ok()?,
            AuthUrl::new(at("/authorize")).ok()?,
            JsonWebKeySetUrl::new(at("/jwks")).ok()?,
            vec![ResponseTypes::new(vec![CoreResponseType::Code])],
            vec![CoreSubjectIdentifierType::Pairwise, CoreSubjectIdentifierType::Public],
            algs,
            extra,
        )
        .set_token_endpoint(Some(TokenUrl::new(at("/token")).ok()?))
        .set_userinfo_endpoint(Some(UserInfoUrl::new(at("/userinfo")).ok()?))
        .set_scopes_supported(Some(SCOPES.iter().map(|scope| Scope::new((*scope).to_owned())).collect()))
        .set_response_modes_supported(Some(vec![CoreResponseMode::Query]))
        .set_grant_types_supported(Some(vec![
            CoreGrantType::AuthorizationCode,
            CoreGrantType::RefreshToken,
            CoreGrantType::ClientCredentials,
        ]))
        .set_token_endpoint_auth_methods_supported(Some(vec![
            CoreClientAuthMethod::ClientSecretBasic,
            CoreClientAuthMethod::ClientSecretPost,
            CoreClientAuthMethod::PrivateKeyJwt,
            CoreClientAuthMethod::None,
        ]))
        .set_token_endpoint_auth_signing_alg_values_supported(Some(vec![CoreJwsSigningAlgorithm::EcdsaP256Sha256]))
        .set_acr_values_supported(Some(
            Acr::ALL.iter().map(|acr| AuthenticationContextClass::new(acr.as_str().to_owned())).collect(),
        ))
        .set_claims_supported(Some(claims.iter().map(|claim| CoreClaimName::new((*claim).to_owned())).collect()));
        serde_json::to_value(metadata).ok()
    }
}
