//! Whether a form comes from a site's own pages (L-07, S-24).

use http::HeaderMap;

use crate::Settings;

/// Where a browser says which page a form is from, that is the answer: under `no-referrer` its Origin is `null`.
pub(crate) fn is_own_form(settings: &Settings, headers: &HeaderMap, slug: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(from) => from == "same-origin",
        None => text("origin") == Some(&settings.origin_of(slug)),
    }
}
