//! "My access, explained" and "My activity": every right and every change in plain sentences.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use idp_domain::group::{Group, group_by_id};
use idp_domain::membership::{Grant, Membership, State as MemberState};
use idp_domain::rights::SiteRights;
use idp_domain::scope::Scope;
use idp_domain::site::Class;
use serde::Deserialize;

use crate::browser::SignedIn;
use crate::log_words::told;
use crate::page::{Frame, SiteLook, look, show};
use crate::{PageError, Web, language, t, t1, t2};

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
            sentences.push(t1(
                "Elevating is on hold until {0} confirms your new key, because another trust gave you a temporary pass.",
                &site.name,
            ));
        }
        if let Ok(rights) = SiteRights::of(&membership, web.signin.context.now()) {
            sentences.extend(web.signin.context.key_policy(&site, &rights).await?.sentence().map(t));
        }
        places.push(Place { look: look(&site), sentences });
    }
    let mut frame = Frame::of("My access, explained", person, "account");
    frame.manages = web.directory.manages_anything(person).await?;
    show(&Page { frame, places })
}

fn state_of(membership: &Membership, state: MemberState) -> Vec<String> {
    let day = |moment: Option<idp_domain::Timestamp>| moment.map(language::show_date).unwrap_or_default();
    match state {
        MemberState::Live => match membership.ends_at {
            Some(end) => vec![t1("You have access until {0}.", language::show_last_day(end))],
            None => vec![t("You have access, with no end date.")],
        },
        MemberState::NotStarted => vec![t1("Your access starts on {0}.", day(membership.starts_at))],
        MemberState::Paused => vec![t("Your access is paused. Talk to the school office.")],
        MemberState::Ended => vec![t("Your access has ended.")],
    }
}

/// For example: `Class teacher, for Oak and Elm: can record … Given by Joss Winterbourne.`
fn sentence(group: &Group, grant: &Grant, classes: &[Class], by: Option<String>) -> String {
    let name = t(group.name);
    let first = match (&grant.scope, group.reads_records) {
        (_, false) => format!("{name}."),
        (Scope::All, true) => t1("{0}, for all classes.", name),
        (Scope::None, true) => t1("{0}, for no class yet: ask your site admin to name your classes.", name),
        (scope, true) => {
            let class = |code: &String| {
                classes
                    .iter()
                    .find(|class| class.code == *code)
                    .map_or_else(|| code.clone(), |class| class.name.clone())
            };
            let mut names: Vec<String> = scope.classes().iter().map(class).collect();
            names.extend(scope.years().into_iter().map(|year| t1("year {0}", year)));
            t2("{0}, for {1}.", name, and(&names))
        }
    };
    let by = by.map(|name| t2("Given by {0} on {1}.", name, language::show_date(grant.id.made_at())));
    let waits = grant.pending.then(|| t("It waits for a second person and counts for nothing until then."));
    let parts = [Some(first), Some(t(group.sentence)), by, waits];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// `a`, `a and b`, `a, b and c`.
fn and(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => t2("{0} and {1}", most.join(", "), last),
    }
}

#[derive(Template)]
#[template(path = "activity.html")]
struct Activity {
    frame: Frame,
    lines: Vec<(String, String)>,
    /// The pages before and after this one.
    newer: Option<i64>,
    older: Option<i64>,
}

/// How far back activity is shown, in seconds: 12 months.
const YEAR: i64 = 365 * 24 * 3600;
/// Lines of activity on one page.
const LINES: i64 = 100;

#[derive(Deserialize)]
pub(crate) struct Which {
    /// Which page, from 1 on.
    page: Option<i64>,
}

pub(crate) async fn activity(
    State(web): State<Web>,
    signed_in: SignedIn,
    Query(which): Query<Which>,
) -> Result<Response, PageError> {
    let number = which.page.unwrap_or(1).clamp(1, 1000);
    let (context, person) = (&web.signin.context, &signed_in.person);
    let since = context.now().plus(-YEAR);
    // One more than fits, to know whether there is another page.
    let span = (LINES + 1, (number - 1) * LINES);
    let mut entries = context.store.audit_of(&[person.id], since, &[], span).await?;
    let size = usize::try_from(LINES).unwrap_or_default();
    let older = (entries.len() > size).then_some(number + 1);
    entries.truncate(size);
    let lines = entries.into_iter().map(|entry| (language::show(entry.at), told(&entry.sentence))).collect();
    let mut frame = Frame::of("My activity", person, "account");
    frame.manages = web.directory.manages_anything(person).await?;
    show(&Activity { frame, lines, newer: Some(number - 1).filter(|page| *page > 0), older })
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
