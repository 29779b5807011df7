//! A site's settings.

use idp_domain::Slug;
use idp_domain::key_policy::KeyPolicy;
use idp_domain::site::{Site, SiteSettings};
use idp_store::{Effects, Signal};

use crate::Directory;
use crate::asker::Asker;
use crate::error::{DirectoryError, Result, refuse_faults};

impl Directory {
    /// Saves a site's settings. Where its own server is cannot be changed here.
    pub async fn save_settings(&self, asker: &Asker, slug: &Slug, settings: SiteSettings) -> Result<()> {
        let seen = asker.site(slug).ok_or(DirectoryError::NotFound)?;
        self.may(asker.person, seen, asker.elevated, ("edit", None, None))?;
        let old = &seen.site.settings;
        let settings = SiteSettings { upstream: old.upstream.clone(), ..settings };
        refuse_faults(settings.faults())?;
        let looser_for = |group: Option<&String>| {
            let new = settings.key_policy_of(group, KeyPolicy::default());
            old.key_policy_of(group, KeyPolicy::default()).is_loosened_by(new)
        };
        let looser = looser_for(None)
            || old.group_keys.keys().any(|group| looser_for(Some(group)))
            || settings.elevation_absolute > old.elevation_absolute
            || settings.elevation_idle > old.elevation_idle
            || settings.carry_over > old.carry_over;
        if looser && !seen.by_trust {
            let reason = "Loosening a key rule or making elevation longer needs an admin of the trust".to_owned();
            return Err(DirectoryError::Refused(reason));
        }
        let site = Site { settings, ..seen.site.clone() };
        let sentence = format!("{} changed the settings of {}", asker.name, site.name);
        let entry = self.entry("site.changed", sentence, &site).by(asker.person);
        let effects = Effects::audit(entry).signal(Signal::RegistryChange);
        Ok(self.context.store.save_site(&site, effects).await?)
    }
}
