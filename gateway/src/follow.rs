//! Following the provider's registry with a long poll; what is good is taken into use and copied to disk.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::Inner;
use crate::login::service_token;
use crate::registry::Document;

/// Pause between two reports.
const REPORT: Duration = Duration::from_mins(1);
/// Pause between two looks for sites that do not answer.
const LOOK: Duration = Duration::from_secs(2);

/// Asks the provider for the registry; with `wait`, until something changes. True when it answered.
pub(crate) async fn refresh(inner: &Inner, wait: bool) -> bool {
    match fetch(inner, wait).await {
        Ok(Some(document)) => {
            for site in inner.registry.swap(&document) {
                inner.sessions.drop_at(&site);
            }
            inner.registry.note(true);
            if let Err(error) = inner.registry.save(&document) {
                tracing::warn!(%error, "the registry's copy cannot be written");
            }
            true
        }
        Ok(None) => {
            inner.registry.note(true);
            true
        }
        Err(problem) => {
            inner.registry.note(false);
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

/// Tells the provider every minute which of its sessions were used at sites, so that work at a school keeps them alive.
pub(crate) async fn report_use(inner: &Inner) {
    let mut told: HashMap<String, i64> = HashMap::new();
    loop {
        tokio::time::sleep(REPORT).await;
        let uses = inner.sessions.last_uses();
        let news: HashMap<&String, &i64> = uses.iter().filter(|(sid, seen)| told.get(*sid) != Some(*seen)).collect();
        if !news.is_empty() {
            match report(inner, &news).await {
                Ok(()) => told = uses,
                Err(problem) => tracing::warn!(problem, "the provider does not learn of use"),
            }
        }
    }
}

async fn report(inner: &Inner, news: &HashMap<&String, &i64>) -> Result<(), String> {
    let body = serde_json::to_vec(news).map_err(|error| error.to_string())?;
    tell(inner, "/gateway/v1/seen", body).await
}

/// Sends JSON to one of the provider's addresses for gateways.
async fn tell(inner: &Inner, path: &str, body: Vec<u8>) -> Result<(), String> {
    let token = service_token(inner, "service:registry").await.map_err(|error| error.to_string())?;
    let request = http::Request::post(format!("{}{path}", inner.settings.issuer))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body)
        .map_err(|error| error.to_string())?;
    let answer = inner.ports.back_channel.send(request).await.map_err(|error| error.to_string())?;
    if answer.status().is_success() { Ok(()) } else { Err(format!("status {}", answer.status().as_u16())) }
}

/// Tells the provider of every site whose own server does not answer, so that its support knows before anybody rings.
pub(crate) async fn report_down(inner: &Inner) {
    loop {
        tokio::time::sleep(LOOK).await;
        let now = inner.ports.clock.now();
        for site in inner.registry.all() {
            let Some(since) = site.to_be_told(now) else { continue };
            let body = serde_json::json!({ "site": site.entry.slug, "since": since }).to_string().into_bytes();
            match tell(inner, "/gateway/v1/down", body).await {
                Ok(()) => site.told_at.store(now, Ordering::Relaxed),
                Err(problem) => tracing::warn!(problem, site = %site.entry.slug, "support cannot be told"),
            }
        }
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
