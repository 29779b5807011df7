//! The accept loop: limits on time before anything is read, TLS if asked for, a drain at the end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use certs::client::{Authorities, Presented};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use idp_domain::Clock;
use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::front::Front;

/// Longest wait for a request's head, also between requests of a kept connection (D-01).
const HEAD: Duration = Duration::from_secs(10);
/// Longest TLS handshake (D-07).
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Longest wait for requests under way when the process is asked to stop (F-11).
const DRAIN: Duration = Duration::from_secs(30);
/// Most header fields.
const FIELDS: usize = 100;
/// Most bytes of a head over HTTP/1.1 (G-34).
const HEADERS: usize = 64 * 1024;
/// Bytes in which the first one is waited for; hyper's own buffer is larger, so later reads go past it.
const FIRST: usize = 256;
/// Most connections at once.
const CONNECTIONS: usize = 16 * 1024;

/// A bound listener.
pub struct Listener {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
    /// By whom certificates of clients are judged, and when it is.
    judges: Option<(Authorities, Arc<dyn Clock>)>,
}

impl Listener {
    /// Binds an address.
    pub async fn bind(address: SocketAddr, tls: Option<Arc<ServerConfig>>) -> std::io::Result<Self> {
        Ok(Self { socket: TcpListener::bind(address).await?, tls: tls.map(TlsAcceptor::from), judges: None })
    }

    /// The listener, where certificates of clients are asked for and these authorities vouch for them (RFC 8705).
    #[must_use]
    pub fn judging(self, authorities: Authorities, clock: Arc<dyn Clock>) -> Self {
        Self { judges: Some((authorities, clock)), ..self }
    }

    /// The address that it is bound to.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves until `stop`, then lets requests under way finish.
    pub async fn serve(self, front: Front, stop: CancellationToken) {
        let graceful = GracefulShutdown::new();
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD).max_headers(FIELDS).max_buf_size(HEADERS);
        builder.http2().timer(TokioTimer::new()).max_concurrent_streams(200).max_header_list_size(16 * 1024);
        let builder = Arc::new(builder);
        let service = TowerToHyperService::new(front.layered());
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            // Beyond the limit, new connections wait in the kernel's queue instead of taking memory here.
            let Ok(place) = places.clone().acquire_owned().await else { break };
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = stop.cancelled() => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, or a client that left: neither may end the loop.
                    tracing::warn!(%error, "accept");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let mut service = With { peer, certificate: None, service: service.clone() };
            let (builder, tls, watcher) = (builder.clone(), self.tls.clone(), graceful.watcher());
            let judges = self.judges.clone();
            tokio::spawn(async move {
                // An error here is a client that went away.
                drop(stream.set_nodelay(true));
                let _place = place;
                match tls {
                    None => talk(stream, &builder, service, watcher).await,
                    Some(tls) => {
                        if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
                            service.certificate = judges.and_then(|(authorities, clock)| {
                                Presented::of(stream.get_ref().1, &authorities, clock.now().0)
                            });
                            talk(stream, &builder, service, watcher).await;
                        }
                    }
                }
            });
        }
        drop(self.socket);
        tokio::select! {
            () = graceful.shutdown() => {}
            () = tokio::time::sleep(DRAIN) => tracing::warn!("requests were cut off at the end of the drain"),
        }
    }
}

/// Says with each request who is at the other end of its connection, and what they have shown.
#[derive(Clone)]
struct With<S> {
    peer: SocketAddr,
    certificate: Option<Presented>,
    service: S,
}

impl<S: Service<Request<Incoming>>> Service<Request<Incoming>> for With<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn call(&self, mut request: Request<Incoming>) -> S::Future {
        request.extensions_mut().insert(self.peer);
        if let Some(certificate) = &self.certificate {
            request.extensions_mut().insert(certificate.clone());
        }
        self.service.call(request)
    }
}

/// Serves a connection from its first byte on; one that says nothing is closed (D-01): hyper's own timer begins later.
async fn talk<I, S>(stream: I, builder: &Builder<TokioExecutor>, service: S, watcher: Watcher)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<gateway::Body>, Error = Infallible, Future: Send>
        + Send
        + 'static,
{
    let mut stream = BufReader::with_capacity(FIRST, stream);
    if !matches!(tokio::time::timeout(HEAD, stream.fill_buf()).await, Ok(Ok(first)) if !first.is_empty()) {
        return;
    }
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    let connection = pin!(watcher.watch(connection));
    if let Err(error) = connection.await {
        tracing::debug!(%error, "connection");
    }
}

/// Whether an address is on this machine only.
pub fn is_loopback(address: &SocketAddr) -> bool {
    address.ip().is_loopback()
}
