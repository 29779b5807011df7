//! What a person may do at one site now: the union of grants, never wider than each group allows.

use crate::clock::Timestamp;
use crate::group::group_by_id;
use crate::membership::{Membership, State};
use crate::scope::Scope;

/// The facts about a person at one site that travel in the `lanyard` claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRights {
    /// The handle at the site.
    pub account: String,
    /// Groups that count, sorted.
    pub groups: Vec<String>,
    /// What the record-reading groups open together.
    pub scope: Scope,
    /// Whether any group may be elevated.
    pub may_elevate: bool,
    /// When the membership ends.
    pub until: Option<Timestamp>,
}

impl SiteRights {
    /// The rights of a membership at `now`, or the state that stands in the way.
    pub fn of(membership: &Membership, now: Timestamp) -> Result<Self, State> {
        match membership.state(now) {
            State::Live => {}
            other => return Err(other),
        }
        let mut groups = Vec::new();
        let mut scope = Scope::None;
        let mut may_elevate = false;
        for grant in membership.active_grants() {
            let Some(group) = group_by_id(&grant.group) else { continue };
            groups.push(group.id.to_owned());
            may_elevate |= group.may_elevate;
            if group.reads_records {
                scope = scope.union(grant.scope.clone());
            }
        }
        groups.sort_unstable();
        groups.dedup();
        Ok(Self { account: membership.account.clone(), groups, scope, may_elevate, until: membership.ends_at })
    }

    /// Whether one of the groups manages people at the site.
    pub fn administers(&self) -> bool {
        self.groups.iter().any(|id| group_by_id(id).is_some_and(|group| group.administers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SteppedClock;
    use crate::id::{GrantId, MembershipId, PersonId, SiteId};
    use crate::membership::{Grant, MembershipStatus, Source};
    use crate::random::SeededRandom;

    fn membership(grants: &[(&str, Scope, bool)]) -> Membership {
        let (clock, random) = (SteppedClock::new(), SeededRandom::new(7));
        Membership {
            id: MembershipId::new(&clock, &random),
            person: PersonId::new(&clock, &random),
            site: SiteId::new(&clock, &random),
            account: "x".into(),
            status: MembershipStatus::Active,
            starts_at: Some(Timestamp(100)),
            ends_at: Some(Timestamp(200)),
            source: Source::Manual,
            last_used_at: None,
            main_contact: false,
            created_at: Timestamp(0),
            grants: grants
                .iter()
                .map(|(group, scope, pending)| Grant {
                    id: GrantId::new(&clock, &random),
                    group: (*group).to_owned(),
                    scope: scope.clone(),
                    pending: *pending,
                    granted_by: None,
                    approved_by: None,
                })
                .collect(),
        }
    }

    #[test]
    fn p_14_the_end_is_exclusive_and_the_start_inclusive() {
        let place = membership(&[("teacher", Scope::None, false)]);
        assert_eq!(SiteRights::of(&place, Timestamp(99)), Err(State::NotStarted));
        assert!(SiteRights::of(&place, Timestamp(100)).is_ok());
        assert!(SiteRights::of(&place, Timestamp(199)).is_ok());
        assert_eq!(SiteRights::of(&place, Timestamp(200)), Err(State::Ended));
    }

    #[test]
    fn a_pending_grant_gives_nothing() {
        let place = membership(&[("recorder", Scope::None, false), ("dsl", Scope::All, true)]);
        let rights = SiteRights::of(&place, Timestamp(150)).unwrap();
        assert_eq!(
            (rights.groups, rights.scope, rights.may_elevate),
            (vec!["recorder".to_owned()], Scope::None, false)
        );
    }

    #[test]
    fn a_group_that_reads_nothing_does_not_widen_another() {
        let oak = Scope::listed(["oak".into()], []);
        let place = membership(&[("teacher", oak.clone(), false), ("site-admin", Scope::All, false)]);
        assert_eq!(SiteRights::of(&place, Timestamp(150)).unwrap().scope, oak);
    }
}
