//! The one question before every code and every token: may this person have this from this client now? (I-40)

use idp_domain::PersonId;
use idp_domain::client::{AppStage, Client, ClientKind};
use idp_domain::membership::State;
use idp_domain::person::{Person, PersonStatus};
use idp_domain::rights::SiteRights;
use idp_domain::site::Site;
use idp_store::tokens::TokenFacts;

use crate::{OAuthError, Provider};

/// A refusal that the person's pages explain further.
const fn denied(description: &'static str) -> OAuthError {
    OAuthError::new("access_denied", description)
}

/// Somebody who may have tokens of a client now, and what they may do there when it is a site.
pub struct Entitled {
    /// Who.
    pub person: Person,
    /// The site with their rights, when the client is one.
    pub site: Option<(Site, SiteRights)>,
}

impl Provider {
    /// The same question for somebody who is known by identifier; what is found goes into what is issued.
    pub(crate) async fn entitled(&self, person: PersonId, client: &Client, epoch: i64) -> Result<Entitled, OAuthError> {
        let person = self.context.store.person(person).await?.ok_or(OAuthError::grant("the person is gone"))?;
        match self.may_issue(&person, client, epoch).await {
            Ok(site) => Ok(Entitled { person, site }),
            Err(error) if error.code == "access_denied" => Err(OAuthError::grant(error.description)),
            Err(error) => Err(error),
        }
    }

    /// Answers the site and the person's rights there when the client is a site.
    pub async fn may_issue(
        &self,
        person: &Person,
        client: &Client,
        epoch: i64,
    ) -> Result<Option<(Site, SiteRights)>, OAuthError> {
        if person.status != PersonStatus::Active || person.epoch != epoch {
            return Err(denied("the person cannot sign in now"));
        }
        self.is_open(client, person).await?;
        let slug = match &client.kind {
            ClientKind::Site { slug } => slug,
            // Also a code that was issued just before the person disconnected the app.
            ClientKind::App if self.context.store.consent(person.id, &client.id).await?.is_none() => {
                return Err(denied("the person has not agreed to this app"));
            }
            ClientKind::App | ClientKind::Gateway => return Ok(None),
        };
        let site = self.context.store.site_by_slug(slug).await?.ok_or(denied("there is no such site"))?;
        let membership = self.context.store.membership_at(person.id, site.id).await?;
        let membership = membership.ok_or(denied("the person has no access to this site"))?;
        match SiteRights::of(&membership, self.context.now()) {
            Ok(mut rights) => {
                // Another trust vouched for a new key: nothing is elevated here until this place confirms it.
                rights.may_elevate &= !self.context.store.holds_of(person.id).await?.contains(&site.place());
                Ok(Some((site, rights)))
            }
            Err(State::NotStarted) => Err(denied("access has not started")),
            Err(State::Paused) => Err(denied("access is paused")),
            Err(State::Ended | State::Live) => Err(denied("access has ended")),
        }
    }

    /// Whether a token of a client still counts for its person: what they agreed to is the client with which it began, however
    /// many services act for them since.
    pub(crate) async fn still_counts(
        &self,
        person: &Person,
        client: &Client,
        facts: &TokenFacts,
    ) -> Result<(), OAuthError> {
        let Some(origin) = &facts.origin else {
            return self.may_issue(person, client, facts.epoch).await.map(|_| ());
        };
        self.is_open(client, person).await?;
        let origin = self.context.store.client(origin).await?.ok_or(denied("the app that began is gone"))?;
        self.may_issue(person, &origin, facts.epoch).await.map(|_| ())
    }

    /// Whether a client is there for a person at all. Asked before they are asked anything in its name.
    pub async fn is_open(&self, client: &Client, person: &Person) -> Result<(), OAuthError> {
        if client.disabled {
            return Err(OAuthError::new("unauthorized_client", "the client is switched off"));
        }
        if let Some(app) = client.app.as_ref().filter(|app| app.stage != AppStage::Live) {
            let seats = self.context.store.seats_of(person.id).await?;
            let tries = seats.iter().any(|seat| seat.trust == app.trust);
            if !tries && !self.context.store.is_test_person(app.trust, person.id).await? {
                return Err(denied("the app is in the sandbox, where only people with a role in its trust can use it"));
            }
        }
        Ok(())
    }
}
