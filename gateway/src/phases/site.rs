//! The site of a Host. An unknown one gets the same answer whatever it is; there is no first site (G-08).

use std::sync::Arc;

use super::refuse::Target;
use crate::Inner;
use crate::error::Refusal;
use crate::registry::Site;

/// Finds the site.
pub(crate) fn find(inner: &Inner, target: &Target) -> Result<Arc<Site>, Refusal> {
    let pattern = host_pattern(&inner.settings.site_origin);
    let (before, after) = pattern.split_once("{slug}").ok_or(Refusal::UnknownSite)?;
    let slug = target.host.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    slug.filter(|slug| !slug.contains('.')).and_then(|slug| inner.registry.site(slug)).ok_or(Refusal::UnknownSite)
}

/// The host part of `https://{slug}.example.org:8443`.
fn host_pattern(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    host.split_once(':').map_or(host, |(host, _)| host)
}
