//! Sites and their settings.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use idp_directory::asker::SeenSite;
use idp_directory::emblem::MOST_BYTES;
use idp_directory::{DirectoryError, FieldFault};
use idp_domain::Slug;
use idp_domain::group::GROUPS;
use idp_domain::key_policy::{CHOICES, KeyPolicy, KeyRule};
use idp_domain::site::{Site, SiteSettings};

use super::wanted::Fields;
use super::{Admin, refused};
use crate::page::{Fault, Frame, go, show, show_with, shown};
use crate::{PageError, Web};

struct Line {
    slug: String,
    name: String,
    people: usize,
    admins: usize,
    /// How many should have a key by now and have none.
    late: usize,
    rule: &'static str,
}

#[derive(Template)]
#[template(path = "admin_sites.html")]
struct List {
    frame: Frame,
    tab: &'static str,
    lines: Vec<Line>,
    /// Identifier and name of each trust whose settings may be changed.
    trusts: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "admin_site.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    slug: String,
    name: String,
    settings: SiteSettings,
    /// Whether there is an emblem.
    emblem: bool,
    faults: Vec<Fault>,
}

impl Page {
    /// The groups with their own rule: identifier, name, the rule's word.
    fn groups(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let word = |id| self.settings.group_keys.get(id).map_or("", |policy| policy.word());
        GROUPS.iter().filter(|group| group.may_elevate).map(|group| (group.id, group.name, word(group.id))).collect()
    }

    /// The site's own rule without the question of kinds, which is a box of its own.
    fn rule(&self) -> &'static str {
        KeyPolicy { rule: self.settings.key_rule, strong: false }.word()
    }
}

pub(crate) async fn list(State(web): State<Web>, admin: Admin) -> Result<Response, PageError> {
    let now = web.signin.context.now();
    let mut lines = Vec::new();
    for seen in &admin.asker.sites {
        let memberships = web.signin.context.store.memberships_at(seen.site.id).await?;
        let live: Vec<_> = memberships.iter().filter_map(|m| idp_domain::rights::SiteRights::of(m, now).ok()).collect();
        let late = web.directory.late_with_key(std::slice::from_ref(seen), &memberships).await;
        let late = late.map_err(|error| refused(error, "/admin/sites"))?;
        lines.push(Line {
            slug: seen.site.slug.to_string(),
            name: seen.site.name.clone(),
            people: live.len(),
            late: late.len(),
            admins: live.iter().filter(|rights| rights.administers()).count(),
            rule: rule_of(&web, seen).await?,
        });
    }
    let trusts = web.directory.trusts(&admin.asker).await.map_err(|error| refused(error, "/admin/sites"))?;
    let trusts = trusts.into_iter().map(|trust| (trust.id.to_string(), trust.name)).collect();
    show(&List { frame: admin.frame("Sites"), tab: "sites", lines, trusts })
}

/// The rule for everybody at a site, the trust's floor included.
async fn rule_of(web: &Web, seen: &SeenSite) -> Result<&'static str, PageError> {
    let floor = web.signin.context.settings_at(&seen.site).await?.key_floor;
    let word = seen.site.settings.key_policy().and(floor).word();
    Ok(CHOICES.iter().find(|(known, _)| *known == word).map_or("", |(_, words)| words))
}

/// Rules of single groups; a group without one has the site's.
fn group_keys(fields: &Fields) -> BTreeMap<String, KeyPolicy> {
    let chosen = fields.under("group_key:").into_iter();
    chosen.filter_map(|(group, word)| Some((group, KeyPolicy::parse(&word)?))).collect()
}

fn seen<'a>(admin: &'a Admin, slug: &str) -> Result<&'a SeenSite, PageError> {
    Slug::parse(slug).ok().and_then(|slug| admin.asker.site(&slug)).ok_or(PageError::NotFound)
}

pub(crate) async fn show_site(
    State(web): State<Web>,
    admin: Admin,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    let site = &seen(&admin, &slug)?.site;
    page(&web, &admin, site, (site.settings.clone(), vec![])).await
}

/// The settings as they are or as they were typed.
async fn page(
    web: &Web,
    admin: &Admin,
    site: &Site,
    (settings, faults): (SiteSettings, Vec<Fault>),
) -> Result<Response, PageError> {
    let (status, error) = match faults.is_empty() {
        true => (StatusCode::OK, ""),
        false => (StatusCode::UNPROCESSABLE_ENTITY, "Error: "),
    };
    let frame = admin.frame(&format!("{error}Settings of {}", site.name));
    let emblem = web.signin.context.store.emblem_hash(site.id).await?.is_some();
    let (slug, name) = (site.slug.to_string(), site.name.clone());
    show_with(status, &Page { frame, tab: "sites", slug, name, settings, emblem, faults })
}

pub(crate) async fn save_emblem(
    State(web): State<Web>,
    admin: Admin,
    Path(slug): Path<String>,
    mut form: Multipart,
) -> Result<Response, PageError> {
    let site = seen(&admin, &slug)?.site.clone();
    let mut upload = Vec::new();
    while let Ok(Some(field)) = form.next_field().await {
        if field.name() == Some("emblem") {
            // What is cut off for its size is as good as too large.
            upload = field.bytes().await.map_or_else(|_| vec![0; MOST_BYTES + 1], |bytes| bytes.to_vec());
        }
    }
    let saved = match upload.is_empty() {
        true => Err(DirectoryError::Faults(vec![FieldFault::new("emblem", "Choose a picture")])),
        false => web.directory.save_emblem(&admin.asker, &site.slug, &upload).await,
    };
    answered(&web, &admin, &site, (saved, site.settings.clone())).await
}

pub(crate) async fn remove_emblem(
    State(web): State<Web>,
    admin: Admin,
    Path(slug): Path<String>,
) -> Result<Response, PageError> {
    let site = seen(&admin, &slug)?.site.clone();
    let gone = web.directory.save_emblem(&admin.asker, &site.slug, &[]).await;
    answered(&web, &admin, &site, (gone, site.settings.clone())).await
}

/// Back to the page, or the same page with its faults.
async fn answered(
    web: &Web,
    admin: &Admin,
    site: &Site,
    (done, settings): (Result<(), DirectoryError>, SiteSettings),
) -> Result<Response, PageError> {
    let here = format!("/admin/sites/{}", site.slug);
    match done {
        Ok(()) => Ok(go(&here)),
        Err(DirectoryError::Faults(faults)) => page(web, admin, site, (settings, shown(faults))).await,
        Err(other) => Err(refused(other, &here)),
    }
}

pub(crate) async fn save(
    State(web): State<Web>,
    admin: Admin,
    Path(slug): Path<String>,
    body: String,
) -> Result<Response, PageError> {
    let site = seen(&admin, &slug)?.site.clone();
    let fields = Fields::read(&body);
    let minutes = |name: &str| fields.one(name).parse::<i64>().ok().and_then(|n| n.checked_mul(60)).unwrap_or(-1);
    let settings = SiteSettings {
        short_name: fields.one("short_name").to_owned(),
        colour: fields.one("colour").to_owned(),
        key_rule: KeyPolicy::parse(fields.one("key_rule")).map_or(KeyRule::ToElevate, |policy| policy.rule),
        phishing_resistant_only: !fields.one("phishing_resistant_only").is_empty(),
        elevation_idle: minutes("elevation_idle"),
        elevation_absolute: minutes("elevation_absolute"),
        carry_over: minutes("carry_over"),
        support_email: fields.one("support_email").to_owned(),
        support_phone: fields.one("support_phone").to_owned(),
        upstream: site.settings.upstream.clone(),
        bar: !fields.one("bar").is_empty(),
        mail_domain: fields.one("mail_domain").to_lowercase(),
        former_mail_domains: site.settings.former_mail_domains.clone(),
        alerts: !fields.one("alerts").is_empty(),
        concern_path: fields.one("concern_path").trim().to_owned(),
        api_path: fields.one("api_path").trim().to_owned(),
        dsl_contact: fields.one("dsl_contact").trim().to_owned(),
        hide_on_blur: !fields.one("hide_on_blur").is_empty(),
        key_sign_in_elevates: !fields.one("key_sign_in_elevates").is_empty(),
        group_keys: group_keys(&fields),
    };
    let saved = web.directory.save_settings(&admin.asker, &site.slug, settings.clone()).await;
    answered(&web, &admin, &site, (saved, settings)).await
}
