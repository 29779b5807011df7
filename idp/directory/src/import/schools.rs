//! Which of the admin's sites a row means. Exact, slug, or with only "School" missing; anything else is asked.

use idp_domain::site::Site;

/// What a cell of the school column means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum School<'a> {
    /// This one.
    Found(&'a Site),
    /// Ask; this one is suggested.
    Ask(Option<&'a Site>),
}

pub(super) fn school<'a>(cell: &str, sites: &'a [Site]) -> School<'a> {
    if cell.is_empty()
        && let [only] = sites
    {
        return School::Found(only);
    }
    if let Some(site) = sites.iter().find(|site| is_called(site, cell)) {
        return School::Found(site);
    }
    let asked = folded(cell);
    let likeness = |site: &&Site| {
        let name = folded(&site.name);
        let starts = !asked.is_empty() && name.starts_with(&asked);
        (if starts { 2.0 } else { strsim::jaro_winkler(&name, &asked) }, site.slug.to_string())
    };
    let nearest =
        sites.iter().max_by(|a, b| likeness(a).partial_cmp(&likeness(b)).unwrap_or(std::cmp::Ordering::Equal));
    School::Ask(nearest.filter(|site| likeness(site).0 > 0.8))
}

/// Whether a site is called this: its name, with or without "School", or its slug.
pub(crate) fn is_called(site: &Site, name: &str) -> bool {
    let (own, asked) = (folded(&site.name), folded(name));
    own == asked || own.strip_suffix(" school") == Some(&asked) || site.slug.as_str() == name
}

fn folded(name: &str) -> String {
    idp_domain::person::fold_name(name).replace("st. ", "st ")
}
