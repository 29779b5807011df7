//! What the gateway knows of the provider: endpoints and keys, discovered once, refetched when a key is unknown.

use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError};

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm, CoreResponseMode, CoreResponseType, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AdditionalProviderMetadata, AsyncHttpClient, ClientId, EmptyExtraTokenFields, EndpointNotSet,
    EndpointSet, HttpRequest, HttpResponse, IdTokenFields, IssuerUrl, ProviderMetadata, StandardErrorResponse,
    StandardTokenResponse,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::assertion::{TYPE, client_assertion};
use crate::Inner;
use crate::ports::{BackChannel, BackChannelError};
use crate::session::{IDLE, LONGEST_IDLE, Record};

/// Our claims in the ID token, as the design's seam names them. Nothing is required: what is missing gives no right.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Claims {
    #[serde(default)]
    pub sid: Option<String>,
    #[serde(default)]
    pub lanyard: Option<SiteFacts>,
}

/// Facts of one site.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SiteFacts {
    pub site: String,
    pub account: String,
    pub groups: Vec<String>,
    pub scope: String,
    pub classes: Vec<String>,
    pub years: Vec<String>,
    pub may_elevate: bool,
    /// Whether the key that they signed in with lifts them already.
    #[serde(default)]
    pub elevates: bool,
    pub member_until: Option<i64>,
    pub epoch: i64,
    /// Seconds without use after which the provider's session ends.
    pub idle: Option<i64>,
    /// When the session at the provider ends whatever happens.
    #[serde(default)]
    pub session_until: Option<i64>,
}

impl SiteFacts {
    /// What is known of somebody (subject and name) who comes to the site at this moment with base access.
    pub fn record(self, (sub, name): (String, String), at: i64) -> Record {
        Record {
            site: self.site,
            sub,
            name,
            account: self.account,
            groups: self.groups,
            scope: self.scope,
            classes: self.classes,
            years: self.years,
            may_elevate: self.may_elevate,
            member_until: self.member_until,
            auth_time: at,
            created_at: at,
            seen_at: at,
            idle: self.idle.filter(|idle| (60..=LONGEST_IDLE).contains(idle)).unwrap_or(IDLE),
            session_until: self.session_until,
            ..Record::default()
        }
    }
}

impl AdditionalClaims for Claims {}

pub(super) type TokenResponse = StandardTokenResponse<
    IdTokenFields<
        Claims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

type Client<A, T> = openidconnect::Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenResponse,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    A,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    T,
    EndpointNotSet,
>;

/// A relying party that is ready.
pub(super) type RelyingParty = Client<EndpointSet, EndpointSet>;

/// What the provider's metadata say beside those of OpenID Connect (RFC 8414 §2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct More {
    /// Where tokens are introspected.
    #[serde(default)]
    pub introspection_endpoint: Option<String>,
}

impl AdditionalProviderMetadata for More {}

/// The provider's metadata.
pub(super) type Metadata = ProviderMetadata<
    More,
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

/// The back channel in the shape that openidconnect wants.
pub(super) struct Http<'a>(pub &'a dyn BackChannel);

impl<'c> AsyncHttpClient<'c> for Http<'_> {
    type Error = BackChannelError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, BackChannelError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.0.send(request)
    }
}

/// Seconds within which keys are fetched anew once at the most.
const REFETCH: i64 = 10;
/// Seconds after which keys are fetched anew in any case: one that was revoked is believed no longer.
const FRESH: i64 = 300;

/// What was discovered, and a token for the gateway itself.
pub(crate) struct Login {
    metadata: Mutex<Option<Arc<Metadata>>>,
    /// When it was last discovered; strangers' tokens with unknown keys must not make us ask all the time.
    asked_at: AtomicI64,
    service: Mutex<Option<(String, i64)>>,
    lookups: Lookups,
}

/// Most tokens of which nothing is known that the provider is asked about in one second.
const LOOKUPS: u32 = 200;

/// Questions about unknown tokens within one second.
#[derive(Default)]
struct Lookups(std::sync::Mutex<(i64, u32)>);

impl Lookups {
    fn may(&self, now: i64) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (second, count) = &mut *counted;
        if *second != now {
            (*second, *count) = (now, 0);
        }
        *count += 1;
        *count <= LOOKUPS
    }
}

/// The provider does not answer as it should.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ProviderFault(pub String);

impl Login {
    pub(crate) fn new() -> Self {
        Self {
            metadata: Mutex::new(None),
            asked_at: AtomicI64::new(i64::MIN / 2),
            service: Mutex::new(None),
            lookups: Lookups::default(),
        }
    }

    /// Whether the provider may be asked about one more token of which nothing is known.
    pub(crate) fn may_look_up(&self, now: i64) -> bool {
        self.lookups.may(now)
    }

    /// Whether the provider answers at all, within two seconds.
    pub(super) async fn answers(&self, inner: &Inner) -> bool {
        let request = http::Request::get(format!("{}/health/live", inner.settings.issuer)).body(Vec::new());
        let Ok(request) = request else { return false };
        let asked = tokio::time::timeout(std::time::Duration::from_secs(2), inner.ports.back_channel.send(request));
        matches!(asked.await, Ok(Ok(answer)) if answer.status().is_success())
    }

    /// Endpoints and keys; discovered when they are not known yet or `again` is asked for.
    pub(super) async fn metadata(&self, inner: &Inner, again: bool) -> Result<Arc<Metadata>, ProviderFault> {
        let mut known = self.metadata.lock().await;
        let now = inner.ports.clock.now();
        let age = now - self.asked_at.load(Ordering::Relaxed);
        if let Some(metadata) = known.as_ref().filter(|_| age < if again { REFETCH } else { FRESH }) {
            return Ok(metadata.clone());
        }
        let issuer = IssuerUrl::new(inner.settings.issuer.clone()).map_err(|error| ProviderFault(error.to_string()))?;
        let http = Http(&*inner.ports.back_channel);
        let found = match Metadata::discover_async(issuer, &http).await {
            Ok(found) => Arc::new(found),
            // A provider that is away has revoked nothing that could be heard of.
            Err(_) if !again && known.is_some() => return known.clone().ok_or(ProviderFault(String::new())),
            Err(_) => return Err(ProviderFault("the provider's discovery document cannot be read".to_owned())),
        };
        *known = Some(found.clone());
        self.asked_at.store(now, Ordering::Relaxed);
        Ok(found)
    }

    /// The relying party of a client.
    pub(super) async fn relying_party(
        &self,
        inner: &Inner,
        client_id: &str,
        again: bool,
    ) -> Result<RelyingParty, ProviderFault> {
        let metadata = self.metadata(inner, again).await?;
        let token_uri = metadata.token_endpoint().cloned().ok_or(ProviderFault("no token endpoint".to_owned()))?;
        let keys: CoreJsonWebKeySet = metadata.jwks().clone();
        Ok(Client::<EndpointNotSet, EndpointNotSet>::new(
            ClientId::new(client_id.to_owned()),
            metadata.issuer().clone(),
            keys,
        )
        .set_auth_uri(metadata.authorization_endpoint().clone())
        .set_token_uri(token_uri))
    }
}

/// An access token of the gateway itself (client credentials), kept until shortly before it expires.
pub(crate) async fn service_token(inner: &Inner, scope: &str) -> Result<String, ProviderFault> {
    let mut known = inner.login.service.lock().await;
    let now = inner.ports.clock.now();
    if let Some((token, _)) = known.as_ref().filter(|(_, until)| now < *until) {
        return Ok(token.clone());
    }
    let metadata = inner.login.metadata(inner, false).await?;
    let endpoint = metadata.token_endpoint().ok_or(ProviderFault("no token endpoint".to_owned()))?;
    let form = [("grant_type", "client_credentials"), ("scope", scope)];
    let answer = ask(inner, &inner.settings.client_id, (endpoint.as_str(), &form)).await?;
    let answer: serde_json::Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let token = answer.get("access_token").and_then(|token| token.as_str());
    let token = token.ok_or(ProviderFault("the provider gave the gateway no token".to_owned()))?.to_owned();
    let life = answer.get("expires_in").and_then(serde_json::Value::as_i64).unwrap_or(60);
    *known = Some((token.clone(), now + life - 30));
    Ok(token)
}

/// Sends a form to an address of the provider, proven to be from a client of ours.
pub(super) async fn ask(
    inner: &Inner,
    client_id: &str,
    (address, form): (&str, &[(&str, &str)]),
) -> Result<http::Response<Vec<u8>>, ProviderFault> {
    let fault = |error: &dyn std::fmt::Display| ProviderFault(error.to_string());
    let assertion = client_assertion(inner, client_id).ok_or(ProviderFault("no assertion".to_owned()))?;
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .append_pair("client_assertion_type", TYPE)
        .append_pair("client_assertion", &assertion)
        .finish();
    let request = http::Request::post(address)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into_bytes())
        .map_err(|error| fault(&error))?;
    inner.ports.back_channel.send(request).await.map_err(|error| fault(&error))
}

/// The provider's keys; asked for anew when `again`.
pub(crate) async fn keys_of(inner: &Inner, again: bool) -> Option<Vec<CoreJsonWebKey>> {
    Some(inner.login.metadata(inner, again).await.ok()?.jwks().keys().clone())
}

#[cfg(test)]
mod tests {
    use super::{LOOKUPS, Lookups};

    #[test]
    fn a_flood_of_made_up_tokens_asks_two_hundred_questions_a_second() {
        let lookups = Lookups::default();
        let asked = (0..1000).filter(|_| lookups.may(7)).count();
        assert_eq!((asked, lookups.may(7), lookups.may(8)), (usize::try_from(LOOKUPS).unwrap(), false, true));
    }
}
