//! Apps are told of a sign-out (OpenID Connect Back-Channel Logout 1.0 §2): each by an entry of its own in the outbox, so that
//! one that does not answer holds up nobody.

use async_trait::async_trait;
use idp_domain::client::{Client, ClientKind, StreamStatus};
use idp_domain::{PersonId, Timestamp};
use idp_store::outbox::Claimed;
use idp_store::{Outgoing, StoreError};
use serde_json::json;

use crate::Provider;

/// Seconds after which a claimed entry that was neither delivered nor postponed is tried again. Longer than a call may take.
const LEASE: i64 = 30;
/// Seconds for which a logout token counts (§2.4).
const LIFE: i64 = 120;
/// Seconds after which an app that never answers is given up.
const PATIENCE: i64 = 24 * 3600;
/// Most that are on their way at once.
const MOST: i64 = 64;

/// Posts to an address that a maker of an app has named; true when it was taken (200 or 204).
#[async_trait]
pub trait Call: Send + Sync {
    /// Posts a form.
    async fn post_form(&self, address: &str, body: String) -> bool;
    /// Posts JSON, with the token by which the app knows us.
    async fn post_json(&self, address: &str, token: &str, body: String) -> bool;
    /// Posts a Security Event Token (RFC 8935 §2.1), with the header by which the app knows us; true when it was accepted (202).
    async fn post_set(&self, address: &str, authorization: Option<&str>, token: String) -> bool;
}

#[async_trait]
impl<C: Call + ?Sized> Call for std::sync::Arc<C> {
    async fn post_form(&self, address: &str, body: String) -> bool {
        (**self).post_form(address, body).await
    }

    async fn post_json(&self, address: &str, token: &str, body: String) -> bool {
        (**self).post_json(address, token, body).await
    }

    async fn post_set(&self, address: &str, authorization: Option<&str>, token: String) -> bool {
        (**self).post_set(address, authorization, token).await
    }
}

/// The worker.
pub struct Teller<C> {
    /// The provider whose apps they are.
    pub provider: Provider,
    /// How they are called.
    pub call: C,
}

impl<C: Call> Teller<C> {
    /// Spreads the sign-outs that are due over the apps that they concern, and answers what has to be delivered now. The
    /// caller delivers each on its own.
    pub async fn due(&self) -> Result<Vec<Claimed>, StoreError> {
        let (store, now) = (&self.provider.context.store, self.provider.context.now());
        for entry in store.claim("sign_out", now, LEASE, MOST).await? {
            store.spread_sign_out(&entry, now).await?;
        }
        let mut due = store.claim("app_sign_out", now, LEASE, MOST).await?;
        due.extend(store.claim("stream_push", now, LEASE, MOST).await?);
        Ok(due)
    }

    /// Tells one app, or notes when to try again.
    pub async fn deliver(&self, entry: Claimed) {
        let context = &self.provider.context;
        let now = context.now();
        let written = match self.told(&entry).await {
            Ok(true) => context.store.delivered(&entry.id, now).await,
            Ok(false) if now.since(entry.created_at) > PATIENCE => {
                tracing::warn!("an app was not told of a sign-out for a day; it is given up");
                context.store.delivered(&entry.id, now).await
            }
            Ok(false) => {
                let wait = 1_i64 << entry.tries.clamp(0, 11);
                context.store.postpone(&entry.id, now.plus(wait), "the app did not take it").await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            tracing::warn!(%error, "a sign-out of an app cannot be written down; it will be told again");
        }
    }

    /// Whether an app knows now, or needs to know no more.
    async fn told(&self, entry: &Claimed) -> Result<bool, StoreError> {
        let (client, person, sid) = match &entry.outgoing {
            Outgoing::AppSignOut { client, person, sid } => (client, person, sid),
            Outgoing::Ping { client, auth_req_id, token, until } => {
                return self.pinged((client, token), auth_req_id, *until).await;
            }
            Outgoing::StreamEvent { client, .. } => return self.streamed(client, entry).await,
            _ => return Ok(true),
        };
        let Some(client) = self.provider.context.store.client(client).await? else { return Ok(true) };
        let Some(address) = told_at(&client) else { return Ok(true) };
        let Some(token) = self.provider.logout_token(&client, (*person, sid), &entry.id) else {
            return Ok(false);
        };
        let body = url::form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", &token).finish();
        Ok(self.call.post_form(address, body).await)
    }
}

impl<C: Call> Teller<C> {
    /// Whether an app has an event of its stream, or wants it no more.
    async fn streamed(&self, client: &str, entry: &Claimed) -> Result<bool, StoreError> {
        let client = self.provider.context.store.client(client).await?;
        let Some(client) = client.filter(|client| client.options.signals && !client.disabled) else { return Ok(true) };
        match client.options.stream.as_ref().map(|stream| stream.status) {
            None | Some(StreamStatus::Disabled) => return Ok(true),
            Some(StreamStatus::Enabled | StreamStatus::Paused) => {}
        }
        let Some((address, header)) = self.provider.pushed_to(&client) else { return Ok(false) };
        let Some(token) = self.provider.set_of(&client, entry) else { return Ok(true) };
        Ok(self.call.post_set(&address, header.as_deref(), token).await)
    }

    /// Whether an app knows now that somebody has decided, or need not any more.
    async fn pinged(&self, (client, token): (&str, &str), id: &str, until: Timestamp) -> Result<bool, StoreError> {
        if self.provider.context.now() >= until {
            return Ok(true);
        }
        let Some(client) = self.provider.context.store.client(client).await? else { return Ok(true) };
        let Some(address) = client.options.ciba_notify.as_deref().filter(|_| !client.disabled) else { return Ok(true) };
        Ok(self.call.post_json(address, token, json!({ "auth_req_id": id }).to_string()).await)
    }
}

/// Where an app wants to be told.
fn told_at(client: &Client) -> Option<&str> {
    let wanted = client.options.backchannel_logout_uri.as_deref();
    wanted.filter(|_| client.kind == ClientKind::App && !client.disabled)
}

/// Where a browser tells an app.
fn browsed_at(client: &Client) -> Option<&str> {
    let wanted = client.options.frontchannel_logout_uri.as_deref();
    wanted.filter(|_| client.kind == ClientKind::App && !client.disabled)
}

impl Provider {
    /// Addresses that a browser has to open so that apps learn of the end of a session (Front-Channel Logout 1.0 §3), to be
    /// asked for while it lasts.
    pub async fn front_channel(&self, sid: &str) -> Result<Vec<url::Url>, StoreError> {
        let mut addresses = Vec::new();
        for id in self.context.store.apps_visited(sid).await? {
            let Some(client) = self.context.store.client(&id).await? else { continue };
            let Some(mut address) = browsed_at(&client).and_then(|uri| url::Url::parse(uri).ok()) else { continue };
            address.query_pairs_mut().append_pair("iss", &self.issuer).append_pair("sid", sid);
            addresses.push(address);
        }
        Ok(addresses)
    }

    /// A logout token (§2.4). It never holds a nonce, so that it is no ID token.
    fn logout_token(&self, client: &Client, (person, sid): (PersonId, &str), jti: &str) -> Option<String> {
        let now = self.context.now().0;
        let claims = json!({
            "iss": self.issuer,
            "aud": client.id,
            "sub": self.subject(client, person),
            "sid": sid,
            "iat": now,
            "exp": now + LIFE,
            "jti": jti,
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        self.keys.sign_as(client.id_token_alg, "logout+jwt", &claims)
    }

    /// Notes that an app learned of a session, if it wants to learn of its end.
    pub(crate) async fn note_app_visit(
        &self,
        client: &Client,
        (person, sid): (PersonId, &str),
    ) -> Result<(), StoreError> {
        if told_at(client).is_none() && browsed_at(client).is_none() {
            return Ok(());
        }
        self.context.store.app_visited(&client.id, (person, sid), self.context.now()).await
    }
}
