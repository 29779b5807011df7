//! My sites, last used first; and the same list small, for the Lanyard bar.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use idp_domain::group::group_by_id;
use idp_domain::key::Key;
use idp_domain::key_policy::KeyRule;
use idp_domain::membership::{Membership, State as MemberState};
use idp_domain::person::Person;
use idp_domain::rights::SiteRights;
use idp_domain::site::Site;
use idp_domain::{Acr, PersonId, london};
use serde::Deserialize;

use super::alerts;
use crate::browser::{SignedIn, Visitor};
use crate::page::{Frame, SiteLook, go, look, show};
use crate::{PageError, Web, language, t, t1};

/// One site as a person sees it.
struct Tile {
    look: SiteLook,
    address: String,
    roles: String,
    until: Option<String>,
    state: MemberState,
    starts: Option<String>,
    /// A key is asked for here, and the person has none that counts.
    needs_key: Option<String>,
    /// How many alerts wait there, in words, if there are any and the site says so.
    alerts: Option<String>,
}

#[derive(Template)]
#[template(path = "sites.html")]
struct Page {
    frame: Frame,
    tiles: Vec<Tile>,
    has_key: bool,
    /// One key alone, on a computer of their own, at a calm time of day: a second one is suggested.
    lonely: bool,
    /// Notifications that were not read.
    unread: usize,
}

/// Most schools that are shown as tabs.
const MOST_TABS: usize = 6;

struct Tab {
    name: String,
    slug: String,
    address: String,
}

#[derive(Template)]
#[template(path = "tabs.html")]
struct Tabs {
    tabs: Vec<Tab>,
    here: String,
}

#[derive(Template)]
#[template(path = "switcher.html")]
struct Switcher {
    tiles: Vec<Tile>,
    signed_in: bool,
}

/// One click to each other school, for whoever works at a few; of one, or of more, there are no tabs.
async fn tabs(web: &Web, person: Option<&Person>, here: String) -> Result<Response, PageError> {
    let mut tabs = Vec::new();
    if let Some(person) = person {
        let (store, now) = (&web.signin.context.store, web.signin.context.now());
        let mut places = store.memberships_of(person.id).await?;
        places.retain(|place| place.state(now) == MemberState::Live);
        if !(2..=MOST_TABS).contains(&places.len()) {
            places.clear();
        }
        for place in places {
            tabs.extend(store.site(place.site).await?.map(|site| Tab {
                address: web.settings.address_of(site.slug.as_str()),
                slug: site.slug.to_string(),
                name: site.settings.short_name,
            }));
        }
    }
    // In the same order everywhere: a tab is found by where it is.
    tabs.sort_by(|one, other| one.name.cmp(&other.name));
    let mut page = show(&Tabs { tabs, here })?;
    // It is asked for with every page of every site. Another cookie is another person.
    for (name, value) in [(header::CACHE_CONTROL, "private, max-age=300"), (header::VARY, "cookie")] {
        page.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(page)
}

/// The sites of somebody; their alerts are asked for where they are shown.
async fn tiles(web: &Web, whose: &Person, with_alerts: bool) -> Result<Vec<Tile>, PageError> {
    let person = whose.id;
    let store = &web.signin.context.store;
    let now = web.signin.context.now();
    let mut memberships = store.memberships_of(person).await?;
    memberships.sort_by_key(|membership| std::cmp::Reverse(membership.last_used_at));
    let sites = store.sites().await?;
    let keys = store.keys_of(person).await?;
    let mut tiles = Vec::new();
    let live = |site: &&Site| memberships.iter().any(|one| one.site == site.id && one.state(now) == MemberState::Live);
    let asked: Vec<&Site> = sites.iter().filter(|_| with_alerts).filter(live).collect();
    let counts = alerts::waiting(web, whose, &asked).await;
    for membership in memberships.iter().filter(|membership| membership.state(now) != MemberState::Ended) {
        let Some(site) = sites.iter().find(|site| site.id == membership.site) else { continue };
        tiles.push(Tile {
            look: look(site),
            address: web.settings.address_of(site.slug.as_str()),
            roles: roles(membership),
            until: membership.ends_at.map(language::show_last_day),
            state: membership.state(now),
            starts: membership.starts_at.map(language::show_date),
            needs_key: needs_key(web, site, membership, &keys).await?,
            alerts: match counts.get(&site.id) {
                None | Some(0) => None,
                Some(1) => Some(t("1 alert")),
                Some(count) => Some(t1("{0} alerts", count)),
            },
        });
    }
    Ok(tiles)
}

/// What is missing for a site's rule about keys.
async fn needs_key(web: &Web, site: &Site, membership: &Membership, keys: &[Key]) -> Result<Option<String>, PageError> {
    let Some(asked) = asks(web, site, membership).await? else { return Ok(None) };
    let has = keys.iter().any(|key| key.works() && key.kind.acr() >= asked);
    let due = Some(membership.key_due()).filter(|due| web.signin.context.now() < *due).map(language::show_date);
    Ok(match (has, asked, due) {
        (true, ..) | (_, Acr::Base, _) => None,
        (_, Acr::Key, Some(due)) => Some(t1("Add a key by {0}", due)),
        (_, Acr::Key, None) => Some(t("Needs a key")),
        (_, Acr::PhishingResistant, Some(due)) => Some(t1("Add a passkey or security key by {0}", due)),
        (_, Acr::PhishingResistant, None) => Some(t("Needs a passkey or security key")),
    })
}

/// The least key that a site asks somebody to have, if it asks for one.
async fn asks(web: &Web, site: &Site, membership: &Membership) -> Result<Option<Acr>, PageError> {
    let Ok(rights) = SiteRights::of(membership, web.signin.context.now()) else { return Ok(None) };
    Ok(web.signin.context.key_policy(site, &rights).await?.to_have(rights.may_elevate))
}

/// The short names of the sites that ask somebody to have a key, each with the least that counts there.
pub(super) async fn asked_at(web: &Web, person: PersonId) -> Result<Vec<(String, Acr)>, PageError> {
    let store = &web.signin.context.store;
    let mut asked = Vec::new();
    for membership in store.memberships_of(person).await? {
        let Some(site) = store.site(membership.site).await? else { continue };
        asked.extend(asks(web, &site, &membership).await?.map(|acr| (site.settings.short_name, acr)));
    }
    Ok(asked)
}

/// Whether somewhere signing in needs a key, so that adding one cannot be put off.
pub(crate) async fn key_to_sign_in(web: &Web, person: PersonId) -> Result<bool, PageError> {
    let store = &web.signin.context.store;
    for membership in store.memberships_of(person).await? {
        let Some(site) = store.site(membership.site).await? else { continue };
        let Ok(rights) = SiteRights::of(&membership, web.signin.context.now()) else { continue };
        if web.signin.context.key_policy(&site, &rights).await?.rule >= KeyRule::ToSignIn {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The names of the groups that count.
pub(crate) fn roles(membership: &Membership) -> String {
    let names: Vec<String> =
        membership.active_grants().filter_map(|grant| group_by_id(&grant.group)).map(|g| t(g.name)).collect();
    names.join(", ")
}

pub(crate) async fn show_sites(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let tiles = tiles(&web, &signed_in.person, true).await?;
    let keys = web.signin.context.store.keys_of(signed_in.person.id).await?;
    let has_key = !keys.is_empty();
    let calm = !is_rush(london::local(web.signin.context.now()).time());
    let lonely = keys.len() == 1 && keys.iter().all(Key::works) && !signed_in.session.shared && calm;
    let mut frame = Frame::of("My sites", &signed_in.person, "sites");
    frame.manages = web.directory.manages_anything(&signed_in.person).await?;
    let unread = super::notices::unread(&web, signed_in.person.id).await?;
    show(&Page { frame, tiles, has_key, lonely, unread })
}

/// The three quarters of an hour before lessons begin: nobody adds a key then.
fn is_rush(clock: time::Time) -> bool {
    (time::macros::time!(8:15)..time::macros::time!(9:00)).contains(&clock)
}

/// Where somebody begins who was going nowhere in particular: their site, if there is one alone and nothing to be told or
/// managed; else the list.
pub(crate) async fn start(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let person = &signed_in.person;
    let tiles = tiles(&web, person, false).await?;
    let quiet = !web.directory.manages_anything(person).await? && super::notices::unread(&web, person.id).await? == 0;
    Ok(match tiles.as_slice() {
        [one] if one.state == MemberState::Live && one.needs_key.is_none() && quiet => go(&format!("{}/", one.address)),
        _ => go("/"),
    })
}

#[derive(Deserialize)]
pub(crate) struct Switched {
    /// Only as tabs, beside those of this site.
    tabs: Option<String>,
}

pub(crate) async fn switcher(
    State(web): State<Web>,
    Visitor(visitor): Visitor,
    Query(asked): Query<Switched>,
) -> Result<Response, PageError> {
    if let Some(here) = asked.tabs {
        return tabs(&web, visitor.as_ref().map(|(_, person)| person), here).await;
    }
    let tiles = match &visitor {
        Some((_, person)) => tiles(&web, person, true).await?,
        None => Vec::new(),
    };
    let live = tiles.into_iter().filter(|tile| tile.state == MemberState::Live).collect();
    show(&Switcher { tiles: live, signed_in: visitor.is_some() })
}
