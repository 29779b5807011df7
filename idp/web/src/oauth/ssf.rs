//! Streams of Shared Signals: an app sets up, looks at, pauses and checks its own, and asks for what waits there.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use idp_domain::client::{Client, Stream, StreamStatus};
use idp_oauth::OAuthError;
use idp_oauth::signals::{Poll, Subject, Wish};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::token::no_store;
use super::{Sender, refused};
use crate::Web;

/// How often, and at most for how long, somebody waits who asks for events when there are none.
const PAUSE: Duration = Duration::from_millis(250);
const LONGEST: u32 = 60;

pub(crate) async fn metadata(State(web): State<Web>) -> Json<Value> {
    Json(web.provider.ssf_metadata())
}

/// Why an app gets no further: an error of the protocol, or a status that says all (§8.1).
pub(crate) enum Refusal {
    Protocol(OAuthError),
    Status(StatusCode),
}

impl From<OAuthError> for Refusal {
    fn from(error: OAuthError) -> Self {
        Self::Protocol(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Protocol(error) => refused(&error),
            Self::Status(status) => status.into_response(),
        }
    }
}

type Answer = Result<Response, Refusal>;

/// The app that asks, which may name its own stream and no other.
async fn receiver(web: &Web, sender: &Sender, at: (&str, &str), named: Option<&str>) -> Result<Client, Refusal> {
    let client = web.provider.receiver(sender.bearing(at), at.0 != "GET").await?;
    match named {
        Some(other) if other != client.id => Err(Refusal::Status(StatusCode::NOT_FOUND)),
        _ => Ok(client),
    }
}

fn json_of<T: serde::de::DeserializeOwned>(body: &str) -> Result<T, OAuthError> {
    // A list would be read as the members of an object in order.
    let object: Result<Map<String, Value>, _> = serde_json::from_str(if body.trim().is_empty() { "{}" } else { body });
    let read = object.and_then(|object| serde_json::from_value(object.into()));
    read.map_err(|_| OAuthError::request("the body is not the JSON that was expected"))
}

/// The stream that an app has, or 404.
fn own(client: &Client) -> Result<Stream, Refusal> {
    client.options.stream.clone().ok_or(Refusal::Status(StatusCode::NOT_FOUND))
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    stream_id: Option<String>,
}

pub(crate) async fn stream(State(web): State<Web>, method: Method, uri: Uri, sender: Sender, body: String) -> Answer {
    let in_query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "stream_id")
        .map(|(_, id)| id.into_owned());
    let named = in_query.or(json_of::<Named>(&body)?.stream_id);
    let client = receiver(&web, &sender, (method.as_str(), "/ssf/stream"), named.as_deref()).await?;
    if method == Method::POST {
        // One stream for each app (§8.1.1.1).
        if client.options.stream.is_some() {
            return Err(Refusal::Status(StatusCode::CONFLICT));
        }
        let made = web.provider.set_stream(&client, json_of::<Wish>(&body)?).await?;
        return Ok(no_store((StatusCode::CREATED, Json(made))));
    }
    let stream = own(&client)?;
    match method {
        Method::PATCH | Method::PUT => {
            Ok(no_store(Json(web.provider.set_stream(&client, json_of::<Wish>(&body)?).await?)))
        }
        Method::DELETE => {
            web.provider.keep_stream(&client, None).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        _ => Ok(no_store(Json(web.provider.told_stream(&client, &stream)))),
    }
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    stream_id: Option<String>,
    status: StreamStatus,
}

fn told_status(client: &Client, status: StreamStatus) -> Response {
    no_store(Json(json!({ "stream_id": client.id, "status": status })))
}

pub(crate) async fn status(State(web): State<Web>, sender: Sender) -> Answer {
    let client = receiver(&web, &sender, ("GET", "/ssf/status"), None).await?;
    Ok(told_status(&client, own(&client)?.status))
}

pub(crate) async fn set_status(State(web): State<Web>, sender: Sender, body: String) -> Answer {
    let Status { stream_id, status } = json_of(&body)?;
    let client = receiver(&web, &sender, ("POST", "/ssf/status"), stream_id.as_deref()).await?;
    let changed = Stream { status, ..own(&client)? };
    web.provider.keep_stream(&client, Some(changed)).await?;
    Ok(told_status(&client, status))
}

#[derive(Deserialize)]
struct Verify {
    #[serde(default)]
    stream_id: Option<String>,
    #[serde(default)]
    state: Option<String>,
}

pub(crate) async fn verify(State(web): State<Web>, sender: Sender, body: String) -> Answer {
    let Verify { stream_id, state } = json_of(&body)?;
    let client = receiver(&web, &sender, ("POST", "/ssf/verify"), stream_id.as_deref()).await?;
    own(&client)?;
    web.provider.verify_stream(&client, state).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(crate) async fn poll(State(web): State<Web>, sender: Sender, body: String) -> Answer {
    let client = receiver(&web, &sender, ("POST", "/ssf/poll"), None).await?;
    own(&client)?;
    let asked: Poll = json_of(&body)?;
    web.provider.has_now(&client, &asked).await?;
    let mut answer = web.provider.poll(&client, &asked).await?;
    let nothing = |answer: &Value| answer["sets"].as_object().is_none_or(Map::is_empty);
    for _ in 0..LONGEST {
        if asked.return_immediately || !nothing(&answer) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        answer = web.provider.poll(&client, &asked).await?;
    }
    Ok(no_store(Json(answer)))
}

#[derive(Deserialize)]
struct About {
    stream_id: String,
    subject: Subject,
}

/// Puts somebody in, or takes them out (§8.1.3).
async fn set_subject(web: &Web, sender: &Sender, (path, body, hears): (&str, &str, bool)) -> Result<(), Refusal> {
    let About { stream_id, subject } = json_of(body)?;
    let client = receiver(web, sender, ("POST", path), Some(&stream_id)).await?;
    let stream = own(&client)?;
    match web.provider.set_subject((&client, &stream), &subject, hears).await? {
        true => Ok(()),
        false => Err(Refusal::Status(StatusCode::NOT_FOUND)),
    }
}

pub(crate) async fn add_subject(State(web): State<Web>, sender: Sender, body: String) -> Answer {
    set_subject(&web, &sender, ("/ssf/subjects/add", &body, true)).await?;
    Ok(StatusCode::OK.into_response())
}

pub(crate) async fn remove_subject(State(web): State<Web>, sender: Sender, body: String) -> Answer {
    set_subject(&web, &sender, ("/ssf/subjects/remove", &body, false)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
