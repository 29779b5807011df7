//! The authorizer: authorization codes in short-lived memory, hashed, each redeemed once (I-03).

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use idp_domain::{Secret, Timestamp};
use idp_store::codes::Redeemed;
use oxide_auth::primitives::grant::{Extensions, Grant, Value};
use oxide_auth_async::primitives::Authorizer;
use serde::{Deserialize, Serialize};

use crate::{CODE_LIFE, Provider};

pub(super) struct Codes<'a> {
    pub provider: &'a Provider,
    /// Family of the tokens that will come from the code that is being made.
    pub family: Option<String>,
    /// A presented code was unknown, used or too old.
    pub refused: bool,
}

/// oxide-auth's grant as it is stored; its own type cannot be.
#[derive(Serialize, Deserialize)]
struct StoredGrant {
    owner: String,
    client: String,
    scope: String,
    redirect_uri: String,
    extensions: BTreeMap<String, Option<String>>,
    expires_at: Timestamp,
}

/// The moment in the form that oxide-auth compares with its own clock.
///
/// oxide-auth reads the host's clock by itself. What it is given is therefore always in its future: our store alone
/// decides, by our clock, whether a code or token is too old.
pub(super) fn until_always() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(253_402_300_000)
}

#[async_trait]
impl Authorizer for Codes<'_> {
    async fn authorize(&mut self, grant: Grant) -> Result<String, ()> {
        let context = &self.provider.context;
        let code = Secret::new(&*context.random);
        let expires_at = context.now().plus(CODE_LIFE);
        let stored = StoredGrant {
            owner: grant.owner_id,
            client: grant.client_id,
            scope: grant.scope.to_string(),
            redirect_uri: grant.redirect_uri.to_string(),
            extensions: grant
                .extensions
                .private()
                .map(|(name, value)| (name.to_owned(), value.map(str::to_owned)))
                .collect(),
            expires_at,
        };
        let body = serde_json::to_string(&stored).map_err(|_| ())?;
        let family = self.family.clone().ok_or(())?;
        context.store.short.add_code(&code.hash(), &body, &family, expires_at).await.map_err(|_| ())?;
        Ok(code.reveal().to_owned())
    }

    async fn extract(&mut self, code: &str) -> Result<Option<Grant>, ()> {
        let context = &self.provider.context;
        let hash = Secret::presented(code).hash();
        match context.store.short.redeem_code(&hash, context.now()).await.map_err(|_| ())? {
            Redeemed::Fresh(body) => {
                let stored: StoredGrant = serde_json::from_str(&body).map_err(|_| ())?;
                let mut extensions = Extensions::new();
                for (name, value) in stored.extensions {
                    extensions.set_raw(name, Value::private(value));
                }
                Ok(Some(Grant {
                    owner_id: stored.owner,
                    client_id: stored.client,
                    scope: stored.scope.parse().map_err(|_| ())?,
                    redirect_uri: stored.redirect_uri.parse().map_err(|_| ())?,
                    until: until_always().into(),
                    extensions,
                }))
            }
            Redeemed::Replayed { family } => {
                // A code that comes twice was stolen once: all that came from it ends (RFC 6749 §4.1.2).
                context.store.end_family(&family, context.now()).await.map_err(|_| ())?;
                self.refused = true;
                Ok(None)
            }
            Redeemed::Unknown => {
                self.refused = true;
                Ok(None)
            }
        }
    }
}
