//! Making grants: what a group may be given, with which limits, and when a second person is needed.

use idp_domain::group::{DefaultScope, Group, RECORDER, group_by_id};
use idp_domain::membership::Grant;
use idp_domain::scope::Scope;
use idp_domain::{GrantId, PersonId};
use idp_store::Context;

/// What is wanted for one membership.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Identifiers of groups; none means Recorder.
    pub groups: Vec<String>,
    /// What the groups that are limited by classes get.
    pub scope: Scope,
}

/// The scope of a grant: what was asked for, or what the group starts from.
pub fn scope_for(group: &Group, asked: &Scope) -> Scope {
    match (group.default_scope, asked) {
        (DefaultScope::None, _) => Scope::None,
        (DefaultScope::All, Scope::None) => Scope::All,
        (_, asked) => asked.clone(),
    }
}

/// The grants of a membership after a change. Grants that stay keep their identity, approval and history; a key-level
/// group that is new waits for a second person, and so does one whose scope grows to everything. What somebody has stays
/// in force beside what waits.
pub fn regrant(context: &Context, old: &[Grant], wanted: &Wanted, by: PersonId) -> Vec<Grant> {
    let groups: Vec<&Group> = wanted.groups.iter().filter_map(|id| group_by_id(id)).collect();
    let mut grants: Vec<Grant> = Vec::new();
    for group in &groups {
        let scope = scope_for(group, &wanted.scope);
        let have: Vec<&Grant> = old.iter().filter(|grant| grant.group == group.id).collect();
        if let Some(same) = have.iter().find(|grant| grant.scope == scope) {
            grants.push((*same).clone());
            continue;
        }
        let active = have.iter().find(|grant| !grant.pending);
        let waits = match active {
            Some(_) => opens_all(group, &scope),
            None => {
                group.needs_second_person || (opens_all(group, &scope) && group.default_scope == DefaultScope::Named)
            }
        };
        match active {
            Some(active) if waits => grants.push((*active).clone()),
            Some(active) => {
                grants.push(Grant { scope, granted_by: Some(by), approved_by: None, ..(*active).clone() });
                continue;
            }
            None => {}
        }
        // Whoever asks for it now is its giver, and another person has to approve.
        grants.push(Grant { pending: waits, ..new_grant(context, group, scope, by) });
    }
    with_recorder(context, grants, by)
}

/// Everybody who waits for everything else records meanwhile.
fn with_recorder(context: &Context, mut grants: Vec<Grant>, by: PersonId) -> Vec<Grant> {
    if grants.iter().all(|grant| grant.pending)
        && let Some(recorder) = group_by_id(RECORDER)
    {
        grants.insert(0, new_grant(context, recorder, Scope::None, by));
    }
    grants
}

/// The grants of a membership that comes back to life: what two people were needed for is needed again.
pub fn revived(context: &Context, grants: Vec<Grant>, by: PersonId) -> Vec<Grant> {
    let again = |grant: Grant| {
        let two =
            group_by_id(&grant.group).is_some_and(|group| group.needs_second_person || opens_all(group, &grant.scope));
        if two { Grant { pending: true, granted_by: Some(by), approved_by: None, ..grant } } else { grant }
    };
    with_recorder(context, grants.into_iter().map(again).collect(), by)
}

/// A group that reads records and is given all classes where it had fewer, or is limited by nature: like lifting the
/// restriction, that takes two.
fn opens_all(group: &Group, scope: &Scope) -> bool {
    *scope == Scope::All && group.reads_records && group.default_scope != DefaultScope::None
}

fn new_grant(context: &Context, group: &Group, scope: Scope, by: PersonId) -> Grant {
    Grant {
        id: GrantId::new(&*context.clock, &*context.random),
        group: group.id.to_owned(),
        pending: group.needs_second_person || (opens_all(group, &scope) && group.default_scope == DefaultScope::Named),
        scope,
        granted_by: Some(by),
        approved_by: None,
    }
}

/// The grants of a membership with one group added or its scope set; other groups stay as they are.
pub fn with_group(context: &Context, old: &[Grant], (group, scope): (&str, &Scope), by: PersonId) -> Vec<Grant> {
    let kept = old.iter().find(|grant| grant.group == group);
    let asked = match (scope, kept) {
        // A blank cell takes nothing away from what somebody has.
        (Scope::None, Some(grant)) => grant.scope.clone(),
        (scope, _) => scope.clone(),
    };
    let wanted = Wanted { groups: vec![group.to_owned()], scope: asked };
    let mut grants = regrant(context, old, &wanted, by);
    let others = old.iter().filter(|grant| !grants.iter().any(|one| one.group == grant.group)).cloned();
    let others: Vec<Grant> = others.collect();
    grants.extend(others);
    grants.sort_by_key(|grant| grant.id);
    grants
}
