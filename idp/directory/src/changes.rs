//! What is different about somebody's access: as values for mails, in one sentence for the log and the preview.

use idp_domain::group::group_by_id;
use idp_domain::london;
use idp_domain::membership::{Membership, MembershipStatus};
use idp_domain::scope::Scope;
use idp_store::mails::AccessChange;

/// What differs; nothing when the two are the same for whoever has them.
pub(crate) fn changes_between(old: &Membership, new: &Membership) -> Vec<AccessChange> {
    let mut changes = Vec::new();
    let (from, to) = (groups(old, false), groups(new, false));
    if from != to {
        changes.push(AccessChange::Groups { from, to });
    }
    let waiting = groups(new, true);
    if groups(old, true) != waiting {
        changes.push(AccessChange::Waiting(waiting));
    }
    if old.starts_at != new.starts_at {
        changes.push(AccessChange::Starts(new.starts_at));
    }
    if old.ends_at != new.ends_at {
        changes.push(AccessChange::Ends(new.ends_at));
    }
    if old.status != new.status {
        changes.push(match new.status {
            MembershipStatus::Active => AccessChange::Active,
            MembershipStatus::Paused { .. } => AccessChange::Paused,
            MembershipStatus::Ended => AccessChange::Ended,
        });
    }
    changes
}

/// The groups that count, or those that wait for a second person, with their classes and years.
fn groups(membership: &Membership, pending: bool) -> String {
    let names = membership.grants.iter().filter(|grant| grant.pending == pending).filter_map(|grant| {
        let name = group_by_id(&grant.group)?.name;
        Some(match &grant.scope {
            Scope::Listed { .. } => {
                format!("{name} ({})", [grant.scope.classes(), grant.scope.years()].concat().join(", "))
            }
            _ => name.to_owned(),
        })
    });
    names.collect::<Vec<_>>().join("; ")
}

/// The same in one sentence.
pub(crate) fn in_words(changes: &[AccessChange]) -> String {
    let words = changes.iter().map(|change| match change {
        AccessChange::Groups { from, to } if from.is_empty() => format!("now {to}"),
        AccessChange::Groups { from, to } if to.is_empty() => format!("no longer {from}"),
        AccessChange::Groups { from, to } => format!("from {from} to {to}"),
        AccessChange::Waiting(groups) if groups.is_empty() => "nothing waits for approval any more".to_owned(),
        AccessChange::Waiting(groups) => format!("{groups} waits for approval"),
        AccessChange::Starts(None) => "no start date".to_owned(),
        AccessChange::Starts(Some(at)) => format!("starts {}", london::show_date(*at)),
        AccessChange::Ends(None) => "no end date".to_owned(),
        AccessChange::Ends(Some(at)) => format!("ends {}", london::show_last_day(*at)),
        AccessChange::Paused => "paused".to_owned(),
        AccessChange::Active => "active".to_owned(),
        AccessChange::Ended => "ended".to_owned(),
    });
    words.collect::<Vec<_>>().join(", ")
}
