//! Devices without a browser (RFC 8628): they show a short code, and somebody goes on with it where they are signed in.

use idp_domain::client::{Client, ClientKind};
use idp_domain::random::read_printed;
use idp_domain::session::Session;
use idp_domain::{Secret, SecretHash};
use idp_store::attempts::StoredAttempt;
use serde_json::{Value, json};

use super::TokenRequest;
use super::pending::{INTERVAL, Pending};
use crate::scope::scope_of;
use crate::{OAuthError, Provider};

/// Seconds for which a code can be used.
const LIFE: i64 = 600;
/// Characters of the code that people type. 40 bits for ten minutes, and guesses are counted.
const LENGTH: usize = 8;

/// What a person is asked about a device.
#[derive(Debug)]
pub struct Asked {
    /// Which app.
    pub client: Client,
    /// What it wants to know.
    pub scopes: Vec<String>,
}

impl Provider {
    /// Answers a device with its codes (RFC 8628 §3.2).
    pub async fn device(&self, request: TokenRequest<'_>) -> Result<Value, OAuthError> {
        let client = self.authenticated_client(&request).await?;
        if !client.options.device || client.kind != ClientKind::App {
            return Err(OAuthError::new("unauthorized_client", "the client is not registered as a device"));
        }
        let scope = scope_of(&client, request.params.get("scope").unwrap_or("openid"))?.join(" ");
        let (context, now) = (&self.context, self.context.now());
        let (device, code) = (Secret::new(&*context.random), context.random.readable(LENGTH));
        let waits = Pending::new(&client, scope, now);
        let expires_at = now.plus(LIFE);
        let stored = |hash, body: String| StoredAttempt { hash, version: 0, body, expires_at };
        context.store.short.add_attempt(&stored(of_device(device.reveal()), json!(waits).to_string())).await?;
        context.store.short.add_attempt(&stored(of_person(&code), of_device(device.reveal()).0)).await?;
        let (first, last) = code.split_at(LENGTH / 2);
        let (shown, page) = (format!("{first}-{last}"), format!("{}/device", self.issuer));
        Ok(json!({
            "device_code": device.reveal(),
            "user_code": shown,
            "verification_uri": page,
            "verification_uri_complete": format!("{page}?user_code={shown}"),
            "expires_in": LIFE,
            "interval": INTERVAL,
        }))
    }

    /// The device of a code that somebody typed, if one waits.
    pub async fn device_of(&self, typed: &str) -> Result<Option<Asked>, OAuthError> {
        let Some((_, device)) = self.waiting(typed).await? else { return Ok(None) };
        let client = self.context.store.client(&device.client).await?.filter(|client| !client.disabled);
        let scopes = device.scope.split_whitespace().map(str::to_owned).collect();
        Ok(client.map(|client| Asked { client, scopes }))
    }

    /// Somebody lets the device of a code in, or does not. False when it no longer waits.
    pub async fn decide_device(&self, typed: &str, session: &Session, approve: bool) -> Result<bool, OAuthError> {
        let Some((mut stored, mut device)) = self.waiting(typed).await? else { return Ok(false) };
        device.decide(session, approve);
        stored.body = json!(device).to_string();
        let short = &self.context.store.short;
        // A code is typed once; whoever reads it over a shoulder afterwards finds nothing.
        Ok(short.save_attempt(&stored).await? && short.take_attempt(&of_person(&read_printed(typed))).await?)
    }

    async fn waiting(&self, typed: &str) -> Result<Option<(StoredAttempt, Pending)>, OAuthError> {
        let (short, now) = (&self.context.store.short, self.context.now());
        let Some(named) = short.attempt(&of_person(&read_printed(typed)), now).await? else { return Ok(None) };
        let Some(stored) = short.attempt(&SecretHash(named.body), now).await? else { return Ok(None) };
        let device: Option<Pending> = serde_json::from_str(&stored.body).ok();
        Ok(device.filter(Pending::waits).map(|device| (stored, device)))
    }
}

/// Names among the attempts, so that no code of another kind has one of them.
pub(crate) fn of_device(code: &str) -> SecretHash {
    Secret::presented(&format!("device {code}")).hash()
}

fn of_person(code: &str) -> SecretHash {
    Secret::presented(&format!("device of {code}")).hash()
}
