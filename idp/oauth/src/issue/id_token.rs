//! The ID token (OpenID Connect Core §2), signed as the client asks.

use std::time::{Duration, UNIX_EPOCH};

use idp_domain::client::Client;
use idp_domain::person::Person;
use idp_domain::session::Ends;
use idp_domain::{Acr, Amr, Timestamp};
use openidconnect::core::{CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm};
use openidconnect::{
    AccessToken, AddressClaim, Audience, AuthenticationContextClass, AuthenticationMethodReference, EndUserEmail,
    EndUserFamilyName, EndUserGivenName, EndUserName, EndUserPhoneNumber, FormattedAddress, IdToken, IdTokenClaims,
    IssuerUrl, LanguageTag, LocalizedClaim, Nonce, StandardClaims, SubjectIdentifier,
};

use super::claims::{LanyardClaims, SiteClaim};
use crate::may_issue::Entitled;
use crate::{ID_TOKEN_LIFE, OAuthError, Provider};

type OurIdToken = IdToken<LanyardClaims, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// What goes into an ID token beside what the store knows.
pub struct IdTokenFacts {
    /// The client's `nonce`, given back.
    pub nonce: Option<String>,
    /// When the person last proved anything.
    pub auth_time: Timestamp,
    /// How sure we are.
    pub acr: Acr,
    /// By which methods.
    pub amr: Vec<Amr>,
    /// The session.
    pub sid: String,
    /// Granted scopes.
    pub scope: String,
    /// When the session behind it ends.
    pub ends: Option<Ends>,
    /// Whether the key that the person signed in with lifts them at the site at once.
    pub elevates: bool,
}

impl Provider {
    /// Makes the ID token of a client about somebody who may have one. `access` is bound in by `at_hash`.
    pub(crate) async fn id_token(
        &self,
        client: &Client,
        (Entitled { person, site }, facts): (&Entitled, &IdTokenFacts),
        access: &str,
    ) -> Result<String, OAuthError> {
        let broken = || OAuthError::new("server_error", "the ID token could not be made");
        let lanyard = site.as_ref().map(|(site, rights)| {
            // Rights may have changed since the code was made.
            let elevates = facts.elevates && rights.may_elevate;
            SiteClaim { elevates, ..SiteClaim::of(site, rights, (person.epoch, facts.ends)) }
        });
        self.note_app_visit(client, (person.id, &facts.sid)).await?;
        let now = self.context.now();
        let amr = facts
            .amr
            .iter()
            .filter_map(|amr| serde_json::to_value(amr).ok())
            .filter_map(|v| v.as_str().map(|name| AuthenticationMethodReference::new(name.to_owned())));
        let claims = IdTokenClaims::new(
            IssuerUrl::new(self.issuer.clone()).map_err(|_| broken())?,
            vec![Audience::new(client.id.clone())],
            at(now.plus(ID_TOKEN_LIFE)).into(),
            at(now).into(),
            self.standard_claims(client, person, &facts.scope),
            LanyardClaims { sid: Some(facts.sid.clone()), lanyard },
        )
        .set_nonce(facts.nonce.clone().map(Nonce::new))
        .set_auth_time(Some(at(facts.auth_time).into()))
        .set_auth_context_ref(Some(AuthenticationContextClass::new(facts.acr.as_str().to_owned())))
        .set_auth_method_refs((!facts.amr.is_empty()).then(|| amr.collect()));
        let (key, alg) = self.keys.for_alg(client.id_token_alg).ok_or_else(broken)?;
        let access = AccessToken::new(access.to_owned());
        let token = OurIdToken::new(claims, &*key, alg, Some(&access), None).map_err(|_| broken())?;
        Ok(token.to_string())
    }

    /// The standard claims that the scopes open (OpenID Connect Core §5.4).
    pub fn standard_claims(&self, client: &Client, person: &Person, scope: &str) -> StandardClaims<CoreGenderClaim> {
        let has = |wanted: &str| scope.split_whitespace().any(|scope| scope == wanted);
        let mut claims = StandardClaims::new(SubjectIdentifier::new(self.subject(client, person.id)));
        if has("profile") {
            claims = claims
                .set_name(Some(localized(EndUserName::new(person.full_name()))))
                .set_given_name(Some(localized(EndUserGivenName::new(person.first_name.clone()))))
                .set_family_name(Some(localized(EndUserFamilyName::new(person.last_name.clone()))))
                .set_locale(Some(LanguageTag::new(person.language.code().to_owned())));
        }
        if has("email")
            && let Some(email) = &person.email
        {
            claims = claims.set_email(Some(EndUserEmail::new(email.to_string()))).set_email_verified(Some(true));
        }
        if has("phone")
            && let Some(phone) = &person.contact.phone
        {
            // Nobody has called it.
            let number = EndUserPhoneNumber::new(phone.as_str().to_owned());
            claims = claims.set_phone_number(Some(number)).set_phone_number_verified(Some(false));
        }
        if has("address")
            && let Some(address) = &person.contact.address
        {
            let formatted = Some(FormattedAddress::new(address.as_str().to_owned()));
            claims = claims.set_address(Some(AddressClaim { formatted, ..AddressClaim::default() }));
        }
        claims
    }
}

fn localized<T>(value: T) -> LocalizedClaim<T> {
    let mut claim = LocalizedClaim::new();
    claim.insert(None, value);
    claim
}

/// openidconnect counts in the host's time type.
fn at(moment: Timestamp) -> std::time::SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(moment.0).unwrap_or(0))
}
