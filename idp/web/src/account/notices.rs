//! Notifications: what happened to somebody's account and access, and for site admins to the keys of those who may see
//! records, for those who would have wanted to know.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use idp_domain::audit::AuditEntry;
use idp_domain::{PersonId, Timestamp};

use crate::browser::SignedIn;
use crate::log_words::told;
use crate::page::{Frame, go, show};
use crate::{PageError, Web, language, t};

/// How far back, in seconds: 90 days.
const REACH: i64 = 90 * 24 * 3600;
/// Most entries that are looked through.
const MOST: i64 = 500;

struct Line {
    title: String,
    /// The sentence of the log.
    sentence: String,
    at: String,
    unread: bool,
}

#[derive(Template)]
#[template(path = "notices.html")]
struct Page {
    frame: Frame,
    lines: Vec<Line>,
    unread: usize,
}

/// What kinds of events mean for their person. Left out is what they did on purpose a moment ago and see anyway.
const TITLES: [(&str, &str); 25] = [
    ("key.added", "A key was added to your account"),
    ("key.removed", "A key was removed"),
    ("key.suspended", "A key was suspended"),
    ("key.resumed", "A key was switched on again"),
    ("key.copied", "A key may have been copied"),
    ("key.renamed", "A key was renamed"),
    ("recovery.made", "New recovery codes were made"),
    ("link.printed", "A link to set a password was printed for you"),
    ("signin.tried", "Someone tried to sign in as you"),
    ("password.set", "Your password was changed"),
    ("address.changed", "Your email address was changed"),
    ("address.undone", "A change of your email address was undone"),
    ("recovery.used", "A recovery code was used"),
    ("pass.made", "A temporary pass was made for you"),
    ("pass.used", "A temporary pass was used"),
    ("browser.new", "You signed in somewhere new"),
    ("upstream.linked", "Another account was linked"),
    ("upstream.unlinked", "Another account was unlinked"),
    ("person.joined", "Your sign-ins were joined"),
    ("membership.changed", "Your access was changed"),
    ("grant.approved", "A user group was approved"),
    ("grant.refused", "A user group was not approved"),
    ("access.refused", "Your request was not approved"),
    ("hold.lifted", "Your new key was confirmed"),
    ("person.restored", "Your access was given back"),
];

/// What a site admin hears of colleagues who may see records.
const COLLEAGUES: [(&str, &str); 3] = [
    ("key.added", "A colleague added a key"),
    ("key.removed", "A colleague removed a key"),
    ("key.renamed", "A colleague renamed a key"),
];

async fn entries(web: &Web, person: PersonId, since: Timestamp) -> Result<Vec<(AuditEntry, &'static str)>, PageError> {
    let mut entries = entitled(web, &[person], &TITLES, since).await?;
    entries.extend(entitled(web, &web.directory.looks_after(person).await?, &COLLEAGUES, since).await?);
    entries.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.at));
    Ok(entries)
}

/// The events about these people that have a title.
async fn entitled(
    web: &Web,
    people: &[PersonId],
    titles: &[(&'static str, &'static str)],
    since: Timestamp,
) -> Result<Vec<(AuditEntry, &'static str)>, PageError> {
    let kinds: Vec<&str> = titles.iter().map(|(kind, _)| *kind).collect();
    let since = since.max(web.signin.context.now().plus(-REACH));
    let entries = web.signin.context.store.audit_of(people, since, &kinds, (MOST, 0)).await?;
    let title = |event: &str| titles.iter().find(|(kind, _)| *kind == event).map(|(_, title)| *title);
    Ok(entries.into_iter().filter_map(|entry| title(&entry.event).map(|title| (entry, title))).collect())
}

/// How many somebody has not read yet.
pub(super) async fn unread(web: &Web, person: PersonId) -> Result<usize, PageError> {
    let read_at = web.signin.context.store.notices_read_at(person).await?;
    Ok(entries(web, person, read_at).await?.iter().filter(|(entry, _)| entry.at > read_at).count())
}

pub(crate) async fn list(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let person = &signed_in.person;
    let read_at = web.signin.context.store.notices_read_at(person.id).await?;
    let lines: Vec<Line> = entries(&web, person.id, Timestamp(0))
        .await?
        .into_iter()
        .map(|(entry, title)| Line {
            title: t(title),
            at: language::show(entry.at),
            unread: entry.at > read_at,
            sentence: told(&entry.sentence),
        })
        .collect();
    let unread = lines.iter().filter(|line| line.unread).count();
    let mut frame = Frame::of("Notifications", person, "account");
    frame.manages = web.directory.manages_anything(person).await?;
    show(&Page { frame, lines, unread })
}

pub(crate) async fn read(State(web): State<Web>, signed_in: SignedIn) -> Result<Response, PageError> {
    let context = &web.signin.context;
    context.store.read_notices(signed_in.person.id, context.now()).await?;
    Ok(go("/me/notifications"))
}
