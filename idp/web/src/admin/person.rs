//! One person: places, groups, classes, dates, keys by name, history, and the safe actions.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use idp_directory::asker::Asker;
use idp_directory::memberships::Change;
use idp_directory::{DirectoryError, FieldFault};
use idp_domain::group::GROUPS;
use idp_domain::membership::{Membership, MembershipStatus, Source};
use idp_domain::person::PersonStatus;
use idp_domain::scope::Scope;
use idp_domain::site::Class;
use idp_domain::{MembershipId, PersonId, london};

use super::wanted::{Fields, iso};
use super::{Admin, refused};
use crate::page::{Fault, Frame, form_head, go, show_with};
use crate::{PageError, Web};

struct Place {
    id: String,
    site: String,
    state: &'static str,
    groups: Vec<GroupBox>,
    scope: &'static str,
    classes: Vec<Choice>,
    years: Vec<Choice>,
    starts: String,
    ends: String,
    status: &'static str,
}

struct GroupBox {
    id: &'static str,
    name: &'static str,
    on: bool,
    waiting: bool,
}

struct Choice {
    code: String,
    name: String,
    on: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own that the page shows or not")]
#[derive(Template)]
#[template(path = "admin_person.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    id: String,
    name: String,
    login: String,
    /// Whether a link is sent to their mailbox, or printed; nothing for whoever is here for a day.
    link: Option<bool>,
    suspended: bool,
    /// Who asked to give the access back, when, and whether that was the one who looks.
    restore: Option<(String, String, bool)>,
    elsewhere: bool,
    /// Elevating waits here until somebody confirms the person's new key.
    held: bool,
    /// Since when emails do not arrive, and what the other server said.
    bounce: Option<(String, String)>,
    keys: Vec<String>,
    places: Vec<Place>,
    history: Vec<(String, String)>,
    elevated: bool,
    faults: Vec<Fault>,
}

pub(crate) async fn show_person(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let person: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    render(&web, &admin, person, None).await
}

/// The page; with `typed`, a form of it that needs mending: whose place, what was typed, and what is wrong.
async fn render(
    web: &Web,
    admin: &Admin,
    person: PersonId,
    typed: Option<(MembershipId, &Fields, Vec<Fault>)>,
) -> Result<Response, PageError> {
    let seen = web.directory.person(&admin.asker, person).await.map_err(|error| refused(error, "/admin/people"))?;
    let asked = web.directory.restore_asked(&admin.asker, person).await;
    let asked = asked.map_err(|error| refused(error, "/admin/people"))?;
    let restore = asked.map(|asked| (asked.by_name, london::show(asked.at), asked.by == admin.person.id));
    let holds = web.signin.context.store.holds_of(person).await?;
    let held = admin.asker.sites.iter().any(|one| {
        holds.contains(&one.site.place()) && seen.memberships.iter().any(|membership| membership.site == one.site.id)
    });
    let mut places = Vec::new();
    for membership in &seen.memberships {
        let fields = typed.as_ref().filter(|(id, ..)| *id == membership.id).map(|(_, fields, _)| *fields);
        places.push(place(web, &admin.asker, membership, fields).await?);
    }
    let history = web.directory.audit(&admin.asker, Some(person), "").await;
    let history = history.map_err(|error| refused(error, "/admin/people"))?;
    let address = seen.person.email.as_ref().map(idp_domain::email::EmailAddress::folded);
    let bounces = web.signin.context.store.bounces_of(address.as_slice()).await?;
    let faults = typed.map(|(.., faults)| faults).unwrap_or_default();
    let mailbox = web.directory.mailbox_of(&seen.person).await.map_err(|error| refused(error, "/admin/people"))?;
    let link = seen.memberships.iter().any(|place| place.source != Source::Pass).then_some(mailbox.is_some());
    let (status, title) = form_head(&seen.person.full_name(), &faults);
    let page = Page {
        frame: admin.frame(&title),
        tab: "people",
        name: seen.person.full_name(),
        login: seen.person.login(),
        link,
        suspended: seen.person.status == PersonStatus::Suspended,
        restore,
        elsewhere: seen.elsewhere,
        held,
        bounce: bounces.into_iter().next().map(|bounce| (london::show(bounce.at), bounce.problem)),
        keys: seen.keys.into_iter().map(|(_, name, kind)| format!("{name} ({kind})")).collect(),
        places,
        history: history.into_iter().map(|entry| (london::show(entry.at), entry.sentence)).collect(),
        elevated: admin.asker.elevated,
        id: person.to_string(),
        faults,
    };
    show_with(status, &page)
}

async fn place(web: &Web, asker: &Asker, membership: &Membership, typed: Option<&Fields>) -> Result<Place, PageError> {
    let store = &web.signin.context.store;
    let site = asker.sites.iter().find(|seen| seen.site.id == membership.site).ok_or(PageError::NotFound)?;
    let wanted = typed.map(Fields::wanted);
    let scopes: Vec<&Scope> = match &wanted {
        Some(wanted) => vec![&wanted.scope],
        None => membership.grants.iter().map(|grant| &grant.scope).collect(),
    };
    let all = scopes.iter().any(|scope| **scope == Scope::All);
    let classes: Vec<String> = scopes.iter().flat_map(|scope| scope.classes()).collect();
    let years: Vec<String> = scopes.iter().flat_map(|scope| scope.years()).collect();
    let on = |id: &str| match &wanted {
        Some(wanted) => wanted.groups.iter().any(|group| group == id),
        None => membership.grants.iter().any(|grant| grant.group == id),
    };
    let known = store.classes(membership.site).await?;
    let listed = !classes.is_empty() || !years.is_empty();
    Ok(Place {
        id: membership.id.to_string(),
        site: site.site.name.clone(),
        state: membership.state(web.signin.context.now()).title(),
        groups: GROUPS
            .iter()
            .map(|group| {
                let waiting = membership.grants.iter().any(|grant| grant.group == group.id && grant.pending);
                GroupBox { id: group.id, name: group.name, on: on(group.id), waiting }
            })
            .collect(),
        scope: if all {
            "all"
        } else if listed {
            "listed"
        } else {
            "none"
        },
        classes: class_boxes(&known, &classes),
        years: year_boxes(&known, &years),
        starts: match typed {
            Some(typed) => typed.one("starts").to_owned(),
            None => membership.starts_at.map(iso).unwrap_or_default(),
        },
        ends: match typed {
            Some(typed) => typed.one("ends").to_owned(),
            None => membership.ends_at.map(|end| iso(end.plus(-1))).unwrap_or_default(),
        },
        status: match membership.status {
            MembershipStatus::Active => "active",
            MembershipStatus::Paused { .. } => "paused",
            MembershipStatus::Ended => "ended",
        },
    })
}

fn class_boxes(known: &[Class], on: &[String]) -> Vec<Choice> {
    let choice =
        |class: &Class| Choice { on: on.contains(&class.code), code: class.code.clone(), name: class.name.clone() };
    known.iter().map(choice).collect()
}

fn year_boxes(known: &[Class], on: &[String]) -> Vec<Choice> {
    let mut years: Vec<String> = known.iter().map(|class| class.year.clone()).filter(|year| !year.is_empty()).collect();
    years.dedup();
    years.into_iter().map(|year| Choice { on: on.contains(&year), name: year.clone(), code: year }).collect()
}

pub(crate) async fn change(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, PageError> {
    let id: MembershipId = id.parse().map_err(|_| PageError::NotFound)?;
    let membership = web.signin.context.store.membership(id).await?.ok_or(PageError::NotFound)?;
    let back = format!("/admin/people/{}", membership.person);
    let fields = Fields::read(&body);
    let mut faults = Vec::new();
    let (starts_at, ends_at) = fields.dates(&mut faults);
    let status = match fields.one("status") {
        "active" => MembershipStatus::Active,
        "paused" => MembershipStatus::Paused { until: None },
        "ended" => MembershipStatus::Ended,
        _ => return Err(PageError::NotFound),
    };
    // A pause with an end, and an end at another time of day than midnight, stay as they are when nobody changed them.
    let status = match (status, membership.status) {
        (MembershipStatus::Paused { .. }, old @ MembershipStatus::Paused { .. }) => old,
        (status, _) => status,
    };
    let same_day = membership.ends_at.is_some_and(|old| iso(old.plus(-1)) == fields.one("ends"));
    let ends_at = if same_day { membership.ends_at } else { ends_at };
    let change = Change { wanted: fields.wanted(), starts_at, ends_at, status };
    let outcome = if faults.is_empty() {
        web.directory.change(&admin.asker, id, &change).await
    } else {
        Err(DirectoryError::Faults(faults))
    };
    match outcome {
        Ok(()) => Ok(go(&back)),
        Err(DirectoryError::Faults(faults)) => {
            let fault = |fault: FieldFault| match fault.field {
                "starts" | "ends" => Fault { field: format!("{}-{id}", fault.field).into(), message: fault.message },
                _ => Fault { field: format!("place-{id}").into(), message: fault.message },
            };
            let faults = faults.into_iter().map(fault).collect();
            render(&web, &admin, membership.person, Some((id, &fields, faults))).await
        }
        Err(other) => Err(refused(other, &back)),
    }
}

pub(crate) async fn remove(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, PageError> {
    let person: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    let quiet = Fields::read(&body).one("mode") == "quiet";
    let back = format!("/admin/people/{person}");
    web.directory.remove_now(&admin.asker, person, quiet).await.map_err(|error| refused(error, &back))?;
    Ok(go(&back))
}

/// Asks to give somebody their access back, or decides what another admin asked for.
pub(crate) async fn restore(
    State(web): State<Web>,
    admin: Admin,
    Path(id): Path<String>,
    body: String,
) -> Result<Response, PageError> {
    let person: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    let back = format!("/admin/people/{person}");
    let done = match Fields::read(&body).one("answer") {
        "approve" => web.directory.decide_restore(&admin.asker, person, true).await,
        "refuse" => web.directory.decide_restore(&admin.asker, person, false).await,
        _ => web.directory.ask_restore(&admin.asker, person).await,
    };
    done.map_err(|error| refused(error, &back))?;
    Ok(go(&back))
}
