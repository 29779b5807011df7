//! The way to a provider elsewhere and back: code flow with PKCE, `state` and `nonce`, bound to the browser (S-14).

use std::sync::Arc;

use idp_domain::{Secret, SecretHash, Timestamp};
use idp_store::attempts::StoredAttempt;
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet,
    EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    TokenResponse,
};
use serde::{Deserialize, Serialize};
use std::time::{Duration, UNIX_EPOCH};

use super::{Http, Identity, Upstream, UpstreamFault, Upstreams};
use crate::{Refusal, SignIn};

/// Seconds within which somebody has to come back.
const LIFE: i64 = 15 * 60;
/// Seconds for which a discovery document is believed.
const FRESH: i64 = 600;
/// Seconds by which clocks may differ.
const SKEW: i64 = 60;
/// How old a proof there may be, in seconds. To be asked for makes `auth_time` required (OpenID Connect Core §3.1.2.1).
const MAX_AGE: u64 = 12 * 3600;

/// Somebody on the way to a provider elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    browser: SecretHash,
    /// To which provider.
    pub provider: String,
    nonce: String,
    verifier: String,
    /// What it is for.
    pub errand: Errand,
}

/// What an account elsewhere is proven for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "errand", rename_all = "snake_case")]
pub enum Errand {
    /// To sign in.
    SignIn {
        /// The attempt, as its form names it.
        attempt: String,
        /// A classroom computer.
        shared: bool,
    },
    /// To be linked to whoever has this session.
    Link {
        /// Its `sid`.
        sid: String,
    },
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

impl SignIn {
    /// Begins a passage. Answers the address at the provider. With `anew`, a session there is not enough.
    pub async fn begin_upstream(
        &self,
        provider: &str,
        browser: &SecretHash,
        (errand, anew): (Errand, bool),
    ) -> Result<String, UpstreamFault> {
        let upstream = self.upstreams.find(provider).ok_or(Refusal::Expired)?;
        let context = &self.context;
        let client = self.client_of(upstream, false).await?;
        let [state, nonce, verifier] = [(); 3].map(|()| Secret::new(&*context.random).reveal().to_owned());
        let verifier = PkceCodeVerifier::new(verifier);
        let (state_copy, nonce_copy) = (state.clone(), nonce.clone());
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state_copy),
                move || Nonce::new(nonce_copy),
            )
            .add_scopes(["profile", "email"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .set_max_age(Duration::from_secs(if anew { 0 } else { MAX_AGE }));
        if anew {
            request = request.add_prompt(CoreAuthPrompt::Login);
        }
        let (url, ..) = request.url();
        let passage = Passage {
            browser: browser.clone(),
            provider: upstream.id.clone(),
            nonce,
            verifier: verifier.secret().clone(),
            errand,
        };
        let body = serde_json::to_string(&passage).map_err(|_| UpstreamFault::Untrue)?;
        let hash = Secret::presented(&state).hash();
        let stored = StoredAttempt { hash, version: 0, body, expires_at: context.now().plus(LIFE) };
        context.store.short.add_attempt(&stored).await?;
        Ok(url.into())
    }

    /// The passage that an answer belongs to. Each comes back once, in the browser in which it began.
    pub async fn returned(&self, browser: &SecretHash, answer: &[(String, String)]) -> Result<Passage, Refusal> {
        let context = &self.context;
        let hash = Secret::presented(one(answer, "state").unwrap_or_default()).hash();
        let stored = context.store.short.attempt(&hash, context.now()).await?.ok_or(Refusal::Expired)?;
        let passage: Passage = serde_json::from_str(&stored.body).map_err(|_| Refusal::Expired)?;
        if !passage.browser.matches(browser) || !context.store.short.take_attempt(&hash).await? {
            return Err(Refusal::Expired);
        }
        Ok(passage)
    }

    /// Finishes a passage with the parameters that came back.
    pub async fn finish_upstream(
        &self,
        passage: &Passage,
        answer: &[(String, String)],
    ) -> Result<Identity, UpstreamFault> {
        let upstream = self.upstreams.find(&passage.provider).ok_or(Refusal::Expired)?;
        // RFC 9207 §2.4: where the answer names its issuer, it must be the one that was asked (mix-up).
        if one(answer, "iss").is_some_and(|iss| iss != upstream.issuer) {
            return Err(UpstreamFault::Untrue);
        }
        let code = one(answer, "code").ok_or(UpstreamFault::Cancelled)?;
        let mut client = self.client_of(upstream, false).await?;
        let tokens = self.exchange(&client, code, passage).await?;
        let token = tokens.id_token().ok_or(UpstreamFault::Untrue)?;
        let identity = match self.believed(&client, token, (upstream, passage)) {
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                // The provider may have new keys: look once more, then believe what is found.
                client = self.client_of(upstream, true).await?;
                self.believed(&client, token, (upstream, passage))
            }
            other => other,
        };
        let identity = identity.map_err(|error| {
            tracing::warn!(%error, provider = upstream.id, "an answer from elsewhere was not believed");
            UpstreamFault::Untrue
        })?;
        if !allowed(upstream, &identity.account) {
            return Err(UpstreamFault::Domain(identity.account));
        }
        Ok(identity)
    }

    async fn exchange(
        &self,
        client: &Client,
        code: &str,
        passage: &Passage,
    ) -> Result<CoreTokenResponse, UpstreamFault> {
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(|_| UpstreamFault::Away)?;
        request
            .set_pkce_verifier(PkceCodeVerifier::new(passage.verifier.clone()))
            .request_async(&Http(&*self.upstreams.fetch))
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(_) => UpstreamFault::Away,
                _ => UpstreamFault::Untrue,
            })
    }

    fn believed(
        &self,
        client: &Client,
        token: &CoreIdToken,
        (upstream, passage): (&Upstream, &Passage),
    ) -> Result<Identity, ClaimsVerificationError> {
        let now = self.context.now();
        let clock = move || UNIX_EPOCH + Duration::from_secs(u64::try_from(now.0 - SKEW).unwrap_or(0));
        let verifier = client.id_token_verifier().set_time_fn(move || clock().into());
        let claims = token.claims(&verifier, &Nonce::new(passage.nonce.clone()))?;
        let proven_at = claims.auth_time().map_or(0, |time| time.timestamp()).min(now.0);
        Ok(Identity {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            provider: upstream.id.clone(),
            account: claims.email().map(|email| email.to_string()).unwrap_or_default(),
            proven_at: Timestamp(proven_at),
        })
    }

    async fn client_of(&self, upstream: &Upstream, again: bool) -> Result<Client, UpstreamFault> {
        let metadata = self.upstreams.metadata(upstream, self.context.now(), again).await?;
        let secret = upstream.client_secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().to_owned()));
        let back = RedirectUrl::new(format!("{}/signin/upstream/callback", self.origin));
        let client =
            CoreClient::from_provider_metadata((*metadata).clone(), ClientId::new(upstream.client_id.clone()), secret);
        Ok(client.set_redirect_uri(back.map_err(|_| UpstreamFault::Away)?))
    }
}

fn one<'a>(answer: &'a [(String, String)], name: &str) -> Option<&'a str> {
    answer.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

impl Upstreams {
    async fn metadata(
        &self,
        upstream: &Upstream,
        now: Timestamp,
        again: bool,
    ) -> Result<Arc<CoreProviderMetadata>, UpstreamFault> {
        let mut known = self.known.get(&upstream.id).ok_or(UpstreamFault::Away)?.lock().await;
        if let Some((metadata, at)) = &*known
            && now.since(*at) < if again { SKEW } else { FRESH }
        {
            return Ok(metadata.clone());
        }
        let issuer = IssuerUrl::new(upstream.issuer.clone()).map_err(|_| UpstreamFault::Away)?;
        let found = CoreProviderMetadata::discover_async(issuer, &Http(&*self.fetch)).await.map_err(|error| {
            tracing::warn!(%error, provider = upstream.id, "a provider elsewhere cannot be asked");
            UpstreamFault::Away
        })?;
        let found = Arc::new(found);
        *known = Some((found.clone(), now));
        Ok(found)
    }
}

/// Whether the address that a provider knows is of a domain that may sign in this way.
fn allowed(upstream: &Upstream, account: &str) -> bool {
    let domain = account.rsplit_once('@').map_or_else(String::new, |(_, domain)| domain.to_lowercase());
    upstream.domains.is_empty() || upstream.domains.contains(&domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_domains_that_are_named() {
        let mut upstream = Upstream {
            id: "x".to_owned(),
            name: "X".to_owned(),
            issuer: "https://x.example".to_owned(),
            client_id: "y".to_owned(),
            client_secret: None,
            domains: vec!["larkmoor.example".to_owned()],
        };
        assert!(allowed(&upstream, "a@larkmoor.example") && allowed(&upstream, "a@LARKMOOR.example"));
        for other in
            ["a@evil.example", "a@x.larkmoor.example", "a@larkmoor.example.evil.example", "larkmoor.example", ""]
        {
            assert!(!allowed(&upstream, other), "{other}");
        }
        upstream.domains.clear();
        assert!(allowed(&upstream, ""));
    }
}
