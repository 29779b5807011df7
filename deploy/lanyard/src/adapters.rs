//! The crates' ports, joined: the same clock, generator and master key for the provider and the gateway, and the two
//! ways from one to the other.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use base64::Engine;
use bytes::Bytes;
use gateway::ports::{BackChannel, BackChannelError};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::rt::TokioExecutor;
use idp_signin::upstreams::{Fetch, Unreachable};
use tower::ServiceExt;

/// Most bytes of an answer of the back channel.
const MOST: usize = 1024 * 1024;

/// The provider's clock, for the gateway.
pub struct GatewayClock(pub Arc<dyn idp_domain::Clock>);

impl gateway::ports::Clock for GatewayClock {
    fn now(&self) -> i64 {
        self.0.now().0
    }
}

/// The provider's generator, for the gateway.
pub struct GatewayRandom(pub Arc<dyn idp_domain::Random>);

impl gateway::ports::Random for GatewayRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }
}

/// The master key, for the provider.
pub struct Sealing(pub Arc<certs::custody::Custody>);

impl idp_domain::Vault for Sealing {
    #[expect(clippy::panic, reason = "going on would mean to store a secret unsealed")]
    fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        match self.0.seal(purpose, plain) {
            Ok(sealed) => sealed,
            Err(error) => panic!("sealing failed: {error}"),
        }
    }

    fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.open_sealed(purpose, sealed)
    }

    #[expect(clippy::panic, reason = "going on would mean to store a short secret as it is")]
    fn fingerprint(&self, purpose: &str, plain: &[u8]) -> idp_domain::SecretHash {
        match self.0.fingerprint(purpose, plain) {
            Ok(digest) => idp_domain::SecretHash(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)),
            Err(error) => panic!("a fingerprint failed: {error}"),
        }
    }
}

/// Provider and gateway in one process: requests go through the same routes, without a socket in between.
pub struct InProcess(pub Router);

#[async_trait]
impl BackChannel for InProcess {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, BackChannelError> {
        let request = request.map(axum::body::Body::from);
        let answer = self.0.clone().oneshot(request).await.map_err(|never| match never {})?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MOST).collect().await.map_err(|error| BackChannelError(error.to_string()))?;
        Ok(http::Response::from_parts(parts, body.to_bytes().to_vec()))
    }
}

/// Names below `localhost` are this machine and nothing else (RFC 6761 §6.3); the system's own resolver rarely knows.
#[derive(Clone)]
pub(crate) struct Names(GaiResolver);

impl Default for Names {
    fn default() -> Self {
        Self(GaiResolver::new())
    }
}

impl tower::Service<Name> for Names {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let mut system = self.0.clone();
        Box::pin(async move {
            if name.as_str().ends_with(".localhost") {
                return Ok(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))].into_iter());
            }
            Ok(system.call(name).await?.collect::<Vec<_>>().into_iter())
        })
    }
}

type Https = hyper_rustls::HttpsConnector<HttpConnector<Names>>;

/// A provider elsewhere.
pub struct Network {
    client: Client<Https, Full<Bytes>>,
}

impl Network {
    /// A client that trusts the host's certificate authorities.
    pub fn new() -> std::io::Result<Self> {
        let mut plain = HttpConnector::new_with_resolver(Names::default());
        plain.enforce_http(false);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()?
            .https_or_http()
            .enable_http1()
            .wrap_connector(plain);
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector) })
    }
}

#[async_trait]
impl BackChannel for Network {
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, BackChannelError> {
        let failed = |error: &dyn std::fmt::Display| BackChannelError(error.to_string());
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let sent = tokio::time::timeout(std::time::Duration::from_secs(30), self.client.request(request)).await;
        let answer = sent.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MOST).collect().await.map_err(|error| failed(&error))?;
        Ok(http::Response::from_parts(parts, body.to_bytes().to_vec()))
    }
}

/// The way to providers elsewhere.
#[async_trait]
impl Fetch for Network {
    async fn fetch(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Unreachable> {
        self.send(request).await.map_err(|error| Unreachable(error.to_string()))
    }
}

/// No way at all, where no provider elsewhere is configured.
pub struct Nowhere;

#[async_trait]
impl Fetch for Nowhere {
    async fn fetch(&self, _: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Unreachable> {
        Err(Unreachable("no provider elsewhere is configured".to_owned()))
    }
}

/// Asks sites through the gateway in this process. It has the provider within itself, and is not kept by it.
pub struct Beside(pub gateway::WeakGateway);

#[async_trait]
impl idp_web::AskSite for Beside {
    async fn waiting(&self, slug: &str, token: String) -> Option<u32> {
        self.0.upgrade()?.alerts_at(slug, &token).await
    }
}

/// Asks sites through their gateways elsewhere, at their public addresses.
pub struct AtTheirAddress {
    /// How.
    pub network: Network,
    /// How a site's address is made from its slug.
    pub site_origin: String,
}

#[async_trait]
impl idp_web::AskSite for AtTheirAddress {
    async fn waiting(&self, slug: &str, token: String) -> Option<u32> {
        let address = format!("{}/.lanyard/alerts", self.site_origin.replace("{slug}", slug));
        let request = http::Request::get(address).header("authorization", format!("Bearer {token}"));
        let answer = self.network.send(request.body(Vec::new()).ok()?).await.ok()?;
        let said: serde_json::Value = serde_json::from_slice(answer.body()).ok()?;
        u32::try_from(said.get("count")?.as_u64()?).ok()
    }
}

/// Pushes events to gateways elsewhere.
#[async_trait]
impl idp_oauth::signals::Post for Network {
    async fn post(&self, endpoint: &str, token: String) -> bool {
        let request =
            http::Request::post(endpoint).header("content-type", "application/secevent+jwt").body(token.into_bytes());
        let Ok(request) = request else { return false };
        matches!(self.send(request).await, Ok(answer) if answer.status() == 202)
    }
}

/// Hands events to the gateway in this process.
pub struct Handed(pub gateway::Gateway);

#[async_trait]
impl idp_oauth::signals::Post for Handed {
    async fn post(&self, _endpoint: &str, token: String) -> bool {
        self.0.receive_event(token).await
    }
}
