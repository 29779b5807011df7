//! Deciding: one question in, one answer out, with the rule that gave it.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};

use crate::load::Rules;

/// A request to a site.
#[derive(Clone, Debug)]
pub struct RequestQuestion<'a> {
    /// Slug of the site.
    pub site: &'a str,
    /// Groups of the person there; absent when nobody is signed in.
    pub groups: Option<&'a [String]>,
    /// Whether a key would lift the person to `elevated`.
    pub may_elevate: bool,
    /// `base` or `elevated`.
    pub level: &'a str,
    /// `acr` of the last key proof, or empty.
    pub key: &'a str,
    /// HTTP method.
    pub method: &'a str,
    /// Canonical path.
    pub path: &'a str,
}

/// Proof that a request may go on. Only this module makes it, and forwarding takes it by type.
#[derive(Clone, Debug)]
pub struct Allowed(());

/// What a request needs.
#[derive(Clone, Debug)]
pub enum Answer {
    /// It may go on.
    Allow(Allowed),
    /// Somebody has to sign in first.
    SignIn,
    /// It would be allowed with elevated access.
    Elevate(Verdict),
    /// No.
    Deny(Verdict),
}

/// The rule that decided and its sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Its `@id`; `no-rule` when nothing allows it.
    pub rule: String,
    /// Its `@reason`.
    pub reason: String,
}

/// An admin's wish.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each an attribute in the schema")]
#[derive(Clone, Debug)]
pub struct ManageQuestion<'a> {
    /// Slug of the site.
    pub site: &'a str,
    /// The admin's own groups there.
    pub groups: &'a [String],
    /// `view`, `edit`, `approve`.
    pub verb: &'a str,
    /// Whether the admin used a key a short while ago.
    pub elevated: bool,
    /// Whether the admin is owner or identity admin of the site's trust.
    pub trust_admin: bool,
    /// Whether it changes the admin's own access.
    pub about_self: bool,
    /// Whether the admin granted what is to be approved.
    pub granted_by_self: bool,
}

impl Rules {
    /// Answers whether a request may go on.
    pub fn request(&self, question: &RequestQuestion<'_>) -> Answer {
        let verdict = match self.ask_request(question, question.level) {
            Ok(()) => return Answer::Allow(Allowed(())),
            Err(verdict) => verdict,
        };
        if question.groups.is_none() {
            return Answer::SignIn;
        }
        let would_help = question.may_elevate && question.level != "elevated";
        if would_help && self.ask_request(question, "elevated").is_ok() {
            Answer::Elevate(verdict)
        } else {
            Answer::Deny(verdict)
        }
    }

    /// Answers whether an admin may do something.
    pub fn manage(&self, question: &ManageQuestion<'_>) -> Result<(), Verdict> {
        let context = [
            ("verb", RestrictedExpression::new_string(question.verb.to_owned())),
            ("elevated", RestrictedExpression::new_bool(question.elevated)),
            ("trustAdmin", RestrictedExpression::new_bool(question.trust_admin)),
            ("aboutSelf", RestrictedExpression::new_bool(question.about_self)),
            ("grantedBySelf", RestrictedExpression::new_bool(question.granted_by_self)),
        ];
        self.ask("manage", question.site, Some(question.groups), context)
    }

    fn ask_request(&self, question: &RequestQuestion<'_>, level: &str) -> Result<(), Verdict> {
        let context = [
            ("method", RestrictedExpression::new_string(question.method.to_owned())),
            ("path", RestrictedExpression::new_string(question.path.to_lowercase())),
            ("level", RestrictedExpression::new_string(level.to_owned())),
            ("key", RestrictedExpression::new_string(question.key.to_owned())),
        ];
        self.ask("request", question.site, question.groups, context)
    }

    /// Every way in which this goes wrong is a no.
    fn ask(
        &self,
        action: &str,
        site: &str,
        groups: Option<&[String]>,
        context: impl IntoIterator<Item = (&'static str, RestrictedExpression)>,
    ) -> Result<(), Verdict> {
        let broken = || Verdict { rule: "no-answer".to_owned(), reason: "The rules gave no answer".to_owned() };
        let (principal, entities) = principal(groups).ok_or_else(broken)?;
        let context = Context::from_pairs(context.into_iter().map(|(name, value)| (name.to_owned(), value)))
            .map_err(|_| broken())?;
        let action = uid("Action", action).ok_or_else(broken)?;
        let site = uid("Site", site).ok_or_else(broken)?;
        let request = Request::new(principal, action, site, context, Some(&self.schema)).map_err(|_| broken())?;
        let response = self.authorizer.is_authorized(&request, &self.set, &entities);
        let faulty = response.diagnostics().errors().next().is_some();
        if response.decision() == Decision::Allow && !faulty {
            return Ok(());
        }
        let mut rules: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
        rules.sort_unstable();
        let verdict = rules.into_iter().next().map(|rule| {
            let id = cedar_policy::PolicyId::new(&rule);
            Verdict { reason: self.set.annotation(&id, "reason").unwrap_or_default().to_owned(), rule }
        });
        Err(verdict.unwrap_or_else(|| Verdict { rule: "no-rule".to_owned(), reason: "No rule allows this".to_owned() }))
    }
}

fn uid(kind: &str, id: &str) -> Option<EntityUid> {
    let kind: EntityTypeName = kind.parse().ok()?;
    Some(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

fn principal(groups: Option<&[String]>) -> Option<(EntityUid, Entities)> {
    let Some(groups) = groups else { return Some((uid("Anonymous", "anonymous")?, Entities::empty())) };
    let person = uid("Person", "asker")?;
    let parents = groups.iter().map(|group| uid("Group", group)).collect::<Option<HashSet<_>>>()?;
    let entity = Entity::new(person.clone(), HashMap::new(), parents.clone()).ok()?;
    let parents = parents.into_iter().map(Entity::with_uid);
    let entities = Entities::from_entities(parents.chain([entity]), None).ok()?;
    Some((person, entities))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Cases {
        #[serde(default)]
        request: Vec<RequestCase>,
        #[serde(default)]
        manage: Vec<ManageCase>,
    }

    #[derive(serde::Deserialize)]
    struct RequestCase {
        name: String,
        #[serde(default)]
        groups: Vec<String>,
        #[serde(default = "yes")]
        signed_in: bool,
        #[serde(default = "yes")]
        may_elevate: bool,
        #[serde(default)]
        level: String,
        method: String,
        path: String,
        answer: String,
        #[serde(default)]
        rule: String,
    }

    #[derive(serde::Deserialize)]
    #[expect(clippy::struct_excessive_bools, reason = "a row of a table of independent facts")]
    struct ManageCase {
        name: String,
        groups: Vec<String>,
        verb: String,
        elevated: bool,
        #[serde(default)]
        trust_admin: bool,
        #[serde(default)]
        about_self: bool,
        #[serde(default)]
        granted_by_self: bool,
        answer: String,
        #[serde(default)]
        rule: String,
    }

    fn yes() -> bool {
        true
    }

    #[test]
    fn every_case_gets_its_answer() {
        let rules = Rules::shipped().unwrap();
        let cases: Cases = toml::from_str(include_str!("../cases/requests.toml")).unwrap();
        for case in cases.request {
            let answer = rules.request(&RequestQuestion {
                site: "larkmoor",
                groups: case.signed_in.then_some(case.groups.as_slice()),
                may_elevate: case.may_elevate,
                level: &case.level,
                key: "",
                method: &case.method,
                path: &case.path,
            });
            let (word, rule) = match answer {
                Answer::Allow(_) => ("allow", String::new()),
                Answer::SignIn => ("sign-in", String::new()),
                Answer::Elevate(verdict) => ("elevate", verdict.rule),
                Answer::Deny(verdict) => ("deny", verdict.rule),
            };
            assert_eq!((word, rule), (case.answer.as_str(), case.rule), "{}", case.name);
        }
        let cases: Cases = toml::from_str(include_str!("../cases/manage.toml")).unwrap();
        for case in cases.manage {
            let answer = rules.manage(&ManageQuestion {
                site: "larkmoor",
                groups: &case.groups,
                verb: &case.verb,
                elevated: case.elevated,
                trust_admin: case.trust_admin,
                about_self: case.about_self,
                granted_by_self: case.granted_by_self,
            });
            let word = if answer.is_ok() { "allow" } else { "deny" };
            assert_eq!(word, case.answer, "{}", case.name);
            if !case.rule.is_empty() {
                assert_eq!(answer.unwrap_err().rule, case.rule, "{}", case.name);
            }
        }
    }
}
