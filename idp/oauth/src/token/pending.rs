//! What somebody decides apart from the app that waits for it: a device without a browser (RFC 8628), or an app that asks a
//! person on a device of their own (CIBA). The app asks again and again, and is handed the decision once.

use idp_domain::client::Client;
use idp_domain::session::Session;
use idp_domain::{Amr, PersonId, SecretHash, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{OAuthError, Provider};

/// Seconds between two questions of an app, at first.
pub(super) const INTERVAL: i64 = 5;

/// An app that waits, as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub client: String,
    pub scope: String,
    pub state: State,
    /// When it may ask again.
    next: Timestamp,
    interval: i64,
}

/// How far a person has come with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum State {
    Waiting,
    Approved(Approval),
    Denied,
}

/// Who approved, and what they had proven.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Approval {
    pub person: PersonId,
    pub epoch: i64,
    pub auth_time: Timestamp,
    pub amr: Vec<Amr>,
    pub sid: String,
}

impl Pending {
    /// An app that begins to wait.
    pub fn new(client: &Client, scope: String, now: Timestamp) -> Self {
        Self { client: client.id.clone(), scope, state: State::Waiting, next: now, interval: INTERVAL }
    }

    /// What is stored, with this in it; whatever else is kept with it stays.
    fn put_into(&self, body: &str) -> String {
        let mut whole: Map<String, Value> = serde_json::from_str(body).unwrap_or_default();
        if let Value::Object(own) = json!(self) {
            whole.extend(own);
        }
        Value::Object(whole).to_string()
    }

    pub fn waits(&self) -> bool {
        matches!(self.state, State::Waiting)
    }

    /// What somebody has decided who is signed in. A key that they used for something else counts for nothing here.
    pub fn decide(&mut self, session: &Session, approve: bool) {
        let Session { person, epoch, auth_time, .. } = *session;
        let approval = || Approval { person, epoch, auth_time, amr: session.amr(None), sid: session.sid.clone() };
        self.state = if approve { State::Approved(approval()) } else { State::Denied };
    }
}

impl Provider {
    /// What an app that asks for its tokens has come to (RFC 8628 §3.5, CIBA §11). An approval is handed out once.
    pub(crate) async fn asked_again(
        &self,
        client: &Client,
        name: &SecretHash,
    ) -> Result<(Pending, Approval), OAuthError> {
        let (short, now) = (&self.context.store.short, self.context.now());
        let expired = OAuthError::new("expired_token", "what was asked for is not known, or is too old");
        let mut stored = short.attempt(name, now).await?.ok_or(expired.clone())?;
        let mut pending: Pending = serde_json::from_str(&stored.body).map_err(|_| expired.clone())?;
        if pending.client != client.id {
            return Err(OAuthError::grant("another client asked for that"));
        }
        match pending.state.clone() {
            State::Waiting => {
                let early = now < pending.next;
                pending.interval += if early { INTERVAL } else { 0 };
                pending.next = now.plus(pending.interval);
                stored.body = pending.put_into(&stored.body);
                // Lost against a decision that was made meanwhile: the next question finds it.
                short.save_attempt(&stored).await?;
                Err(if early {
                    OAuthError::new("slow_down", "ask 5 seconds less often")
                } else {
                    OAuthError::new("authorization_pending", "nobody has decided yet")
                })
            }
            State::Denied => Err(OAuthError::new("access_denied", "the person did not agree")),
            State::Approved(approval) if short.take_attempt(name).await? => Ok((pending, approval)),
            State::Approved(_) => Err(expired),
        }
    }
}
