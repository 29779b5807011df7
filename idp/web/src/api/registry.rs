//! The registry of sites, with `ETag` and a long poll of up to 25 seconds (`Prefer: wait=n`, RFC 7240 §4.3).

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::Web;
use crate::oauth::{Sender, refused};

/// Longest wait, in seconds.
const LONGEST: u64 = 25;

pub(crate) async fn sites(State(web): State<Web>, sender: Sender) -> Response {
    let known = sender.text("if-none-match").map(|tag| tag.trim_matches('"').to_owned());
    let wait = sender.text("prefer").and_then(|prefer| prefer.strip_prefix("wait=")?.parse::<u64>().ok()).unwrap_or(0);
    for _ in 0..=wait.min(LONGEST) * 2 {
        let registry = match web.provider.registry(sender.bearing(("GET", "/gateway/v1/sites"))).await {
            Ok(registry) => registry,
            Err(error) => return refused(&error),
        };
        let tag = registry.version.to_string();
        if known.as_deref() != Some(tag.as_str()) {
            return ([(header::ETAG, format!("\"{tag}\""))], Json(registry)).into_response();
        }
        if wait == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    StatusCode::NOT_MODIFIED.into_response()
}
