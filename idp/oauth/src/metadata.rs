//! Discovery (OpenID Connect Discovery §3, RFC 8414 §2): only what works.

use idp_domain::client::{IdTokenAlg, SCOPES};
use idp_domain::{Acr, Language};
use serde_json::{Map, Value, json};

use crate::authorize::response::MODES;
use crate::token::grants::{CIBA, CODE, DEVICE, EXCHANGE, REFRESH};
use crate::{Provider, jwk};

/// Grants of the token endpoint.
pub const GRANTS: [&str; 6] = [CODE, REFRESH, "client_credentials", DEVICE, EXCHANGE, CIBA];
/// Ways of client authentication.
const CLIENT_AUTH: [&str; 4] = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];
/// Addresses that clients with certificates find at the origin for mutual TLS, too.
const ALIASED: [&str; 7] = [
    "token_endpoint",
    "userinfo_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "pushed_authorization_request_endpoint",
    "device_authorization_endpoint",
    "backchannel_authentication_endpoint",
];
/// Claims of ID tokens and userinfo.
const CLAIMS: [&str; 20] = [
    "iss",
    "aud",
    "exp",
    "iat",
    "sub",
    "nonce",
    "auth_time",
    "acr",
    "amr",
    "sid",
    "at_hash",
    "name",
    "given_name",
    "family_name",
    "locale",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "address",
];

impl Provider {
    /// The discovery document.
    pub fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let signed: Vec<&str> = IdTokenAlg::ALL.map(IdTokenAlg::name).to_vec();
        // Every client can be told apart at these, and only confidential ones may introspect.
        let proofs = self.client_auth();
        let confidential: Vec<&str> = proofs.iter().copied().filter(|way| *way != "none").collect();
        let mut document = json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "userinfo_endpoint": at("/userinfo"),
            "jwks_uri": at("/jwks"),
            "end_session_endpoint": at("/logout"),
            "revocation_endpoint": at("/revoke"),
            "introspection_endpoint": at("/introspect"),
            "registration_endpoint": at("/register"),
            "pushed_authorization_request_endpoint": at("/par"),
            "device_authorization_endpoint": at("/device_authorization"),
            "scopes_supported": SCOPES,
            "response_types_supported": ["code"],
            "response_modes_supported": MODES.map(|(name, _)| name),
            "grant_types_supported": GRANTS,
            "acr_values_supported": Acr::ALL.map(Acr::as_str),
            "subject_types_supported": ["pairwise", "public"],
            "id_token_signing_alg_values_supported": signed,
            "userinfo_signing_alg_values_supported": signed,
            "authorization_signing_alg_values_supported": ["ES256"],
            "introspection_signing_alg_values_supported": ["ES256"],
            "request_object_signing_alg_values_supported": jwk::ALGS,
            "dpop_signing_alg_values_supported": jwk::ALGS,
            "token_endpoint_auth_methods_supported": proofs,
            "token_endpoint_auth_signing_alg_values_supported": jwk::ALGS,
            "introspection_endpoint_auth_methods_supported": confidential,
            "introspection_endpoint_auth_signing_alg_values_supported": jwk::ALGS,
            "revocation_endpoint_auth_methods_supported": proofs,
            "revocation_endpoint_auth_signing_alg_values_supported": jwk::ALGS,
            "code_challenge_methods_supported": ["S256"],
            "claim_types_supported": ["normal"],
            "claims_supported": CLAIMS,
            "authorization_response_iss_parameter_supported": true,
            "request_parameter_supported": true,
            "request_uri_parameter_supported": false,
            "claims_parameter_supported": true,
            "ui_locales_supported": Language::ALL.map(Language::code),
            "display_values_supported": ["page"],
            "service_documentation": at("/developers"),
        });
        let logout = ["backchannel", "frontchannel"].iter().flat_map(|channel| {
            ["supported", "session_supported"].map(|what| (format!("{channel}_logout_{what}"), json!(true)))
        });
        let apart = [
            ("backchannel_authentication_endpoint", json!(at("/bc-authorize"))),
            ("backchannel_token_delivery_modes_supported", json!(["poll", "ping"])),
            ("backchannel_user_code_parameter_supported", json!(false)),
        ];
        if let Some(document) = document.as_object_mut() {
            document.extend(logout.chain(apart.map(|(name, value)| (name.to_owned(), value))));
            let by_certificate = self.by_certificate(document);
            document.extend(by_certificate);
        }
        document
    }

    /// Ways of client authentication that work here.
    pub fn client_auth(&self) -> Vec<&'static str> {
        let own = self.mtls.is_some().then_some("self_signed_tls_client_auth");
        let vouched = self.mtls.as_ref().is_some_and(|mtls| mtls.authorities).then_some("tls_client_auth");
        CLIENT_AUTH.into_iter().chain(own).chain(vouched).collect()
    }

    /// What clients with certificates have to know (RFC 8705 §3.3 and §5).
    fn by_certificate(&self, document: &Map<String, Value>) -> Vec<(String, Value)> {
        let Some(mtls) = &self.mtls else { return Vec::new() };
        let alias = |name: &str| {
            let path = document.get(name)?.as_str()?.strip_prefix(&self.issuer)?;
            Some((name.to_owned(), json!(format!("{}{path}", mtls.origin))))
        };
        let aliases = Value::Object(ALIASED.into_iter().filter_map(alias).collect());
        let bound = "tls_client_certificate_bound_access_tokens";
        vec![("mtls_endpoint_aliases".to_owned(), aliases), (bound.to_owned(), json!(true))]
    }
}
