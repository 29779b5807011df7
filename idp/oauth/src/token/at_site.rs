//! What a site is told of somebody for whom an app calls it: what their ID token for the site would say. Nothing, unless they
//! have agreed that the app does so, and the app is of the site's trust.

use idp_domain::Acr;
use idp_domain::client::Client;
use idp_domain::person::Person;
use idp_domain::session::Session;
use idp_store::tokens::TokenFacts;
use serde_json::{Map, Value, json};

use crate::issue::SiteClaim;
use crate::{OAuthError, Provider};

/// What a site always learns of its people.
const SCOPE: &str = "profile email";

impl Provider {
    /// The facts of a person for a site, by a token that is for it.
    pub(crate) async fn told_site(
        &self,
        site: &Client,
        person: &Person,
        facts: &TokenFacts,
    ) -> Result<Option<Map<String, Value>>, OAuthError> {
        let store = &self.context.store;
        // Whatever services act for them by now: they agreed to the app with which it began.
        let began = facts.origin.as_ref().unwrap_or(&facts.client_id);
        let agreed = store.consent(person.id, began).await?.unwrap_or_default();
        let resource = facts.audience.as_deref().unwrap_or_default();
        let Some(app) = store.client(began).await?.filter(|_| agreed.split(' ').any(|one| one == resource)) else {
            return Ok(None);
        };
        let Ok(Some((here, rights))) = self.may_issue(person, site, facts.epoch).await else { return Ok(None) };
        // What the server's operator has set up is of no trust, and may call every site.
        if app.app.is_some_and(|app| Some(app.trust) != here.trust) {
            return Ok(None);
        }
        let proven = self.proven_still(person, facts).await?;
        let needed = self.context.key_policy(&here, &rights).await?.asks(proven);
        let claims = serde_json::to_value(self.standard_claims(site, person, SCOPE));
        let claims = claims.map_err(|_| OAuthError::new("server_error", "something went wrong here"))?;
        let Value::Object(mut told) = claims else { return Ok(None) };
        told.insert("acr".to_owned(), json!(proven.as_str()));
        told.insert("lanyard".to_owned(), json!(SiteClaim::of(&here, &rights, (person.epoch, None))));
        if needed > proven {
            told.insert("acr_needed".to_owned(), json!(needed.as_str()));
        }
        Ok(Some(told))
    }

    /// The class that a token still claims: a key counts as long as it does, and the session in which it was used is there.
    async fn proven_still(&self, person: &Person, facts: &TokenFacts) -> Result<Acr, OAuthError> {
        let said = Acr::parse(&facts.acr).unwrap_or(Acr::Base);
        if said == Acr::Base {
            return Ok(said);
        }
        let sessions = self.context.store.sessions_of(person.id).await?;
        let own = sessions.into_iter().find(|session| session.sid == facts.sid);
        let live = own.filter(|session| session.is_live(self.context.now(), person.epoch));
        Ok(live.map_or(Acr::Base, |session| Session::acr(session.key_proof.as_ref()).min(said)))
    }
}
