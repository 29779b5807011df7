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
/// group that is new waits for a second person, and so does one whose scope grows to everything.
pub fn regrant(context: &Context, old: &[Grant], wanted: &Wanted, by: PersonId) -> Vec<Grant> {
    let groups: Vec<&Group> = wanted.groups.iter().filter_map(|id| group_by_id(id)).collect();
    let mut grants: Vec<Grant> = Vec::new();
    for group in &groups {
        let scope = scope_for(group, &wanted.scope);
        let kept = old.iter().find(|grant| grant.group == group.id);
        grants.push(match kept {
            Some(grant) if grant.scope == scope => grant.clone(),
            // Still waiting: who gave it first stays the giver, and another person has to approve.
            Some(grant) if grant.pending => Grant { scope, ..grant.clone() },
            Some(grant) => {
                let pending = opens_all(group, &scope);
                Grant { scope, pending, granted_by: Some(by), approved_by: None, ..grant.clone() }
            }
            None => new_grant(context, group, scope, by),
        });
    }
    let everyone = grants.iter().any(|grant| grant.group == RECORDER);
    if !everyone
        && grants.iter().all(|grant| grant.pending)
        && let Some(recorder) = group_by_id(RECORDER)
    {
        let kept = old.iter().find(|grant| grant.group == RECORDER).cloned();
        grants.insert(0, kept.unwrap_or_else(|| new_grant(context, recorder, Scope::None, by)));
    }
    grants
}

/// A group that is limited by classes and is given all of them: like lifting the restriction, that takes two.
fn opens_all(group: &Group, scope: &Scope) -> bool {
    *scope == Scope::All && group.default_scope == DefaultScope::Named
}

fn new_grant(context: &Context, group: &Group, scope: Scope, by: PersonId) -> Grant {
    Grant {
        id: GrantId::new(&*context.clock, &*context.random),
        group: group.id.to_owned(),
        pending: group.needs_second_person || opens_all(group, &scope),
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
