//! Registering apps by a program (RFC 7591): a maker of apps hands it a token, and answers for what it registers.

use idp_domain::person::PersonStatus;
use idp_domain::{PersonId, Secret, SecretHash, TrustId};
use idp_store::Effects;
use idp_store::attempts::StoredAttempt;
use serde::{Deserialize, Serialize};

use crate::Directory;
use crate::app_checks::{AppWish, checked};
use crate::apps::{Maker, NewSecret};
use crate::error::{DirectoryError, Result};

/// Seconds for which a token works.
const LIFE: i64 = 24 * 3600;
/// Addresses that are looked up for one token in an hour.
const LOOKUPS: i64 = 30;
/// Apps that one token registers.
const APPS: u8 = 10;

/// What a token stands for.
#[derive(Serialize, Deserialize)]
struct Standing {
    trust: TrustId,
    person: PersonId,
    /// Apps that it may still register.
    left: u8,
}

impl Directory {
    /// Makes a token by which a program registers up to ten apps within a day, in the sandbox of a trust. It is known this once.
    pub async fn registration_token(&self, maker: &Maker, trust: TrustId) -> Result<Secret> {
        if !maker.sees(trust) {
            return Err(DirectoryError::NotFound);
        }
        maker.must_be_elevated()?;
        let context = &self.context;
        let token = Secret::new(&*context.random);
        let standing = Standing { trust, person: maker.person, left: APPS };
        let stored = StoredAttempt {
            hash: name_of(&token),
            version: 0,
            body: serde_json::json!(standing).to_string(),
            expires_at: context.now().plus(LIFE),
        };
        context.store.short.add_attempt(&stored).await?;
        let entry = self.maker_entry(maker, trust, "app.token-made", "made a token that registers apps");
        context.store.record(Effects::audit(entry)).await?;
        Ok(token)
    }

    /// Whether a token counts, before anything is looked up for whoever holds it: 30 times in an hour.
    pub async fn may_register(&self, token: &str) -> Result<bool> {
        let counter = format!("registration:{}", name_of(&Secret::presented(token)).0);
        if self.standing(token).await?.is_none() {
            return Ok(false);
        }
        Ok(self.context.store.short.count_failure(&counter, self.context.now(), 3600).await?.failures <= LOOKUPS)
    }

    /// What a token stands for, with its maker, if they still make apps in that trust.
    async fn standing(&self, token: &str) -> Result<Option<(StoredAttempt, Standing, Maker)>> {
        let (short, now) = (&self.context.store.short, self.context.now());
        let Some(stored) = short.attempt(&name_of(&Secret::presented(token)), now).await? else { return Ok(None) };
        let Ok(standing) = serde_json::from_str::<Standing>(&stored.body) else { return Ok(None) };
        let person = self.context.store.person(standing.person).await?;
        let Some(person) = person.filter(|person| person.status == PersonStatus::Active) else { return Ok(None) };
        // A key was used as the token was made.
        let maker = self.maker(&person, true).await?.filter(|maker| maker.sees(standing.trust));
        Ok(maker.map(|maker| (stored, standing, maker)))
    }

    /// Registers an app for whoever holds a token. Nothing when the token does not count, or its maker no longer makes apps in
    /// that trust.
    pub async fn register_app(&self, token: &str, wish: &AppWish) -> Result<Option<NewSecret>> {
        let Some((mut stored, mut standing, maker)) = self.standing(token).await? else { return Ok(None) };
        let Some(left) = standing.left.checked_sub(1) else { return Ok(None) };
        // What is wrong with a wish costs nothing.
        checked(wish)?;
        standing.left = left;
        stored.body = serde_json::json!(standing).to_string();
        if !self.context.store.short.save_attempt(&stored).await? {
            return Err(DirectoryError::no(
                "Another app was registered with this token at the same moment. Try again.",
            ));
        }
        self.add_app(&maker, standing.trust, wish).await.map(Some)
    }
}

/// The name of a token among the attempts; no code of another kind has it.
fn name_of(token: &Secret) -> SecretHash {
    Secret::presented(&format!("registration {}", token.reveal())).hash()
}
