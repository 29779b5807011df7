//! Of whom an app hears on its stream (Shared Signals Framework 1.0 §8.1.3): of everybody who has agreed to it, but for those
//! whom it takes out, until it puts them in again.

use idp_domain::PersonId;
use idp_domain::client::{Client, Stream};
use serde::Deserialize;

use crate::{OAuthError, Provider};

/// How an app names somebody (RFC 9493 §3.2.3).
#[derive(Deserialize)]
pub struct Subject {
    format: String,
    iss: String,
    sub: String,
}

impl Provider {
    /// Puts somebody in, or takes them out. False when the app names nobody who has agreed to it.
    pub async fn set_subject(
        &self,
        (client, stream): (&Client, &Stream),
        subject: &Subject,
        hears: bool,
    ) -> Result<bool, OAuthError> {
        if subject.format != "iss_sub" {
            return Err(OAuthError::request("a subject is named by iss and sub, in the format iss_sub"));
        }
        let Some(person) = self.named(client, subject).await? else { return Ok(false) };
        if hears != stream.without.contains(&person) {
            return Ok(true);
        }
        let mut changed = stream.clone();
        match hears {
            true => changed.without.retain(|one| *one != person),
            false => changed.without.push(person),
        }
        self.keep_stream(client, Some(changed)).await.map(|_| true)
    }

    /// Somebody who has agreed to an app, by the number that stands for them there. It leads back to nobody by itself.
    async fn named(&self, client: &Client, subject: &Subject) -> Result<Option<PersonId>, OAuthError> {
        if subject.iss != self.issuer {
            return Ok(None);
        }
        let agreed = self.context.store.consented_to(&client.id).await?;
        Ok(agreed.into_iter().find(|person| self.subject(client, *person) == subject.sub))
    }
}
