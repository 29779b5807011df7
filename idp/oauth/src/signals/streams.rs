//! Streams of apps (OpenID Shared Signals Framework 1.0): an app says how it wants to hear what happens to the people who have
//! agreed to it, and hears it by push (RFC 8935) or when it asks (RFC 8936).

use idp_domain::Timestamp;
use idp_domain::client::{Client, Delivery, Stream, StreamStatus};
use idp_store::outbox::Claimed;
use idp_store::{Effects, Outgoing, Signal, StoreError, StreamEvent};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::userinfo::Bearing;
use crate::{OAuthError, Provider};

/// Scopes by which an app looks at its stream, and changes it.
pub(crate) const SCOPES: [&str; 2] = ["ssf.read", "ssf.manage"];
const PUSH: &str = "urn:ietf:rfc:8935";
const POLL: &str = "urn:ietf:rfc:8936";
const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
/// Events that there are for apps. What happens at one site is that site's alone.
const EVENTS: [&str; 3] = ["session-revoked", "credential-change", "token-claims-change"];
/// Most events in one answer.
const MOST: i64 = 100;
/// How often a stream is verified in an hour.
const HOURLY: i64 = 60;
/// What the header of a receiver is sealed for.
const SEAL: &str = "stream authorization";

fn supported() -> Vec<String> {
    EVENTS.map(|event| format!("{CAEP}{event}")).to_vec()
}

/// The type of a signal, if apps hear of it.
fn kind(signal: &Signal) -> Option<&'static str> {
    match signal {
        Signal::SessionRevoked { site: None, .. } => Some("session-revoked"),
        Signal::TokenClaimsChange { site: None, .. } => Some("token-claims-change"),
        Signal::CredentialChange { .. } => Some("credential-change"),
        Signal::SessionRevoked { .. } | Signal::TokenClaimsChange { .. } | Signal::RegistryChange => None,
    }
}

/// What an app says about its stream.
#[derive(Deserialize)]
pub struct Wish {
    #[serde(default)]
    delivery: Option<WishedDelivery>,
    #[serde(default)]
    events_requested: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct WishedDelivery {
    method: String,
    #[serde(default)]
    endpoint_url: String,
    #[serde(default)]
    authorization_header: Option<String>,
}

/// What an app says when it asks for events (RFC 8936 §2.2).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Poll {
    #[serde(default)]
    max_events: Option<i64>,
    /// Whether it waits for events if there are none.
    #[serde(default)]
    pub return_immediately: bool,
    #[serde(default)]
    ack: Vec<String>,
    #[serde(default)]
    set_errs: Map<String, Value>,
}

impl Provider {
    /// The configuration that receivers find (§7.1).
    pub fn ssf_metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        json!({
            "spec_version": "1_0",
            "issuer": self.issuer,
            "jwks_uri": at("/jwks"),
            "delivery_methods_supported": [PUSH, POLL],
            "configuration_endpoint": at("/ssf/stream"),
            "status_endpoint": at("/ssf/status"),
            "verification_endpoint": at("/ssf/verify"),
            "add_subject_endpoint": at("/ssf/subjects/add"),
            "remove_subject_endpoint": at("/ssf/subjects/remove"),
            "authorization_schemes": [{ "spec_urn": "urn:ietf:rfc:6749" }],
            "default_subjects": "ALL",
        })
    }

    /// The app of a token that may look at its stream, or change it.
    pub async fn receiver(&self, bearing: Bearing<'_>, change: bool) -> Result<Client, OAuthError> {
        let (token, client) = self.bearer(bearing).await?;
        let has = |wanted: &str| token.facts.scope.split_whitespace().any(|scope| scope == wanted);
        let [read, manage] = SCOPES;
        if token.facts.person.is_some() || !client.options.signals || !(has(manage) || (has(read) && !change)) {
            return Err(OAuthError::new("insufficient_scope", "scope ssf.manage is needed, to look ssf.read"));
        }
        Ok(client)
    }

    /// Makes or changes the stream of an app (§8.1.1). What is not said stays as it is.
    pub async fn set_stream(&self, client: &Client, wish: Wish) -> Result<Value, OAuthError> {
        let before = client.options.stream.clone();
        let delivery = match (wish.delivery, before.as_ref()) {
            (Some(wished), _) => self.delivery(wished)?,
            (None, Some(before)) => before.delivery.clone(),
            (None, None) => Delivery::Poll,
        };
        let (known, asked) = (supported(), wish.events_requested);
        let events = match (asked, before.as_ref()) {
            (Some(asked), _) => known.into_iter().filter(|event| asked.contains(event)).collect(),
            (None, Some(before)) => before.events.clone(),
            (None, None) => known,
        };
        let (status, without) =
            before.map_or((StreamStatus::Enabled, Vec::new()), |before| (before.status, before.without));
        self.keep_stream(client, Some(Stream { delivery, events, status, without })).await
    }

    fn delivery(&self, wished: WishedDelivery) -> Result<Delivery, OAuthError> {
        let WishedDelivery { method, endpoint_url, authorization_header } = wished;
        match method.as_str() {
            POLL => Ok(Delivery::Poll),
            PUSH => {
                let url = url::Url::parse(&endpoint_url).ok();
                let loopback = |url: &url::Url| matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
                let fits = |url: &url::Url| url.scheme() == "https" || (url.scheme() == "http" && loopback(url));
                if !url.is_some_and(|url| fits(&url) && url.username().is_empty()) {
                    return Err(OAuthError::request("endpoint_url must begin with https://"));
                }
                let plain = |header: &String| header.len() <= 1024 && header.bytes().all(|b| (32..127).contains(&b));
                if authorization_header.as_ref().is_some_and(|header| !plain(header)) {
                    return Err(OAuthError::request("authorization_header cannot be a header"));
                }
                let sealed = authorization_header.map(|header| self.context.vault.seal(SEAL, header.as_bytes()));
                Ok(Delivery::Push { endpoint: endpoint_url, sealed })
            }
            _ => Err(OAuthError::request("this delivery method is not supported")),
        }
    }

    /// Keeps the stream of an app, or drops it with what waits there.
    pub async fn keep_stream(&self, client: &Client, stream: Option<Stream>) -> Result<Value, OAuthError> {
        let over = stream.as_ref().is_none_or(|stream| stream.status == StreamStatus::Disabled);
        let mut changed = client.clone();
        changed.options.stream = stream;
        if !self.context.store.change_client(client, &changed, Effects::none()).await? {
            return Err(OAuthError::new("temporarily_unavailable", "the app was changed at the same moment"));
        }
        if over {
            self.context.store.drop_stream(&client.id).await?;
        }
        Ok(changed.options.stream.as_ref().map_or(Value::Null, |stream| self.told_stream(&changed, stream)))
    }

    /// What an app is told of its stream. The header by which it knows us is not told again.
    pub fn told_stream(&self, client: &Client, stream: &Stream) -> Value {
        let delivery = match &stream.delivery {
            Delivery::Poll => json!({ "method": POLL, "endpoint_url": format!("{}/ssf/poll", self.issuer) }),
            Delivery::Push { endpoint, .. } => json!({ "method": PUSH, "endpoint_url": endpoint }),
        };
        json!({
            "stream_id": client.id,
            "iss": self.issuer,
            "aud": client.id,
            "delivery": delivery,
            "events_supported": supported(),
            "events_requested": stream.events,
            "events_delivered": stream.events,
        })
    }

    /// Sends an event that shows that a stream works (§8.1.4).
    pub async fn verify_stream(&self, client: &Client, state: Option<String>) -> Result<(), OAuthError> {
        let stream = client.options.stream.as_ref().ok_or(OAuthError::request("there is no stream"))?;
        let counter = format!("stream-verify:{}", client.id);
        if self.context.store.short.count_failure(&counter, self.context.now(), 3600).await?.failures > HOURLY {
            return Err(OAuthError::new("slow_down", "a stream is verified at most 60 times in an hour"));
        }
        if state.as_ref().is_some_and(|state| state.len() > 1024) {
            return Err(OAuthError::request("state is longer than 1024 bytes"));
        }
        let push = matches!(stream.delivery, Delivery::Push { .. });
        let event = StreamEvent::Verification { state };
        let mut effects = Effects::none();
        effects.outgoing.push(Outgoing::StreamEvent { client: client.id.clone(), event, push });
        Ok(self.context.store.record(effects).await?)
    }

    /// Notes what an app has by now (RFC 8936 §2.3).
    pub async fn has_now(&self, client: &Client, asked: &Poll) -> Result<(), OAuthError> {
        if !asked.set_errs.is_empty() {
            tracing::warn!(client = client.id, count = asked.set_errs.len(), "an app could not read its events");
        }
        // What it cannot read is read no better the next time.
        let done: Vec<String> = asked.ack.iter().chain(asked.set_errs.keys()).cloned().collect();
        if done.is_empty() {
            return Ok(());
        }
        Ok(self.context.store.acknowledge(&client.id, &done, self.context.now()).await?)
    }

    /// What waits for an app (RFC 8936 §2.3).
    pub async fn poll(&self, client: &Client, asked: &Poll) -> Result<Value, OAuthError> {
        let enabled = client.options.stream.as_ref().is_some_and(|stream| stream.status == StreamStatus::Enabled);
        let most = asked.max_events.unwrap_or(MOST).clamp(0, MOST);
        if !enabled || most == 0 {
            return Ok(json!({ "sets": {} }));
        }
        let mut waiting = self.context.store.streamed(&client.id, most + 1).await?;
        let more = i64::try_from(waiting.len()).unwrap_or(i64::MAX) > most;
        waiting.truncate(usize::try_from(most).unwrap_or_default());
        let sets = waiting.iter().filter_map(|entry| Some((entry.id.clone(), self.set_of(client, entry)?.into())));
        Ok(json!({ "sets": sets.collect::<Map<String, Value>>(), "moreAvailable": more }))
    }

    /// An entry as the token that its app reads.
    pub(super) fn set_of(&self, client: &Client, entry: &Claimed) -> Option<String> {
        let Outgoing::StreamEvent { event, .. } = &entry.outgoing else { return None };
        let claims = match event {
            StreamEvent::Signal(signal) => {
                let sector = client.sector.as_deref().unwrap_or("public");
                self.event(signal, &entry.id, entry.created_at, (&client.id, sector))
            }
            StreamEvent::Verification { state } => self.verification(client, entry, state.as_deref()),
        };
        self.keys.sign("secevent+jwt", &claims)
    }

    fn verification(&self, client: &Client, entry: &Claimed, state: Option<&str>) -> Value {
        let Timestamp(iat) = entry.created_at;
        let event = state.map_or_else(|| json!({}), |state| json!({ "state": state }));
        json!({
            "iss": self.issuer,
            "aud": client.id,
            "iat": iat,
            "jti": entry.id,
            "sub_id": { "format": "opaque", "id": client.id },
            "events": { "https://schemas.openid.net/secevent/ssf/event-type/verification": event },
        })
    }

    /// Puts a signal before the apps that want to hear of it: those to which its person has agreed.
    pub(super) async fn spread(&self, entry: &Claimed) -> Result<(), StoreError> {
        let Outgoing::Signal(signal) = &entry.outgoing else { return Ok(()) };
        let (Some(kind), Some(person)) = (kind(signal), signal.person()) else { return Ok(()) };
        let (wanted, mut apps) = (format!("{CAEP}{kind}"), Vec::new());
        for consent in self.context.store.consents_of(person).await? {
            let Some(client) = self.context.store.client(&consent.client).await? else { continue };
            let hears = client.options.signals && !client.disabled;
            let stream = client.options.stream.filter(|stream| hears && stream.status != StreamStatus::Disabled);
            let wants = |stream: &Stream| stream.events.contains(&wanted) && !stream.without.contains(&person);
            if let Some(stream) = stream.filter(wants) {
                apps.push((client.id, matches!(stream.delivery, Delivery::Push { .. })));
            }
        }
        if apps.is_empty() { Ok(()) } else { self.context.store.spread_signal(entry, &apps).await }
    }

    /// Where an event of an app is sent now, with the header by which the app knows us. Nothing while it is paused.
    pub(super) fn pushed_to(&self, client: &Client) -> Option<(String, Option<String>)> {
        let stream = client.options.stream.as_ref().filter(|stream| stream.status == StreamStatus::Enabled)?;
        let Delivery::Push { endpoint, sealed } = &stream.delivery else { return None };
        let header = sealed.as_ref().and_then(|sealed| self.context.vault.open(SEAL, sealed));
        Some((endpoint.clone(), header.and_then(|header| String::from_utf8(header).ok())))
    }
}
