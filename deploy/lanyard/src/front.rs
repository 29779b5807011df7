//! The front of a listener: which host goes to the provider, which to a page of the demonstration, and the rest to the
//! gateway, which alone judges hosts.

use std::any::Any;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use certs::client::Presented;
use gateway::error::{Asks, Refusal};
use gateway::{BoxError, Gateway};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use idp_oauth::mtls::Certificate;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;

/// Most requests of each half whose answer has not begun. What comes beyond is told so at once instead of waiting; the
/// halves are counted apart, so that a flood of one leaves the other alone (D-11).
const MOST: usize = 4096;
/// Longest time that a request of the provider may take, its body included (D-02).
const PATIENCE: Duration = Duration::from_mins(1);

type Layered = BoxCloneSyncService<Request<Incoming>, Response<gateway::Body>, BoxError>;

/// Where requests go.
#[derive(Clone)]
pub struct Front {
    hosts: HashMap<String, Router>,
    gateway: Option<Gateway>,
}

impl Front {
    /// A front with these hosts (lower case, without port), and the gateway for all others.
    pub fn new(hosts: impl IntoIterator<Item = (String, Router)>, gateway: Option<Gateway>) -> Self {
        Self { hosts: hosts.into_iter().collect(), gateway }
    }

    /// The front with what surrounds every request of either half.
    pub fn layered(
        self,
    ) -> impl Service<Request<Incoming>, Response = Response<gateway::Body>, Error = Infallible, Future: Send> + Clone
    {
        let front = Arc::new(self);
        let provider = limited(front.clone());
        let gateway = limited(front.clone());
        service_fn(move |request| {
            let half = if front.router(&request).is_some() { provider.clone() } else { gateway.clone() };
            async move {
                // The only error there can be is a request too many.
                Ok(half.oneshot(request).await.unwrap_or_else(|_| page_of(Refusal::SiteBusy)))
            }
        })
    }

    fn router(&self, request: &Request<Incoming>) -> Option<&Router> {
        let host = named_host(request)?;
        let known = self.hosts.get(&host);
        // Probes of load balancers and containers name an address or nothing that we know.
        let probe =
            request.uri().path().starts_with("/health/") && (host == "localhost" || host.parse::<Ipv4Addr>().is_ok());
        known.or_else(|| self.hosts.values().next().filter(|_| probe && self.hosts.len() == 1))
    }

    /// Answers a request.
    async fn handle(&self, request: Request<Incoming>) -> Response<gateway::Body> {
        match (self.router(&request).cloned(), &self.gateway) {
            (Some(router), _) => {
                let mut request = request.map(axum::body::Body::new);
                if let Some(Presented { der, thumbprint, trusted }) = request.extensions_mut().remove() {
                    request.extensions_mut().insert(Certificate { der, thumbprint, trusted });
                }
                match tokio::time::timeout(PATIENCE, router.oneshot(request)).await {
                    Ok(answer) => {
                        let answer = answer.unwrap_or_else(|never| match never {});
                        answer.map(|body| body.map_err(BoxError::from).boxed_unsync())
                    }
                    Err(_) => page_of(Refusal::Malformed(StatusCode::REQUEST_TIMEOUT)),
                }
            }
            (None, Some(gateway)) => gateway.handle(request).await,
            (None, None) => {
                let asks = Asks::of(request.headers());
                Refusal::UnknownSite.answer(&asks)
            }
        }
    }
}

/// One half with its own limits, outermost first.
fn limited(front: Arc<Front>) -> Layered {
    let service = ServiceBuilder::new()
        // A fault of ours ends one request and nothing else (F-14).
        .layer(CatchPanicLayer::custom(panicked))
        .load_shed()
        .concurrency_limit(MOST)
        .service(service_fn(move |request| {
            let front = front.clone();
            async move { Ok::<_, BoxError>(front.handle(request).await) }
        }));
    // Without its name the type is short enough for the compiler to see that it can cross threads.
    BoxCloneSyncService::new(service.map_response(|answer| answer.map(BodyExt::boxed_unsync)))
}

fn panicked(_: Box<dyn Any + Send>) -> Response<gateway::Body> {
    tracing::error!("a request ended in a panic");
    page_of(Refusal::Broken)
}

/// The page of a refusal that came before or after anybody looked at the request.
fn page_of(refusal: Refusal) -> Response<gateway::Body> {
    refusal.answer(&Asks { navigates: true })
}

/// The host of a request that names exactly one, without doubt. Anything odd is the gateway's to refuse.
fn named_host(request: &Request<Incoming>) -> Option<String> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let text = match (named.next(), named.next(), request.uri().authority()) {
        (Some(one), None, None) => one.to_str().ok()?,
        (None, None, Some(authority)) if request.version() == http::Version::HTTP_2 => authority.as_str(),
        (Some(one), None, Some(authority)) if one.as_bytes() == authority.as_str().as_bytes() => authority.as_str(),
        _ => return None,
    };
    let connects = *request.method() == http::Method::CONNECT;
    let host = text.split_once(':').map_or(text, |(host, _)| host);
    (!connects).then(|| host.to_ascii_lowercase())
}
