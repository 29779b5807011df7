//! A school's site: its address, look, key rule and elevation times.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::group::group_by_id;
use crate::id::{SiteId, TrustId};
pub use crate::key_policy::{KeyPolicy, KeyRule};
use crate::slug::Slug;

/// One school's site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its identifier.
    pub id: SiteId,
    /// The trust it belongs to; a school may have none.
    pub trust: Option<TrustId>,
    /// The first label of its address.
    pub slug: Slug,
    /// Its full name.
    pub name: String,
    /// Everything an admin may change.
    pub settings: SiteSettings,
}

impl Site {
    /// The client identifier of the site, and the audience of its assertions.
    pub fn client_id(&self) -> String {
        format!("site:{}", self.slug)
    }

    /// Where a proof with a key carries over to: the whole trust, or a lone site. One of the words in a session's proof.
    pub fn place(&self) -> String {
        self.trust.map_or_else(|| format!("site {}", self.slug), place_of)
    }
}

/// The place that all sites of a trust share.
pub fn place_of(trust: TrustId) -> String {
    format!("trust {trust}")
}

/// What an admin may change about a site.
#[expect(clippy::struct_excessive_bools, reason = "each is a box of its own on the page of settings")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteSettings {
    /// Name in the bar, at most 24 characters.
    pub short_name: String,
    /// Accent colour `#rrggbb`, dark enough for white text.
    pub colour: String,
    /// When a key is needed here.
    pub key_rule: KeyRule,
    /// Whether a soft key is not strong enough here.
    pub phishing_resistant_only: bool,
    /// Seconds without a request to this site until elevation ends (300 to 1,800).
    pub elevation_idle: i64,
    /// Seconds until elevation ends whatever happens (900 to 14,400).
    pub elevation_absolute: i64,
    /// Age in seconds up to which a key proof from another site of the trust is accepted (0 to 900).
    pub carry_over: i64,
    /// Where people who need help write to.
    pub support_email: String,
    /// Where they ring.
    pub support_phone: String,
    /// Address of the site's own server, `http://host:port`.
    pub upstream: String,
    /// Whether the gateway puts the Lanyard bar into pages.
    pub bar: bool,
    /// The domain of the school's own mailboxes, lower case; empty when it has none. Who has left the school has left
    /// their address there.
    #[serde(default)]
    pub mail_domain: String,
    /// Domains that they had before: mail to those may reach strangers as well.
    #[serde(default)]
    pub former_mail_domains: Vec<String>,
    /// Whether the site's own server says how many alerts wait for somebody.
    #[serde(default)]
    pub alerts: bool,
    /// Path at which the site takes a concern, `/concerns`; empty when there is none. Somebody whose access has just ended
    /// may still send one there.
    #[serde(default)]
    pub concern_path: String,
    /// Path under which apps may call the site for people who have agreed to it, `/api`; empty when none may.
    #[serde(default)]
    pub api_path: String,
    /// How the DSL is reached when the site does not answer, in the school's own words.
    #[serde(default)]
    pub dsl_contact: String,
    /// Whether pages hide by themselves when somebody turns to another window.
    #[serde(default)]
    pub hide_on_blur: bool,
    /// Whether signing in with a passkey elevates at once. Without it the page that opens in the morning shows base access,
    /// and the first press of Elevate asks for no second touch.
    #[serde(default)]
    pub key_sign_in_elevates: bool,
    /// Stricter rules for members of single user groups, by the group's identifier.
    #[serde(default)]
    pub group_keys: BTreeMap<String, KeyPolicy>,
}

/// A setting that is out of its range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingError {
    /// The field's name.
    pub field: &'static str,
    /// What to show beside it.
    pub message: &'static str,
}

impl SiteSettings {
    /// The rule for everybody at the site.
    pub fn key_policy(&self) -> KeyPolicy {
        KeyPolicy { rule: self.key_rule, strong: self.phishing_resistant_only }
    }

    /// The rule for a member of these groups over the trust's floor: the strictest of all.
    pub fn key_policy_of<'a>(&self, groups: impl IntoIterator<Item = &'a String>, floor: KeyPolicy) -> KeyPolicy {
        let own = groups.into_iter().filter_map(|group| self.group_keys.get(group));
        own.fold(self.key_policy().and(floor), |all, one| all.and(*one))
    }

    /// Every setting that is out of its range, so that all can be mended at once.
    pub fn faults(&self) -> Vec<SettingError> {
        let mut faults = Vec::new();
        let mut check = |ok: bool, field, message| {
            if !ok {
                faults.push(SettingError { field, message });
            }
        };
        let short = self.short_name.trim().chars().count();
        check((1..=24).contains(&short), "short_name", "Short name must be between 1 and 24 characters");
        check(
            contrast_with_white(&self.colour).is_some_and(|ratio| ratio >= 4.5),
            "colour",
            "Choose a darker colour. White text must be easy to read on it",
        );
        check(
            (300..=1_800).contains(&self.elevation_idle),
            "elevation_idle",
            "Idle time must be between 5 and 30 minutes",
        );
        check(
            (900..=14_400).contains(&self.elevation_absolute),
            "elevation_absolute",
            "Longest time must be between 15 and 240 minutes",
        );
        let domain = &self.mail_domain;
        let is_domain =
            crate::email::EmailAddress::parse(&format!("a@{domain}")).is_ok() && *domain == domain.to_lowercase();
        check(domain.is_empty() || is_domain, "mail_domain", "Enter a domain, like larkmoor.example");
        let is_path =
            |path: &str| path.starts_with('/') && path.len() <= 200 && !path.contains(['?', '#', ' ', '\\', '%']);
        let path = &self.concern_path;
        check(path.is_empty() || is_path(path), "concern_path", "Enter the path of the form, like /concerns");
        let path = &self.api_path;
        let whole = is_path(path) && !path.ends_with('/') && !path.starts_with("/.lanyard");
        check(path.is_empty() || whole, "api_path", "Enter a path without a slash at its end, like /api");
        check(
            self.dsl_contact.chars().count() <= 120,
            "dsl_contact",
            "How to reach the DSL must be 120 characters or fewer",
        );
        let known = self.group_keys.keys().all(|group| group_by_id(group).is_some());
        check(known, "group_keys", "Choose user groups from the list");
        check((0..=900).contains(&self.carry_over), "carry_over", "Carry-over must be between 0 and 15 minutes");
        faults
    }
}

/// WCAG contrast of a `#rrggbb` colour with white, from 1 to 21; absent when it is no colour.
pub fn contrast_with_white(colour: &str) -> Option<f64> {
    let digits = colour.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let channel = |at: usize| -> Option<f64> {
        let value = f64::from(u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?) / 255.0;
        Some(if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
    };
    let luminance = 0.2126 * channel(0)? + 0.7152 * channel(2)? + 0.0722 * channel(4)?;
    Some(1.05 / (luminance + 0.05))
}

/// A class (registration or tutor group) of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Whose class it is.
    pub site: SiteId,
    /// The code in claims, lower case, for example `oak`.
    pub code: String,
    /// The name on screen.
    pub name: String,
    /// Its year group, for example `Y1`; empty for mixed ages.
    pub year: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_measured_as_wcag_does() {
        assert!((contrast_with_white("#000000").unwrap() - 21.0).abs() < 0.01);
        assert!(contrast_with_white("#777777").unwrap() < 4.5);
        assert_eq!(contrast_with_white("red"), None);
        assert_eq!(contrast_with_white("#12345é"), None);
    }
}
