//! Dynamic registration (OpenID Connect Dynamic Registration 1.0 §2 and §3, RFC 7591): what a program says about itself, and
//! what it is told of what was kept.

use idp_domain::Secret;
use idp_domain::client::{Client, ClientAuth, IdTokenAlg};
use idp_domain::tls_subject::TlsSubject;
use serde_json::{Map, Value, json};

use crate::jws::Members;
use crate::token::grants::{CIBA, CODE, DEVICE, REFRESH};
use crate::{OAuthError, Provider};

/// What a program says about itself, read and whole. Members that are not named here are passed over (RFC 7591 §2).
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own, as in the standards’ client metadata")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// `client_name`; the host of its first address where it has none.
    pub name: String,
    /// `redirect_uris`.
    pub redirect_uris: Vec<String>,
    /// `post_logout_redirect_uris`.
    pub post_logout_redirect_uris: Vec<String>,
    /// `backchannel_logout_uri`; empty when there is none, as of the next two.
    pub backchannel_logout_uri: String,
    /// `frontchannel_logout_uri`.
    pub frontchannel_logout_uri: String,
    /// `initiate_login_uri`.
    pub initiate_login_uri: String,
    /// `jwks` as JSON, or `jwks_uri`; empty when it proves itself without keys.
    pub keys: String,
    /// `token_endpoint_auth_method` is one with a secret.
    pub secret: bool,
    /// The name in its certificate, when `token_endpoint_auth_method` is `tls_client_auth`.
    pub certificate: Option<TlsSubject>,
    /// `token_endpoint_auth_method` is `self_signed_tls_client_auth`: its certificates are with its keys.
    pub own_certificate: bool,
    /// `subject_type` is `public` (OpenID Connect Core §8).
    pub public: bool,
    /// `sector_identifier_uri`.
    pub sector_uri: Option<String>,
    /// `tls_client_certificate_bound_access_tokens` (RFC 8705 §3.4).
    pub tls_bound: bool,
    /// `grant_types` holds the device grant, and not the code.
    pub device: bool,
    /// `grant_types` holds the CIBA grant.
    pub ciba: bool,
    /// `backchannel_client_notification_endpoint`, in ping mode; else empty.
    pub ciba_notify: String,
    /// `grant_types` holds `refresh_token`.
    pub refresh: bool,
    /// `require_pushed_authorization_requests` (RFC 9126 §6).
    pub pushed_only: bool,
    /// `dpop_bound_access_tokens` (RFC 9449 §5.2).
    pub dpop: bool,
    /// `id_token_signed_response_alg`.
    pub id_token_alg: IdTokenAlg,
    /// `userinfo_signed_response_alg`.
    pub userinfo_alg: Option<IdTokenAlg>,
}

/// Members that ask for something that we do not do: to pass over them would break what the client goes by.
const UNKNOWN: [&str; 6] = [
    "id_token_encrypted_response_alg",
    "userinfo_encrypted_response_alg",
    "request_object_encryption_alg",
    "authorization_encrypted_response_alg",
    "introspection_encrypted_response_alg",
    "software_statement",
];

/// How a client proves itself, as it says.
#[derive(Default)]
struct Proof {
    secret: bool,
    keys: String,
    certificate: Option<TlsSubject>,
    own_certificate: bool,
}

/// What is wrong with what a program says about itself (RFC 7591 §3.2.2).
const fn bad(description: &'static str) -> OAuthError {
    OAuthError::new("invalid_client_metadata", description)
}

/// Reads what a program says about itself. Addresses are looked at where apps are registered.
pub fn read(body: &str) -> Result<Metadata, OAuthError> {
    let Members(said) = serde_json::from_str(body).map_err(|_| bad("the body is not one JSON object"))?;
    if UNKNOWN.iter().any(|name| said.get(*name).is_some_and(|value| !value.is_null() && *value != json!(false))) {
        return Err(bad("encryption and software statements are not supported"));
    }
    if texts(&said, "response_types")?.is_some_and(|types| types != ["code"]) {
        return Err(bad("response_types must be code"));
    }
    let (public, sector_uri) = (text(&said, "subject_type")?, text(&said, "sector_identifier_uri")?);
    let public = match (public.unwrap_or("pairwise"), sector_uri) {
        ("public", None) => true,
        ("pairwise", _) => false,
        _ => return Err(bad("subject_type must be pairwise, or public without a sector_identifier_uri")),
    };
    let grants = texts(&said, "grant_types")?.unwrap_or_else(|| vec![CODE.to_owned()]);
    let has = |grant: &str| grants.iter().any(|one| one == grant);
    if grants.iter().any(|grant| ![CODE, REFRESH, DEVICE, CIBA].contains(&grant.as_str())) || has(CODE) == has(DEVICE) {
        return Err(bad(
            "grant_types must hold authorization_code or the device grant, and may hold refresh_token and CIBA",
        ));
    }
    let redirect_uris = texts(&said, "redirect_uris")?.unwrap_or_default();
    let host = redirect_uris.first().and_then(|uri| url::Url::parse(uri).ok()?.host_str().map(str::to_owned));
    let name = text(&said, "client_name")?.map(str::to_owned).or(host).unwrap_or_default();
    let address = |name| Ok::<_, OAuthError>(text(&said, name)?.unwrap_or_default().to_owned());
    let Proof { secret, keys, certificate, own_certificate } = proof(&said)?;
    Ok(Metadata {
        name,
        redirect_uris,
        post_logout_redirect_uris: texts(&said, "post_logout_redirect_uris")?.unwrap_or_default(),
        backchannel_logout_uri: address("backchannel_logout_uri")?,
        frontchannel_logout_uri: address("frontchannel_logout_uri")?,
        initiate_login_uri: address("initiate_login_uri")?,
        keys,
        secret,
        certificate,
        own_certificate,
        public,
        sector_uri: sector_uri.map(str::to_owned),
        tls_bound: flag(&said, "tls_client_certificate_bound_access_tokens")?,
        device: has(DEVICE),
        ciba: has(CIBA),
        ciba_notify: notify(&said, has(CIBA))?,
        refresh: has(REFRESH),
        pushed_only: flag(&said, "require_pushed_authorization_requests")?,
        dpop: flag(&said, "dpop_bound_access_tokens")?,
        id_token_alg: alg(&said, "id_token_signed_response_alg")?.unwrap_or(IdTokenAlg::RS256),
        userinfo_alg: alg(&said, "userinfo_signed_response_alg")?,
    })
}

/// Where it is told of a decision (CIBA §4); empty in poll mode.
fn notify(said: &Map<String, Value>, ciba: bool) -> Result<String, OAuthError> {
    let address = text(said, "backchannel_client_notification_endpoint")?.unwrap_or_default();
    match (ciba, text(said, "backchannel_token_delivery_mode")?) {
        (false, None) | (true, Some("poll")) => Ok(String::new()),
        (true, Some("ping")) if !address.is_empty() => Ok(address.to_owned()),
        _ => Err(bad("backchannel_token_delivery_mode must be poll, or ping with a notification endpoint, for CIBA")),
    }
}

/// How it proves itself.
fn proof(said: &Map<String, Value>) -> Result<Proof, OAuthError> {
    let (jwks, uri) = (said.get("jwks").filter(|jwks| !jwks.is_null()), text(said, "jwks_uri")?);
    let keys = match (jwks, uri) {
        (Some(_), Some(_)) => return Err(bad("jwks and jwks_uri exclude each other")),
        (Some(jwks), None) => jwks.to_string(),
        (None, uri) => uri.unwrap_or_default().to_owned(),
    };
    let mut names = Vec::new();
    for (kind, member) in TlsSubject::KINDS {
        names.extend(text(said, member)?.map(|name| (kind, name)));
    }
    let method = text(said, "token_endpoint_auth_method")?.unwrap_or("client_secret_basic");
    if method != "tls_client_auth" && !names.is_empty() {
        return Err(bad("names of a certificate are of use with tls_client_auth only"));
    }
    let by_keys = ["private_key_jwt", "self_signed_tls_client_auth"].contains(&method);
    if by_keys == keys.is_empty() {
        return Err(bad("jwks or jwks_uri belong to private_key_jwt, and (with x5c) to self_signed_tls_client_auth"));
    }
    match method {
        "private_key_jwt" => Ok(Proof { keys, ..Proof::default() }),
        "self_signed_tls_client_auth" => Ok(Proof { keys, own_certificate: true, ..Proof::default() }),
        "client_secret_basic" | "client_secret_post" => Ok(Proof { secret: true, ..Proof::default() }),
        "none" => Ok(Proof::default()),
        "tls_client_auth" => {
            let [(kind, name)] = names.as_slice() else {
                return Err(bad("tls_client_auth needs exactly one name of the certificate"));
            };
            let subject = TlsSubject::parse(kind, name).ok_or(bad("the name of the certificate cannot be read"))?;
            Ok(Proof { certificate: Some(subject), ..Proof::default() })
        }
        _ => Err(bad("token_endpoint_auth_method is not supported")),
    }
}

fn text<'a>(said: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, OAuthError> {
    match said.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(bad("a member that must be text is not")),
    }
}

fn texts(said: &Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, OAuthError> {
    let all = match said.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(all)) => all.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    };
    // A line break would make two addresses of one.
    let all: Option<Vec<String>> = all.filter(|all: &Vec<String>| all.iter().all(|one| !one.contains(['\n', '\r'])));
    all.map(Some).ok_or(bad("a member that must be a list of texts is not"))
}

fn flag(said: &Map<String, Value>, name: &str) -> Result<bool, OAuthError> {
    match said.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(bad("a member that must be true or false is not")),
    }
}

fn alg(said: &Map<String, Value>, name: &str) -> Result<Option<IdTokenAlg>, OAuthError> {
    let named = |text: &str| IdTokenAlg::ALL.into_iter().find(|alg| alg.name() == text);
    text(said, name)?.map(|text| named(text).ok_or(bad("this signing algorithm is not supported"))).transpose()
}

impl Provider {
    /// The sector of an app that names a list of addresses (OpenID Connect Dynamic Registration §5): the host that has the list,
    /// if every address that people come back to is on it.
    pub async fn sector(&self, uri: &str, redirect_uris: &[String]) -> Result<String, OAuthError> {
        let host = url::Url::parse(uri).ok().filter(|url| url.scheme() == "https" || self.issuer.starts_with("http:"));
        let host = host.and_then(|url| url.host_str().map(str::to_owned));
        let host = host.ok_or(bad("sector_identifier_uri must be a whole address that begins with https://"))?;
        let listed = self.published_keys.text_at(uri).await;
        let listed: Option<Vec<String>> = listed.and_then(|text| serde_json::from_str(&text).ok());
        let listed = listed.ok_or(bad("no JSON list of addresses is at sector_identifier_uri"))?;
        if redirect_uris.iter().any(|uri| !listed.contains(uri)) {
            return Err(bad("an address of redirect_uris is not in the list at sector_identifier_uri"));
        }
        Ok(host)
    }

    /// What a program is told of the app that was made (RFC 7591 §3.2.1). The secret is told this once.
    pub fn registered(&self, client: &Client, secret: Option<&Secret>) -> Value {
        let method = match client.auth {
            ClientAuth::None => "none",
            ClientAuth::Secret { .. } => "client_secret_basic",
            ClientAuth::PrivateKeyJwt { .. } | ClientAuth::Keys { .. } | ClientAuth::KeysAt { .. } => "private_key_jwt",
            ClientAuth::Tls { .. } => "tls_client_auth",
            ClientAuth::SelfSigned { .. } | ClientAuth::SelfSignedAt { .. } => "self_signed_tls_client_auth",
        };
        let mut grants = vec![if client.options.device { DEVICE } else { CODE }];
        grants.extend(client.refresh.then_some(REFRESH));
        grants.extend(client.options.ciba.then_some(CIBA));
        let mode = client.options.ciba.then(|| if client.options.ciba_notify.is_some() { "ping" } else { "poll" });
        let mut told = json!({
            "client_id": client.id,
            "client_id_issued_at": client.app.as_ref().map(|app| app.made_at.0),
            "client_name": client.name,
            "redirect_uris": client.redirect_uris,
            "post_logout_redirect_uris": client.post_logout_redirect_uris,
            "grant_types": grants,
            "response_types": if client.options.device { vec![] } else { vec!["code"] },
            "token_endpoint_auth_method": method,
            "subject_type": if client.sector.is_some() { "pairwise" } else { "public" },
            "scope": client.scopes.join(" "),
            "id_token_signed_response_alg": client.id_token_alg.name(),
            "require_pushed_authorization_requests": client.options.pushed_only,
            "dpop_bound_access_tokens": client.options.dpop,
            "tls_client_certificate_bound_access_tokens": client.options.tls_bound,
        });
        let options = &client.options;
        let proof = match &client.auth {
            ClientAuth::Keys { jwks } | ClientAuth::SelfSigned { jwks } => {
                serde_json::from_str(jwks).ok().map(|jwks: Value| ("jwks", jwks))
            }
            ClientAuth::KeysAt { uri } | ClientAuth::SelfSignedAt { uri } => Some(("jwks_uri", json!(uri))),
            ClientAuth::Tls { subject } => Some((subject.member(), json!(subject.name()))),
            _ => None,
        };
        let maybe = [
            ("backchannel_logout_uri", options.backchannel_logout_uri.as_ref().map(|uri| json!(uri))),
            ("frontchannel_logout_uri", options.frontchannel_logout_uri.as_ref().map(|uri| json!(uri))),
            ("initiate_login_uri", options.initiate_login_uri.as_ref().map(|uri| json!(uri))),
            ("backchannel_token_delivery_mode", mode.map(|mode| json!(mode))),
            ("backchannel_client_notification_endpoint", options.ciba_notify.as_ref().map(|uri| json!(uri))),
            ("userinfo_signed_response_alg", options.userinfo_alg.map(|alg| json!(alg.name()))),
            ("client_secret", secret.map(|secret| json!(secret.reveal()))),
            // Zero: it does not run out.
            ("client_secret_expires_at", secret.map(|_| json!(0))),
        ];
        if let Some(told) = told.as_object_mut() {
            let maybe = maybe.into_iter().filter_map(|(name, value)| Some((name, value?)));
            told.extend(maybe.chain(proof).map(|(name, value)| (name.to_owned(), value)));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(said: &Value) -> Result<Metadata, OAuthError> {
        read(&said.to_string())
    }

    #[test]
    fn the_least_that_a_program_says_is_a_web_app_with_a_secret() {
        let read =
            of(&json!({ "redirect_uris": ["https://app.example/cb"], "logo_uri": "https://x.example" })).unwrap();
        assert_eq!((read.name.as_str(), read.secret, read.refresh, read.device), ("app.example", true, false, false));
        assert_eq!((read.id_token_alg, read.userinfo_alg), (IdTokenAlg::RS256, None));
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        let good = json!({ "redirect_uris": ["https://app.example/cb"] });
        for (name, value) in [
            ("redirect_uris", json!("https://app.example/cb")),
            ("redirect_uris", json!([1])),
            ("redirect_uris", json!(["https://app.example/cb\nhttps://evil.example"])),
            ("response_types", json!(["code", "token"])),
            ("grant_types", json!(["implicit"])),
            ("grant_types", json!([])),
            ("grant_types", json!(["authorization_code", "client_credentials"])),
            ("grant_types", json!(["authorization_code", DEVICE])),
            ("subject_type", json!("secret")),
            ("token_endpoint_auth_method", json!("client_secret_jwt")),
            ("token_endpoint_auth_method", json!("private_key_jwt")),
            ("jwks_uri", json!("https://app.example/jwks")),
            ("id_token_signed_response_alg", json!("none")),
            ("id_token_signed_response_alg", json!("HS256")),
            ("dpop_bound_access_tokens", json!("true")),
            ("sector_identifier_uri", json!(["https://app.example/sector"])),
            ("software_statement", json!("x.y.z")),
            ("client_name", json!(7)),
        ] {
            let mut said = good.clone();
            said[name] = value.clone();
            let refused = of(&said).map_err(|error| error.code);
            assert_eq!(refused, Err("invalid_client_metadata"), "{name}: {value}");
        }
        let both =
            json!({ "jwks": {}, "jwks_uri": "https://a.example", "token_endpoint_auth_method": "private_key_jwt" });
        assert!(of(&both).is_err());
        for body in ["", "[]", "null", "{", r#"{"client_name":"a","client_name":"b"}"#] {
            assert!(read(body).is_err(), "{body}");
        }
    }
}
