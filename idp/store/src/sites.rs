//! Sites and their classes.

use async_trait::async_trait;
use idp_domain::site::{Class, Site};
use idp_domain::{SiteId, Slug};

use crate::effects::Effects;
use crate::error::Result;

/// A picture as PNG, and its hash.
pub type Emblem = (Vec<u8>, String);

/// The port.
#[async_trait]
pub trait Sites: Send + Sync {
    /// Adds a site; `Conflict` when the slug is taken.
    async fn add_site(&self, site: &Site, effects: Effects) -> Result<()>;
    /// Saves name and settings.
    async fn save_site(&self, site: &Site, effects: Effects) -> Result<()>;
    /// Gives a site another slug and keeps the old one for it; `Conflict` when the new one is another site's, now or
    /// before. Where a key of its people counted by its old name, it counts by the new one.
    async fn rename_site(&self, site: &Site, slug: &Slug, effects: Effects) -> Result<()>;
    /// Slugs that sites had before.
    async fn former_slugs(&self) -> Result<Vec<(SiteId, Slug)>>;
    /// One site.
    async fn site(&self, id: SiteId) -> Result<Option<Site>>;
    /// The site with this slug, or that had it before.
    async fn site_by_slug(&self, slug: &Slug) -> Result<Option<Site>>;
    /// All sites, by name.
    async fn sites(&self) -> Result<Vec<Site>>;
    /// A number that changes whenever any site changes; the registry's `ETag`.
    async fn sites_version(&self) -> Result<i64>;
    /// Keeps a site's emblem with its hash, or takes it away.
    async fn save_emblem(&self, site: SiteId, emblem: Option<Emblem>, effects: Effects) -> Result<()>;
    /// A site's emblem.
    async fn emblem(&self, site: SiteId) -> Result<Option<Emblem>>;
    /// The hash of a site's emblem, which changes with it.
    async fn emblem_hash(&self, site: SiteId) -> Result<Option<String>>;
    /// Adds or renames a class.
    async fn save_class(&self, class: &Class) -> Result<()>;
    /// The classes of a site, by year and name.
    async fn classes(&self, site: SiteId) -> Result<Vec<Class>>;
}
