//! Calls of addresses that makers of apps have named: by HTTPS, to the public internet alone, and to nowhere that an answer
//! names. A name is looked up once, and only what it stood for then is called (B-14).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::adapters::Names;

/// How long an app may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most that is read of what an app publishes, in bytes.
const LARGEST: usize = 64 * 1024;

/// Where apps may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// On the public internet, by HTTPS.
    Public,
    /// Anywhere, this machine and plain HTTP included: for a demonstration, and for apps inside the house.
    Anywhere,
}

impl Reach {
    fn allows(self, address: IpAddr) -> bool {
        self == Self::Anywhere || is_public(address)
    }
}

/// The client.
pub struct Outside {
    client: Client<hyper_rustls::HttpsConnector<HttpConnector<Reached>>, Full<Bytes>>,
    reach: Reach,
}

impl Outside {
    /// A client that trusts the host's certificate authorities, or this one alone (PEM).
    pub fn new(reach: Reach, authority: Option<&str>) -> Result<Self> {
        let mut plain = HttpConnector::new_with_resolver(Reached(Names::default(), reach));
        plain.enforce_http(false);
        let builder = hyper_rustls::HttpsConnectorBuilder::new();
        let builder = match authority {
            None => builder.with_native_roots()?,
            Some(pem) => builder.with_tls_config(trusting(pem)?),
        };
        let builder = if reach == Reach::Public { builder.https_only() } else { builder.https_or_http() };
        let connector = builder.enable_http1().wrap_connector(plain);
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector), reach })
    }

    /// An address written in numbers is never looked up, so it is judged here.
    fn may_call(&self, url: &url::Url) -> bool {
        match url.host() {
            Some(url::Host::Ipv4(address)) => self.reach.allows(address.into()),
            Some(url::Host::Ipv6(address)) => self.reach.allows(address.into()),
            Some(url::Host::Domain(_)) => true,
            None => false,
        }
    }
}

fn trusting(pem: &str) -> Result<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.context("the authority cannot be read")?)?;
    }
    Ok(rustls::ClientConfig::builder().with_root_certificates(Arc::new(roots)).with_no_client_auth())
}

#[async_trait]
impl idp_oauth::signals::Call for Outside {
    async fn post_form(&self, address: &str, body: String) -> bool {
        let headers = http::Request::post("/").header("content-type", "application/x-www-form-urlencoded");
        self.post(address, headers, body).await.is_some_and(|status| [200, 204].contains(&status))
    }

    async fn post_json(&self, address: &str, token: &str, body: String) -> bool {
        let headers = http::Request::post("/").header("content-type", "application/json");
        let headers = headers.header("authorization", format!("Bearer {token}"));
        self.post(address, headers, body).await.is_some_and(|status| [200, 204].contains(&status))
    }

    async fn post_set(&self, address: &str, authorization: Option<&str>, token: String) -> bool {
        let mut headers = http::Request::post("/").header("content-type", "application/secevent+jwt");
        if let Some(authorization) = authorization {
            headers = headers.header("authorization", authorization);
        }
        self.post(address, headers, token).await == Some(202)
    }
}

impl Outside {
    /// Posts, if the address may be called; the status of the answer.
    async fn post(&self, address: &str, request: http::request::Builder, body: String) -> Option<u16> {
        // The parser folds `0x7f.1` and its like into the address that it means.
        let url = url::Url::parse(address).ok().filter(|url| self.may_call(url))?;
        let request = request.uri(url.as_str()).body(Full::new(Bytes::from(body))).ok()?;
        let answer = tokio::time::timeout(PATIENCE, self.client.request(request)).await;
        Some(answer.ok()?.ok()?.status().as_u16())
    }
}

#[async_trait]
impl idp_oauth::client_keys::Fetch for Outside {
    async fn get(&self, address: &str) -> Option<String> {
        let url = url::Url::parse(address).ok().filter(|url| self.may_call(url))?;
        let request = http::Request::get(url.as_str()).header("accept", "application/json");
        let request = request.body(Full::new(Bytes::new())).ok()?;
        // The whole of it, so that a body in drops takes no longer.
        let body = tokio::time::timeout(PATIENCE, async {
            let answer = self.client.request(request).await.ok().filter(|answer| answer.status() == 200)?;
            Some(Limited::new(answer.into_body(), LARGEST).collect().await.ok()?.to_bytes())
        });
        String::from_utf8(body.await.ok()??.to_vec()).ok()
    }
}

/// Names, as far as they stand for somewhere that may be called.
#[derive(Clone)]
struct Reached(Names, Reach);

impl tower::Service<Name> for Reached {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = std::io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut std::task::Context<'_>) -> std::task::Poll<std::io::Result<()>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (found, reach) = (self.0.call(name), self.1);
        Box::pin(async move {
            let allowed: Vec<_> = found.await?.filter(|address| reach.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(std::io::Error::other("the name stands for nowhere that may be called"));
            }
            Ok(allowed.into_iter())
        })
    }
}

/// Whether an address is one of the public internet (the IANA registries of special-purpose addresses, RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 240..=255, ..] | [192, 0, 0, _] | [198, 18..=19, ..] => true,
        [100, second, ..] => (64..128).contains(&second),
        _ => false,
    };
    !(special
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    match address.segments() {
        // Global unicast, without what leads to an IPv4 address (6to4, Teredo) or is for documentation.
        [0x2001, 0 | 0x0db8, ..] | [0x2002, ..] => false,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use idp_oauth::client_keys::Fetch;
    use idp_oauth::signals::Call;

    use super::*;

    #[test]
    fn b_14_addresses_inside_are_told_from_those_outside() {
        for outside in ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
    }

    #[tokio::test]
    async fn b_14_nothing_inside_is_called_however_it_is_written() {
        certs::tls::install_provider();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let outside = Outside::new(Reach::Public, None).unwrap();
        for host in ["127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "localhost", "x.localhost"] {
            for scheme in ["http", "https"] {
                assert!(
                    !outside.post_form(&format!("{scheme}://{host}:{port}/"), String::new()).await,
                    "{scheme} {host}"
                );
                assert!(outside.get(&format!("{scheme}://{host}:{port}/")).await.is_none(), "{scheme} {host}");
            }
        }
        let knocked = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await;
        assert!(knocked.is_err(), "not so much as a connection");
    }
}
