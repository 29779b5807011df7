//! `GET /gateway/v1/sites`: the registry that gateways read (design section 2).

use idp_domain::key_policy::{KeyPolicy, KeyRule};
use idp_domain::site::Site;
use serde::{Deserialize, Serialize};

use crate::userinfo::Bearing;
use crate::{OAuthError, Provider};

/// Scope of a token that may read the registry.
pub const SCOPE: &str = "service:registry";

/// The registry at one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    /// Changes whenever a site does; the `ETag`.
    pub version: i64,
    /// All sites.
    pub sites: Vec<RegisteredSite>,
}

/// What a gateway is told about a site.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own, as in the site's settings")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredSite {
    /// The slug; also the first label of its host.
    pub slug: String,
    /// Slugs that it had before: their hosts lead on to this one.
    pub former: Vec<String>,
    /// Its client identifier.
    pub client_id: String,
    /// Full name of the school.
    pub name: String,
    /// Name in the bar.
    pub short_name: String,
    /// Accent colour.
    pub colour: String,
    /// The trust, by an opaque name; elevation carries over only within it.
    pub place: String,
    /// Address of the site's own server.
    pub upstream: String,
    /// Whether signing in needs a key.
    pub key_to_sign_in: bool,
    /// Whether only passkeys and security keys elevate.
    pub phishing_resistant_only: bool,
    /// The rules for single user groups, as words that change whenever they do.
    pub group_keys: String,
    /// Seconds without a request until elevation ends.
    pub elevation_idle: i64,
    /// Seconds until elevation ends whatever happens.
    pub elevation_absolute: i64,
    /// Seconds for which a key proof carries over.
    pub carry_over: i64,
    /// Where to write for help.
    pub support_email: String,
    /// Where to ring for help.
    pub support_phone: String,
    /// Whether the bar is put into pages.
    pub bar: bool,
    /// Path at which the site takes a concern; empty when there is none.
    pub concern_path: String,
    /// Path under which apps may call the site for people; empty when none may.
    pub api_path: String,
    /// How the DSL is reached when the site does not answer.
    pub dsl_contact: String,
    /// Whether pages hide by themselves when somebody turns to another window.
    pub hide_on_blur: bool,
}

impl Provider {
    /// Whether a token is a gateway's: one with [`SCOPE`].
    pub async fn gateway(&self, bearing: Bearing<'_>) -> Result<(), OAuthError> {
        let (token, _) = self.bearer(bearing).await?;
        if token.facts.scope.split_whitespace().any(|scope| scope == SCOPE) {
            Ok(())
        } else {
            Err(OAuthError::new("insufficient_scope", "scope service:registry is needed"))
        }
    }

    /// The registry, for a token with [`SCOPE`].
    pub async fn registry(&self, bearing: Bearing<'_>) -> Result<Registry, OAuthError> {
        self.gateway(bearing).await?;
        // The version is read first: a change in between is then seen as a newer version next time.
        let version = self.context.store.sites_version().await?;
        let former = self.context.store.former_slugs().await?;
        let mut sites = Vec::new();
        for site in self.context.store.sites().await? {
            let floor = self.context.settings_at(&site).await?.key_floor;
            let own = former.iter().filter(|(id, _)| *id == site.id).map(|(_, slug)| slug.to_string()).collect();
            sites.push(RegisteredSite { former: own, ..registered(&site, site.settings.key_policy().and(floor)) });
        }
        Ok(Registry { version, sites })
    }
}

fn registered(site: &Site, keys: KeyPolicy) -> RegisteredSite {
    let settings = site.settings.clone();
    RegisteredSite {
        slug: site.slug.to_string(),
        former: Vec::new(),
        client_id: site.client_id(),
        name: site.name.clone(),
        short_name: settings.short_name,
        colour: settings.colour,
        place: site.place(),
        upstream: settings.upstream,
        key_to_sign_in: keys.rule == KeyRule::ToSignIn,
        phishing_resistant_only: keys.strong,
        group_keys: serde_json::to_string(&settings.group_keys).unwrap_or_default(),
        elevation_idle: settings.elevation_idle,
        elevation_absolute: settings.elevation_absolute,
        carry_over: settings.carry_over,
        support_email: settings.support_email,
        support_phone: settings.support_phone,
        bar: settings.bar,
        concern_path: settings.concern_path,
        api_path: settings.api_path,
        dsl_contact: settings.dsl_contact,
        hide_on_blur: settings.hide_on_blur,
    }
}
