//! The token with which a site is asked how many alerts wait for somebody.

use idp_domain::Acr;
use idp_domain::person::Person;
use idp_domain::site::Site;
use serde_json::json;

use super::SiteClaim;
use crate::{OAuthError, Provider};

/// `typ` of the token.
const TYP: &str = "lanyard-alerts+jwt";
/// Seconds for which it counts.
const LIFE: i64 = 60;

impl Provider {
    /// Says to the gateway of a site who somebody is there: what an ID token for the site says, without a session. An error
    /// when they may not be there now.
    pub async fn alerts_token(&self, site: &Site, person: &Person) -> Result<Option<String>, OAuthError> {
        let Some(client) = self.context.store.client(&site.client_id()).await? else { return Ok(None) };
        let rights = self.may_issue(person, &client, person.epoch).await?;
        // A school that nobody enters without a key is not asked before they have used one.
        if let Some((site, rights)) = &rights
            && self.context.key_policy(site, rights).await?.asks(Acr::Base) > Acr::Base
        {
            return Ok(None);
        }
        let now = self.context.now();
        let claims = json!({
            "iss": self.issuer,
            "aud": client.id,
            "sub": self.subject(&client, person.id),
            "name": person.full_name(),
            "lanyard": rights.map(|(site, rights)| SiteClaim::of(&site, &rights, (person.epoch, None))),
            "iat": now.0,
            "exp": now.0 + LIFE,
        });
        Ok(self.keys.sign(TYP, &claims))
    }
}
