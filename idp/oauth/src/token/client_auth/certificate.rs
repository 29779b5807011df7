//! `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705 §2): the certificate of the connection is the client's.

use idp_domain::client::{Client, ClientAuth};

use crate::Provider;
use crate::mtls::Certificate;

/// Whether a certificate is the client's. Without one, nothing is proven.
pub(super) async fn check(provider: &Provider, client: &Client, shown: Option<&Certificate>) -> bool {
    let Some(shown) = shown else { return false };
    match &client.auth {
        ClientAuth::Tls { subject } => shown.is_of(subject),
        _ => provider.has_certificate(client, &shown.der).await,
    }
}
