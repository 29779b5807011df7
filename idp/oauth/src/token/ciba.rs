//! An app asks a person on a device of their own (OpenID Connect CIBA Core 1.0), in poll and ping mode: they find the question
//! in their account, and by mail.

use idp_domain::audit::AuditEntry;
use idp_domain::client::{Client, ClientAuth, ClientKind};
use idp_domain::person::Person;
use idp_domain::session::Session;
use idp_domain::{PersonId, Secret, SecretHash, Timestamp};
use idp_store::attempts::StoredAttempt;
use idp_store::mails::MailKind;
use idp_store::{Effects, Outgoing};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::TokenRequest;
use super::pending::{INTERVAL, Pending};
use crate::scope::scope_of;
use crate::{OAuthError, Provider};

/// Seconds for which a question waits, if the app asks for nothing less.
const LIFE: i64 = 300;
const DAY: i64 = 24 * 3600;
/// Most questions that wait for one person, and most that one app may ask one person in an hour.
const MOST: usize = 3;
const HOURLY: i64 = 10;
/// Most characters of a binding message.
const LONGEST: usize = 60;
/// Most bytes of a notification token (CIBA §7.1).
const LONGEST_TOKEN: usize = 1024;
/// What the sealed part of a question is bound to.
const SEAL: &str = "ciba notification";

/// A question as it is stored: what a device has, and what a person is shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Question {
    #[serde(flatten)]
    pending: Pending,
    message: String,
    /// How the app is told of the decision, sealed; nothing in poll mode.
    ping: Option<Vec<u8>>,
}

/// What a person is asked.
#[derive(Debug)]
pub struct Asked {
    /// Names the question on the page.
    pub handle: String,
    /// Which app.
    pub client: Client,
    /// What it shows beside, so that the person knows that it is the same thing.
    pub message: String,
    /// What it wants to know.
    pub scopes: Vec<String>,
}

impl Provider {
    /// Takes a question of an app (CIBA §7). Whoever has not agreed to the app is as unknown as nobody: an app finds out about
    /// nobody whom it does not know.
    pub async fn ask_person(&self, request: TokenRequest<'_>) -> Result<Value, OAuthError> {
        let client = self.authenticated_client(&request).await?;
        if !client.options.ciba || client.kind != ClientKind::App || client.auth == ClientAuth::None {
            return Err(OAuthError::new("unauthorized_client", "the client is not registered for CIBA"));
        }
        let params = &request.params;
        let scope = scope_of(&client, params.require("scope", "scope is missing")?)?.join(" ");
        let message = params.get("binding_message").unwrap_or_default().to_owned();
        let plain = |c: char| c.is_alphanumeric() || " .,:;-–+#()/’'".contains(c);
        if message.chars().count() > LONGEST || !message.chars().all(plain) {
            let words = "binding_message must be 60 characters or fewer, letters, digits and plain marks";
            return Err(OAuthError::new("invalid_binding_message", words));
        }
        let life = params.get("requested_expiry").map_or(Ok(LIFE), str::parse::<i64>);
        let life = life.ok().filter(|life| *life > 0).ok_or(OAuthError::request("requested_expiry is no number"))?;
        let life = life.min(LIFE);
        let told = notification(&client, params.get("client_notification_token"))?;
        let person = self.hinted_person(&client, &request).await?;
        let (context, now) = (&self.context, self.context.now());
        let id = Secret::new(&*context.random);
        let ping = told.map(|token| json!([id.reveal(), token]).to_string());
        let ping = ping.map(|plain| context.vault.seal(SEAL, plain.as_bytes()));
        let question = Question { pending: Pending::new(&client, scope, now), message, ping };
        let (hash, body, expires_at) = (name_of(id.reveal()), json!(question).to_string(), now.plus(life));
        context.store.short.add_attempt(&StoredAttempt { hash: hash.clone(), version: 0, body, expires_at }).await?;
        self.put_before(person.id, hash).await?;
        let what = MailKind::AppAsks { app: client.name.clone(), link: format!("{}/me/requests", self.issuer) };
        context.store.record(Effects::none().tell(&person, what)).await?;
        Ok(json!({ "auth_req_id": id.reveal(), "expires_in": life, "interval": INTERVAL }))
    }

    /// Whom a question is about, by the one hint that it must have.
    async fn hinted_person(&self, client: &Client, request: &TokenRequest<'_>) -> Result<Person, OAuthError> {
        let params = &request.params;
        let unknown = OAuthError::new("unknown_user_id", "the app knows nobody by this hint");
        let person = match (params.get("login_hint"), params.get("id_token_hint"), params.get("login_hint_token")) {
            (Some(login), None, None) => self.context.store.person_by_login(&login.trim().to_lowercase()).await?,
            (None, Some(hint), None) => match self.read_hint(hint).filter(|hint| hint.client == client.id) {
                Some(hint) => self.person_of_hint(client, &hint).await?,
                None => return Err(OAuthError::request("id_token_hint is no ID token of this client")),
            },
            _ => return Err(OAuthError::request("login_hint or id_token_hint is needed, one of them")),
        };
        let person = person.ok_or(unknown.clone())?;
        self.may_issue(&person, client, person.epoch).await.map_err(|_| unknown)?;
        let short = &self.context.store.short;
        let counter = format!("ciba:{}:{}", client.id, person.id);
        if short.count_failure(&counter, self.context.now(), 3600).await?.failures > HOURLY {
            return Err(OAuthError::new("access_denied", "the person was asked too often in this hour"));
        }
        Ok(person)
    }

    /// The person whom a client knows by the subject of a hint: somebody of those who have agreed to it.
    async fn person_of_hint(&self, client: &Client, hint: &crate::hint::Hint) -> Result<Option<Person>, OAuthError> {
        for id in self.context.store.consented_to(&client.id).await? {
            if self.subject(client, id) == hint.sub {
                return Ok(self.context.store.person(id).await?);
            }
        }
        Ok(None)
    }

    /// Puts a question before a person.
    async fn put_before(&self, person: PersonId, question: SecretHash) -> Result<(), OAuthError> {
        let (short, now) = (&self.context.store.short, self.context.now());
        let [name, _] = lists_of(person, now);
        let expires_at = now.plus(2 * DAY);
        for _ in 0..=MOST {
            let Some(mut stored) = short.attempt(&name, now).await? else {
                let body = json!([question]).to_string();
                let first = StoredAttempt { hash: name.clone(), version: 0, body, expires_at };
                if short.add_attempt(&first).await.is_ok() {
                    return Ok(());
                }
                continue;
            };
            let waiting = self.questions_in(&stored).await?;
            if waiting.len() >= MOST {
                break;
            }
            let mut hashes: Vec<SecretHash> = waiting.into_iter().map(|(stored, _)| stored.hash).collect();
            hashes.push(question.clone());
            stored.body = json!(hashes).to_string();
            if short.save_attempt(&stored).await? {
                return Ok(());
            }
        }
        Err(OAuthError::new("access_denied", "too many questions wait for this person"))
    }

    /// Those questions of a list that still wait, each with what is stored of it.
    async fn questions_in(&self, list: &StoredAttempt) -> Result<Vec<(StoredAttempt, Question)>, OAuthError> {
        let all: Vec<SecretHash> = serde_json::from_str(&list.body).unwrap_or_default();
        let mut waiting = Vec::new();
        for hash in all {
            let Some(stored) = self.context.store.short.attempt(&hash, self.context.now()).await? else { continue };
            let question = serde_json::from_str(&stored.body).ok();
            waiting.extend(question.filter(|question: &Question| question.pending.waits()).map(|one| (stored, one)));
        }
        Ok(waiting)
    }

    /// Every question that waits for a person.
    async fn questions_to(&self, person: PersonId) -> Result<Vec<(StoredAttempt, Question)>, OAuthError> {
        let (mut waiting, now) = (Vec::new(), self.context.now());
        for name in lists_of(person, now) {
            if let Some(list) = self.context.store.short.attempt(&name, now).await? {
                waiting.extend(self.questions_in(&list).await?);
            }
        }
        Ok(waiting)
    }

    /// What waits for a person.
    pub async fn asked_of(&self, person: PersonId) -> Result<Vec<Asked>, OAuthError> {
        let mut asked = Vec::new();
        for (stored, Question { pending, message, .. }) in self.questions_to(person).await? {
            let Some(client) = self.context.store.client(&pending.client).await? else { continue };
            let scopes = pending.scope.split_whitespace().map(str::to_owned).collect();
            asked.push(Asked { handle: stored.hash.0, client, message, scopes });
        }
        Ok(asked)
    }

    /// Somebody answers a question that waits for them. False when it no longer does.
    pub async fn answer_app(
        &self,
        (session, person): (&Session, &Person),
        (handle, approve): (&str, bool),
    ) -> Result<bool, OAuthError> {
        let found = self.questions_to(person.id).await?.into_iter().find(|(stored, _)| stored.hash.0 == handle);
        let Some((mut stored, mut question)) = found else { return Ok(false) };
        let Some(client) = self.context.store.client(&question.pending.client).await? else { return Ok(false) };
        question.pending.decide(session, approve);
        let ping = question.ping.take();
        stored.body = json!(question).to_string();
        let (context, now) = (&self.context, self.context.now());
        if !context.store.short.save_attempt(&stored).await? {
            return Ok(false);
        }
        let (name, app) = (person.full_name(), &client.name);
        let entry = if approve {
            AuditEntry::new(now, "app.agreed", format!("{name} agreed to what {app} asked"))
        } else {
            AuditEntry::new(now, "app.refused", format!("{name} refused what {app} asked"))
        };
        let mut effects = Effects::audit(entry.by(person.id).about(person.id));
        let opened = ping.and_then(|sealed| context.vault.open(SEAL, &sealed));
        if let Some((auth_req_id, token)) = opened.and_then(|plain| serde_json::from_slice(&plain).ok()) {
            let (client, until) = (client.id, stored.expires_at);
            effects.outgoing.push(Outgoing::Ping { client, auth_req_id, token, until });
        }
        context.store.record(effects).await?;
        Ok(true)
    }
}

/// The token by which an app in ping mode is told (CIBA §7.1); nothing in poll mode.
fn notification(client: &Client, token: Option<&str>) -> Result<Option<String>, OAuthError> {
    match (&client.options.ciba_notify, token) {
        (None, _) => Ok(None),
        (Some(_), Some(token)) if !token.is_empty() && token.len() <= LONGEST_TOKEN && token.is_ascii() => {
            Ok(Some(token.to_owned()))
        }
        (Some(_), _) => Err(OAuthError::request("client_notification_token is needed in ping mode")),
    }
}

/// Names among the attempts, so that no code of another kind has one of them.
pub(crate) fn name_of(auth_req_id: &str) -> SecretHash {
    Secret::presented(&format!("ciba {auth_req_id}")).hash()
}

/// Where the questions to a person are noted, today and yesterday. A list of each day has a name of its own, so that none is in
/// the way of the next one when it is over.
fn lists_of(person: PersonId, now: Timestamp) -> [SecretHash; 2] {
    let today = now.0.div_euclid(DAY);
    [today, today - 1].map(|day| Secret::presented(&format!("ciba for {person} on {day}")).hash())
}
