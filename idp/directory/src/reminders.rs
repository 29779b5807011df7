//! Reminders: an invitation that nobody has used after 7 and 12 days, access that ends in 3 days, and access that has
//! ended. Each is sent once, however often and on however many machines this runs.

use idp_domain::london;
use idp_domain::membership::{Membership, State};
use idp_domain::person::{Person, PersonStatus};
use idp_store::Effects;
use idp_store::links::Link;
use idp_store::mails::MailKind;
use idp_store::reminders::Reminder;

use crate::Directory;
use crate::error::Result;

const DAY: i64 = 24 * 3600;
/// After so many days somebody is reminded of an invitation for the first time.
const FIRST: i64 = 7 * DAY;
/// And after so many more a second time.
const SECOND: i64 = 5 * DAY;
/// So long before its end somebody is told that their access ends.
const BEFORE_END: i64 = 3 * DAY;
/// So long after an end somebody is still told of it: a server that was off for a weekend has not forgotten anybody.
const LATE: i64 = 3 * DAY;
/// Names of the two reminders about an end.
const ENDS: &str = "access-ends";
const ENDED: &str = "access-ended";
/// Most that are looked at in one go.
const MOST: i64 = 500;

impl Directory {
    /// Sends what is due. Answers how many reminders were sent.
    pub async fn remind(&self) -> Result<usize> {
        let (store, now) = (&self.context.store, self.context.now());
        let mut sent = 0;
        for link in store.open_invites(now.plus(-SECOND), now, MOST).await? {
            sent += usize::from(self.remind_of_invite(&link).await?);
        }
        // Whoever was invited for less than that knows the end.
        let soon = (now, now.plus(BEFORE_END));
        for membership in store.ending(ENDS, soon, (now, now.plus(-DAY)), MOST).await? {
            sent += usize::from(self.tell_of_end(ENDS, &membership).await?);
        }
        for membership in store.ending(ENDED, (now.plus(-LATE), now), (now, now), MOST).await? {
            sent += usize::from(self.tell_of_end(ENDED, &membership).await?);
        }
        Ok(sent)
    }

    /// The reminder holds a new link, since only hashes of older ones are known; it ends when the first would have.
    async fn remind_of_invite(&self, link: &Link) -> Result<bool> {
        let (store, now) = (&self.context.store, self.context.now());
        let about = |kind| Reminder { kind, subject: link.person.to_string(), about: link.expires_at };
        let (first, second) = (about("invite-first"), about("invite-second"));
        let again = store.reminded(&first).await?;
        if !again && now.since(link.created_at) < FIRST {
            return Ok(false);
        }
        let Some(person) = self.reachable(link.person).await? else { return Ok(false) };
        // Whoever has a way in already needs no invitation any more.
        if person.password.is_some() || !store.upstream_links_of(person.id).await?.is_empty() {
            return Ok(false);
        }
        let places = store.memberships_of(person.id).await?;
        let place = places.iter().find(|place| [State::Live, State::NotStarted].contains(&place.state(now)));
        let Some(place) = place else { return Ok(false) };
        let Some(site) = store.site(place.site).await? else { return Ok(false) };
        let settings = self.context.settings_at(&site).await?;
        let (made, secret) = Link::make(&self.context, person.id, true, &settings);
        let made = Link { expires_at: link.expires_at, ..made };
        let what = MailKind::InviteReminder {
            site: site.name.clone(),
            link: self.link_address(&secret),
            until: london::show_date(made.expires_at),
        };
        let reminder = if again { second } else { first };
        Ok(store.remind(&reminder, now, (Some(&made), Effects::none().tell_from(&site, &person, what))).await?)
    }

    /// Whoever cannot be told, or is not to be since a quiet removal stays quiet, counts as told and is not looked at again.
    async fn tell_of_end(&self, kind: &'static str, membership: &Membership) -> Result<bool> {
        let (store, now) = (&self.context.store, self.context.now());
        let Some(end) = membership.ends_at else { return Ok(false) };
        let reminder = Reminder { kind, subject: membership.id.to_string(), about: end };
        let (person, site) = (self.reachable(membership.person).await?, store.site(membership.site).await?);
        let Some((person, site)) = person.zip(site) else {
            store.remind(&reminder, now, (None, Effects::none())).await?;
            return Ok(false);
        };
        let what = if kind == ENDS {
            let (last_day, weekday) = (london::show_last_day(end), london::weekday_before(end));
            MailKind::EndsSoon { site: site.name.clone(), last_day, weekday }
        } else {
            MailKind::AccessEnded { site: site.name.clone() }
        };
        Ok(store.remind(&reminder, now, (None, Effects::none().tell_from(&site, &person, what))).await?)
    }

    /// Somebody who may sign in and has a mailbox.
    async fn reachable(&self, id: idp_domain::PersonId) -> Result<Option<Person>> {
        let person = self.context.store.person(id).await?;
        Ok(person.filter(|person| person.status == PersonStatus::Active && person.email.is_some()))
    }
}
