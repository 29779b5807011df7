//! The front of a listener: which host goes to the provider, which to a page of the demonstration, and the rest to the
//! gateway, which alone judges hosts.

use std::collections::HashMap;

use axum::Router;
use gateway::Gateway;
use http::{Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tower::ServiceExt;

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

    /// Answers a request.
    pub async fn handle(&self, request: Request<Incoming>) -> Response<gateway::Body> {
        let router = named_host(&request).and_then(|host| self.hosts.get(&host)).cloned();
        match (router, &self.gateway) {
            (Some(router), _) => {
                let request = request.map(axum::body::Body::new);
                let answer = router.oneshot(request).await.unwrap_or_else(|never| match never {});
                answer.map(|body| body.map_err(gateway::BoxError::from).boxed_unsync())
            }
            (None, Some(gateway)) => gateway.handle(request).await,
            (None, None) => {
                let asks = gateway::error::Asks::of(request.headers());
                gateway::error::Refusal::UnknownSite.answer(&asks)
            }
        }
    }
}

/// The host of a request that names exactly one, without doubt. Anything odd is the gateway's to refuse.
fn named_host(request: &Request<Incoming>) -> Option<String> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let text = match (named.next(), named.next(), request.uri().authority()) {
        (Some(one), None, None) => one.to_str().ok()?,
        (None, None, Some(authority)) => authority.as_str(),
        (Some(one), None, Some(authority)) if one.as_bytes() == authority.as_str().as_bytes() => authority.as_str(),
        _ => return None,
    };
    let connects = *request.method() == http::Method::CONNECT;
    let host = text.split_once(':').map_or(text, |(host, _)| host);
    (!connects).then(|| host.to_ascii_lowercase())
}
