//! Following the provider's registry with a long poll; what is good is taken into use and copied to disk.

use std::time::Duration;

use crate::Inner;
use crate::login::service_token;
use crate::registry::Document;

/// Asks the provider for the registry; with `wait`, until something changes. True when it answered.
pub(crate) async fn refresh(inner: &Inner, wait: bool) -> bool {
    match fetch(inner, wait).await {
        Ok(Some(document)) => {
            inner.registry.swap(&document);
            if let Err(error) = inner.registry.save(&document) {
                tracing::warn!(%error, "the registry's copy cannot be written");
            }
            true
        }
        Ok(None) => true,
        Err(problem) => {
            tracing::warn!(problem, "the registry cannot be read; going on with the last good copy");
            false
        }
    }
}

async fn fetch(inner: &Inner, wait: bool) -> Result<Option<Document>, String> {
    let token = service_token(inner, "service:registry").await.map_err(|error| error.to_string())?;
    let mut request = http::Request::get(format!("{}/gateway/v1/sites", inner.settings.issuer))
        .header("authorization", format!("Bearer {token}"))
        .header("if-none-match", format!("\"{}\"", inner.registry.version()));
    if wait {
        request = request.header("prefer", "wait=20");
    }
    let request = request.body(Vec::new()).map_err(|error| error.to_string())?;
    let answer = inner.ports.back_channel.send(request).await.map_err(|error| error.to_string())?;
    match answer.status().as_u16() {
        304 => Ok(None),
        200 => serde_json::from_slice(answer.body()).map(Some).map_err(|error| error.to_string()),
        other => Err(format!("status {other}")),
    }
}

/// Follows the registry for ever.
pub(crate) async fn keep_fresh(inner: &Inner) {
    loop {
        if !refresh(inner, true).await {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }
}
