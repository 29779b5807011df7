//! What an authorization request really asks: its own parameters, those that the client pushed before (RFC 9126), or those
//! of an object that it signed (RFC 9101). Where a client pushed or signed, nothing else counts (I-17).

use idp_domain::Secret;
use idp_domain::client::{Client, ClientAuth};
use idp_store::codes::Redeemed;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client;
use crate::authorize::Fault;
use crate::jws::{Members, Unverified};
use crate::params::Params;
use crate::token::TokenRequest;
use crate::{OAuthError, Provider};

/// Beginning of every `request_uri` of ours (RFC 9126 §2.2).
pub const URN: &str = "urn:ietf:params:oauth:request_uri:";
/// Seconds for which a pushed request can be used.
const LIFE: i64 = 60;
/// Their family among the codes: nothing ends with one that comes twice.
const PUSHED: &str = "pushed";
/// Longest life of a request object, in seconds (FAPI 2.0 Message Signing §5.3.1).
const LONGEST: i64 = 3600;
/// Difference of clocks that is forgiven, in seconds.
const SKEW: i64 = 30;
/// Longest request that is kept, in bytes: a public client is anybody.
const MOST: usize = 8 * 1024;
/// What authenticates a client is no part of its request.
const CREDENTIALS: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

#[derive(Serialize, Deserialize)]
struct Pushed {
    client: String,
    parameters: Vec<(String, String)>,
}

impl Provider {
    /// Resolves a request that a browser brings. Faults here are shown on a page: nothing is known to be the client's yet.
    pub async fn open(&self, params: Params) -> Result<Params, OAuthError> {
        let Some(uri) = params.get("request_uri") else {
            let client = client::check(self, &params).await?;
            if client.options.pushed_only {
                return Err(OAuthError::request("this client sends its requests by the back channel only"));
            }
            return self.unsigned(&client, params).await;
        };
        let id = params.require("client_id", "client_id is missing")?;
        let secret = uri.strip_prefix(URN);
        // No address is ever fetched: only what was pushed here is taken (I-16).
        let secret =
            secret.ok_or(OAuthError::new("request_uri_not_supported", "only a pushed request_uri is taken"))?;
        let gone = OAuthError::new("invalid_request_uri", "the request_uri is not known, was used, or is too old");
        let redeemed = self.context.store.short.redeem_code(&key(secret), self.context.now()).await?;
        let Redeemed::Fresh(body) = redeemed else { return Err(gone) };
        let pushed: Pushed = serde_json::from_str(&body).map_err(|_| gone.clone())?;
        if pushed.client == id { Params::from_pairs(pushed.parameters) } else { Err(gone) }
    }

    /// Keeps a request that a client pushed (RFC 9126 §2.1), if a browser that brought it would be served.
    pub async fn push(&self, request: TokenRequest<'_>) -> Result<Value, OAuthError> {
        let client = self.authenticated_client(&request).await?;
        if request.params.get("request_uri").is_some() {
            return Err(OAuthError::request("a request_uri cannot be pushed"));
        }
        let jkt = self.proven_key(&client, &request, "/par").await?;
        let own = |pair: &(String, String)| !CREDENTIALS.contains(&pair.0.as_str());
        let mut parameters: Vec<_> = request.params.pairs().into_iter().filter(own).collect();
        if request.params.get("client_id").is_none() {
            parameters.push(("client_id".to_owned(), client.id.clone()));
        }
        let mut params = self.unsigned(&client, Params::from_pairs(parameters)?).await?;
        if let Some(jkt) = jkt {
            params = params.with("dpop_jkt", &jkt).ok_or(OAuthError::request("dpop_jkt is not that of the proof"))?;
        }
        match self.check(params.clone()).await {
            Ok(_) => {}
            Err(Fault::Page(error) | Fault::Back { error, .. }) => return Err(error),
        }
        let secret = Secret::new(&*self.context.random);
        let body = json!(Pushed { client: client.id, parameters: params.pairs() }).to_string();
        if body.len() > MOST {
            return Err(OAuthError::request("the request is longer than 8 kilobytes"));
        }
        let expires = self.context.now().plus(LIFE);
        self.context.store.short.add_code(&key(secret.reveal()), &body, PUSHED, expires).await?;
        Ok(json!({ "request_uri": format!("{URN}{}", secret.reveal()), "expires_in": LIFE }))
    }

    /// The parameters of a request object, if there is one.
    async fn unsigned(&self, client: &Client, params: Params) -> Result<Params, OAuthError> {
        let Some(object) = params.get("request") else { return Ok(params) };
        let bad = |why| OAuthError::new("invalid_request_object", why);
        if !matches!(client.auth, ClientAuth::Keys { .. } | ClientAuth::KeysAt { .. }) {
            return Err(OAuthError::new("request_not_supported", "the client has no registered keys"));
        }
        let not_signed = bad("the request object is not signed by a key of the client");
        let read = Unverified::read(object).ok_or(not_signed.clone())?;
        let keys = self.keys_of(client, read.header("kid")).await;
        let Members(claims) = read.claims_by_any(&keys).ok_or(not_signed)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let (now, time) = (self.context.now().0, |name: &str| claims.get(name).and_then(Value::as_i64));
        let timely = time("exp").is_some_and(|exp| exp > now - SKEW && exp <= now + LONGEST + SKEW)
            && time("nbf").is_none_or(|nbf| nbf <= now + SKEW);
        if text("iss") != Some(&client.id) || text("aud") != Some(&self.issuer) || !timely {
            return Err(bad("iss, aud or exp of the request object does not fit"));
        }
        if text("client_id") != Some(&client.id) || claims.contains_key("request") || claims.contains_key("request_uri")
        {
            return Err(bad("client_id of the request object does not fit"));
        }
        let about_itself = ["iss", "aud", "exp", "iat", "nbf", "jti"];
        let pairs = claims.iter().filter(|(name, _)| !about_itself.contains(&name.as_str()));
        let plain = pairs.map(|(name, value)| match value {
            Value::String(text) => (name.clone(), text.clone()),
            other => (name.clone(), other.to_string()),
        });
        Params::from_pairs(plain)
    }
}

/// The name of a pushed request among the codes; no code of another kind has it.
fn key(secret: &str) -> idp_domain::SecretHash {
    Secret::presented(&format!("pushed {secret}")).hash()
}
