//! Following the provider's registry with a long poll; what is good is taken into use and copied to disk.

use std::collections::HashMap;
use std::time::Duration;

use crate::Inner;
use crate::login::service_token;
use crate::registry::{Document, Site};

/// Pause between two reports.
const REPORT: Duration = Duration::from_mins(1);
/// Pause between two looks for sites that do not answer.
const LOOK: Duration = Duration::from_secs(2);
/// Longest wait for a connection to a site's own server.
const PATIENCE: Duration = Duration::from_secs(3);

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
    tell(inner, "/gateway/v1/seen", body).await.map(|_| ())
}

/// Sends JSON to one of the provider's addresses for gateways, and answers what comes back.
async fn tell(inner: &Inner, path: &str, body: Vec<u8>) -> Result<Vec<u8>, String> {
    let token = service_token(inner, "service:registry").await.map_err(|error| error.to_string())?;
    let request = http::Request::post(format!("{}{path}", inner.settings.issuer))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body)
        .map_err(|error| error.to_string())?;
    let answer = inner.ports.back_channel.send(request).await.map_err(|error| error.to_string())?;
    if answer.status().is_success() {
        Ok(answer.into_body())
    } else {
        Err(format!("status {}", answer.status().as_u16()))
    }
}

/// Tells the provider of every site whose own server does not answer, so that its support knows before anybody rings.
pub(crate) async fn report_down(inner: &Inner) {
    loop {
        tokio::time::sleep(LOOK).await;
        for site in inner.registry.all() {
            let Some(since) = site.to_be_told(inner.ports.clock.now()) else { continue };
            // Nobody may have asked for a while: it is looked at once more before anybody is woken.
            if answers(&site).await {
                site.answered();
                continue;
            }
            let body = serde_json::json!({ "site": site.entry.slug, "since": since }).to_string().into_bytes();
            match tell(inner, "/gateway/v1/down", body).await.map(|told| serde_json::from_slice::<Told>(&told)) {
                Ok(Ok(told)) => site.was_told(since, told.told_at),
                Ok(Err(problem)) => tracing::warn!(%problem, site = %site.entry.slug, "support cannot be told"),
                Err(problem) => tracing::warn!(problem, site = %site.entry.slug, "support cannot be told"),
            }
        }
    }
}

/// When support was told, which may have been a while ago.
#[derive(serde::Deserialize)]
struct Told {
    told_at: i64,
}

/// Whether a site's own server takes a connection.
async fn answers(site: &Site) -> bool {
    let Some(upstream) = &site.upstream else { return false };
    let to = (upstream.host().trim_matches(['[', ']']), upstream.port_u16().unwrap_or(80));
    tokio::time::timeout(PATIENCE, tokio::net::TcpStream::connect(to)).await.is_ok_and(|connected| connected.is_ok())
}

/// Follows the registry for ever.
pub(crate) async fn keep_fresh(inner: &Inner) {
    loop {
        if !refresh(inner, true).await {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    }
}
