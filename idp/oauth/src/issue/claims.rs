//! The claims beside the standard ones.

use idp_domain::rights::SiteRights;
use idp_domain::session::Ends;
use idp_domain::site::Site;
use openidconnect::AdditionalClaims;
use serde::{Deserialize, Serialize};

/// Our claims in an ID token.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LanyardClaims {
    /// Session identifier (OpenID Connect Back-Channel Logout §2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// That one site's facts; only in tokens for a site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lanyard: Option<SiteClaim>,
}

impl AdditionalClaims for LanyardClaims {}

/// What a site is told about a person: facts of that site and of no other (P-02).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteClaim {
    /// Slug of the site.
    pub site: String,
    /// The handle there.
    pub account: String,
    /// Groups that count.
    pub groups: Vec<String>,
    /// `all`, `listed` or `none`.
    pub scope: String,
    /// Codes of the listed classes.
    pub classes: Vec<String>,
    /// Codes of the listed years.
    pub years: Vec<String>,
    /// Whether a key would lift the person.
    pub may_elevate: bool,
    /// Whether the key that they signed in with lifts them already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elevates: bool,
    /// When the membership ends, if it does.
    pub member_until: Option<i64>,
    /// The person's epoch; an older session is worth nothing.
    pub epoch: i64,
    /// Seconds without use after which the session behind this ends; shorter on a shared computer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle: Option<i64>,
    /// When the session behind this ends whatever happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_until: Option<i64>,
}

impl SiteClaim {
    /// The claim of these rights.
    pub fn of(site: &Site, rights: &SiteRights, (epoch, ends): (i64, Option<Ends>)) -> Self {
        Self {
            site: site.slug.to_string(),
            account: rights.account.clone(),
            groups: rights.groups.clone(),
            scope: rights.scope.word().to_owned(),
            classes: rights.scope.classes(),
            years: rights.scope.years(),
            may_elevate: rights.may_elevate,
            elevates: false,
            member_until: rights.until.map(|until| until.0),
            epoch,
            idle: ends.map(|ends| ends.idle),
            session_until: ends.map(|ends| ends.at.0),
        }
    }
}
