//! A person's place at a site: status, dates, and the user groups given there.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{GrantId, MembershipId, PersonId, SiteId};
use crate::scope::Scope;

/// A person at a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Its identifier.
    pub id: MembershipId,
    /// Who.
    pub person: PersonId,
    /// Where.
    pub site: SiteId,
    /// The handle by which the site knows the person, for example `sdalgleish`.
    pub account: String,
    /// What somebody decided about it; time is judged separately by [`Membership::state`].
    pub status: MembershipStatus,
    /// First moment, if not from the beginning.
    pub starts_at: Option<Timestamp>,
    /// Moment from which it is over.
    pub ends_at: Option<Timestamp>,
    /// Where it came from.
    pub source: Source,
    /// When the person last opened the site.
    pub last_used_at: Option<Timestamp>,
    /// Whether this person is the site's main contact.
    pub main_contact: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// The user groups given.
    pub grants: Vec<Grant>,
}

/// Seconds for which somebody new may be without the key that their role needs.
const KEY_GRACE: i64 = 7 * 86_400;

impl Membership {
    /// What the membership is worth at `now`. The end is exclusive: at `ends_at` it is over.
    pub fn state(&self, now: Timestamp) -> State {
        match self.status {
            MembershipStatus::Ended => State::Ended,
            MembershipStatus::Paused { until } if until.is_none_or(|until| now < until) => State::Paused,
            _ if self.ends_at.is_some_and(|end| now >= end) => State::Ended,
            _ if self.starts_at.is_some_and(|start| now < start) => State::NotStarted,
            _ => State::Live,
        }
    }

    /// Until when somebody new, who has to have a key, may be without one: base access opens meanwhile and afterwards, and
    /// from then on their admins are told.
    pub fn key_due(&self) -> Timestamp {
        self.starts_at.map_or(self.created_at, |start| start.max(self.created_at)).plus(KEY_GRACE)
    }

    /// The grants that count: not waiting for a second person.
    pub fn active_grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(|grant| !grant.pending)
    }

    /// Whether its holder watches over the school's people at `now`: the DSL, who is told when somebody comes back without
    /// a key.
    pub fn guards(&self, now: Timestamp) -> bool {
        self.state(now) == State::Live && self.active_grants().any(|grant| grant.group == "dsl")
    }
}

/// What somebody decided about a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MembershipStatus {
    /// In force within its dates.
    Active,
    /// Stopped for a while: sessions end, keys stay, nothing is sent.
    Paused {
        /// The moment it wakes by itself; never when absent.
        until: Option<Timestamp>,
    },
    /// Over, whatever the dates say.
    Ended,
}

/// What a membership is worth at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It counts.
    Live,
    /// Its start is still to come.
    NotStarted,
    /// Stopped for a while.
    Paused,
    /// Over.
    Ended,
}

impl State {
    /// The word on screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Live => "Active",
            Self::NotStarted => "Not started",
            Self::Paused => "Paused",
            Self::Ended => "Ended",
        }
    }
}

/// Where a membership came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// An admin typed it.
    Manual,
    /// A spreadsheet.
    Import,
    /// A day pass: it ends in the evening and is never extended.
    Pass,
}

impl Source {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Import => "import",
            Self::Pass => "pass",
        }
    }
}

/// One user group given within a membership, with its own limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its identifier.
    pub id: GrantId,
    /// Identifier of the group, see [`crate::group::GROUPS`].
    pub group: String,
    /// What part of the school it opens.
    pub scope: Scope,
    /// Waiting for a second person; counts for nothing until then.
    pub pending: bool,
    /// Who gave it; absent when the system did.
    pub granted_by: Option<PersonId>,
    /// Who approved it, where two were needed.
    pub approved_by: Option<PersonId>,
}
