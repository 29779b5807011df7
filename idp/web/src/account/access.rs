//! "My access, explained" and "My activity": every right and every change in plain sentences.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use idp_domain::group::{Group, group_by_id};
use idp_domain::london;
use idp_domain::membership::{Grant, Membership, State as MemberState};
use idp_domain::rights::SiteRights;
use idp_domain::scope::Scope;
use idp_domain::site::Class;

use crate::browser::SignedIn;
use crate::page::{Frame, SiteLook, look, show};
use crate::{PageError, Web};

/// One site's rights in sentences.
struct Place {
    look: SiteLook,
    sentences: Vec<String>,
}

#[derive(Template)]
#[template(path = "access.html")]
struct Page {
    frame: Frame,
    places: Vec<Place>,
}

pub(crate) async fn explain(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let (store, person) = (&web.signin.context.store, &signed_in.person);
    let holds = store.holds_of(person.id).await?;
    let mut places = Vec::new();
    for membership in store.memberships_of(person.id).await? {
        let Some(site) = store.site(membership.site).await? else { continue };
        let classes = store.classes(site.id).await?;
        let mut sentences = state_of(&membership, membership.state(web.signin.context.now()));
        for grant in &membership.grants {
            let by = match grant.granted_by {
                Some(id) => store.person(id).await?.map(|person| person.full_name()),
                None => None,
            };
            sentences.extend(group_by_id(&grant.group).map(|group| sentence(group, grant, &classes, by)));
        }
        if holds.contains(&site.place()) {
            sentences.push(format!(
                "Elevating is on hold until {} confirms your new key, because another trust gave you a temporary pass.",
                site.name
            ));
        }
        if let Ok(rights) = SiteRights::of(&membership, web.signin.context.now()) {
            sentences.extend(web.provider.key_policy(&site, &rights).await?.sentence().map(str::to_owned));
        }
        places.push(Place { look: look(&site), sentences });
    }
    let mut frame = Frame::of("My access, explained", person, "account");
    frame.manages = web.directory.manages_anything(person).await?;
    show(&Page { frame, places })
}

fn state_of(membership: &Membership, state: MemberState) -> Vec<String> {
    let day = |moment: Option<idp_domain::Timestamp>| moment.map(london::show_date).unwrap_or_default();
    match state {
        MemberState::Live => match membership.ends_at {
            Some(end) => vec![format!("You have access until {}.", london::show_last_day(end))],
            None => vec!["You have access, with no end date.".to_owned()],
        },
        MemberState::NotStarted => vec![format!("Your access starts on {}.", day(membership.starts_at))],
        MemberState::Paused => vec!["Your access is paused. Talk to the school office.".to_owned()],
        MemberState::Ended => vec!["Your access has ended.".to_owned()],
    }
}

/// For example: `Class teacher, for Oak and Elm: can record … Given by Joss Winterbourne.`
fn sentence(group: &Group, grant: &Grant, classes: &[Class], by: Option<String>) -> String {
    let limits = match (&grant.scope, group.reads_records) {
        (_, false) => String::new(),
        (Scope::All, true) => ", for all classes".to_owned(),
        (Scope::None, true) => ", for no class yet: ask your site admin to name your classes".to_owned(),
        (scope, true) => {
            let name = |code: &String| {
                classes
                    .iter()
                    .find(|class| class.code == *code)
                    .map_or_else(|| code.clone(), |class| class.name.clone())
            };
            let mut names: Vec<String> = scope.classes().iter().map(name).collect();
            names.extend(scope.years().into_iter().map(|year| format!("year {year}")));
            format!(", for {}", and(&names))
        }
    };
    let by = by.map(|name| format!(" Given by {name}.")).unwrap_or_default();
    let waits = if grant.pending { " It waits for a second person and counts for nothing until then." } else { "" };
    format!("{}{limits}. {}{by}{waits}", group.name, group.sentence)
}

/// `a`, `a and b`, `a, b and c`.
fn and(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[derive(Template)]
#[template(path = "activity.html")]
struct Activity {
    frame: Frame,
    lines: Vec<(String, String)>,
}

/// How far back activity is shown, in seconds: 12 months.
const YEAR: i64 = 365 * 24 * 3600;
/// Most lines of activity.
const MOST: i64 = 300;

pub(crate) async fn activity(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let (context, person) = (&web.signin.context, &signed_in.person);
    let entries = context.store.audit_of(person.id, context.now().plus(-YEAR), MOST).await?;
    let lines = entries.into_iter().map(|entry| (london::show(entry.at), entry.sentence)).collect();
    let mut frame = Frame::of("My activity", person, "account");
    frame.manages = web.directory.manages_anything(person).await?;
    show(&Activity { frame, lines })
}

#[cfg(test)]
mod tests {
    use super::and;

    #[test]
    fn lists_read_as_people_say_them() {
        let names = |list: &[&str]| and(&list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(names(&["Oak"]), "Oak");
        assert_eq!(names(&["Oak", "Elm", "Ash"]), "Oak, Elm and Ash");
    }
}
