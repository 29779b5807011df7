//! What the gateway is given: time, chance, and a way to the provider. It takes none of them by itself.

use std::sync::Arc;

use async_trait::async_trait;

/// The time, in whole seconds since 1970.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> i64;
}

/// Unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The way to the provider. It follows no redirects and reads at most 1 MB.
#[async_trait]
pub trait BackChannel: Send + Sync {
    /// Sends a request with an absolute address.
    async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, BackChannelError>;
}

/// The provider does not answer.
#[derive(Debug, thiserror::Error)]
#[error("the provider does not answer: {0}")]
pub struct BackChannelError(pub String);

/// All of them.
#[derive(Clone)]
pub struct Ports {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub random: Arc<dyn Random>,
    /// The way to the provider.
    pub back_channel: Arc<dyn BackChannel>,
}

/// A new opaque secret of 256 bits, base64url.
pub(crate) fn secret(random: &dyn Random) -> String {
    use base64::Engine;
    let mut bytes = [0_u8; 32];
    random.fill(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 in base64url: all that is kept of a secret.
pub(crate) fn hash(secret: &str) -> String {
    use base64::Engine;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
}
