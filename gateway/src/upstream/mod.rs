//! The way to the sites' own servers: one pooled client, and WebSockets after 101.

use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio_util::sync::CancellationToken;

use crate::body::Sent;

/// The pooled client.
pub(crate) struct Upstream {
    client: Client<HttpConnector, Sent>,
}

impl Upstream {
    pub(crate) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(3)));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .set_host(false)
            .build(connector);
        Self { client }
    }

    /// Sends a request; the body streams.
    pub(crate) async fn send(
        &self,
        request: Request<Sent>,
    ) -> Result<Response<Incoming>, hyper_util::client::legacy::Error> {
        self.client.request(request).await
    }
}

/// Passes bytes both ways until one side closes or the session ends.
pub(crate) async fn tunnel(down: OnUpgrade, up: OnUpgrade, ends: CancellationToken) {
    let (Ok(down), Ok(up)) = tokio::join!(down, up) else { return };
    let (mut down, mut up) = (TokioIo::new(down), TokioIo::new(up));
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut down, &mut up) => {}
        () = ends.cancelled() => {}
    }
}
