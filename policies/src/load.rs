//! Loading: parse, give every policy its own name, validate strictly against the schema. Half-right is refused.

use cedar_policy::{Authorizer, PolicyId, PolicySet, Schema, ValidationMode, Validator};

const SCHEMA: &str = include_str!("../lanyard.cedarschema");
const SHIPPED: [&str; 2] = [include_str!("../rules/10-requests.cedar"), include_str!("../rules/20-manage.cedar")];

/// A validated set of rules, swapped as a whole.
pub struct Rules {
    pub(crate) set: PolicySet,
    pub(crate) schema: Schema,
    pub(crate) authorizer: Authorizer,
}

/// Rules that cannot be used, with every reason at once.
#[derive(Debug, thiserror::Error)]
#[error("policy rules cannot be used: {0}")]
pub struct PolicyError(pub String);

impl Rules {
    /// The shipped rules.
    pub fn shipped() -> Result<Self, PolicyError> {
        Self::with_site_rules("")
    }

    /// The shipped rules and a site's own.
    pub fn with_site_rules(own: &str) -> Result<Self, PolicyError> {
        let schema: Schema =
            SCHEMA.parse().map_err(|error: cedar_policy::CedarSchemaError| PolicyError(error.to_string()))?;
        let mut policies = Vec::new();
        for text in SHIPPED.into_iter().chain([own]) {
            let parsed: PolicySet = text.parse().map_err(|errors: cedar_policy::ParseErrors| {
                PolicyError(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            })?;
            if parsed.templates().next().is_some() {
                return Err(PolicyError("templates are not used here".to_owned()));
            }
            for policy in parsed.policies() {
                let id = policy.annotation("id").filter(|id| !id.is_empty());
                let reason = policy.annotation("reason").filter(|reason| !reason.is_empty());
                let (Some(id), Some(_)) = (id, reason) else {
                    return Err(PolicyError(format!("{} needs @id and @reason", policy.id())));
                };
                policies.push(policy.new_id(PolicyId::new(id)));
            }
        }
        let set = PolicySet::from_policies(policies).map_err(|error| PolicyError(error.to_string()))?;
        let checked = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        if !checked.validation_passed_without_warnings() {
            let faults = checked.validation_errors().map(ToString::to_string);
            let warnings = checked.validation_warnings().map(ToString::to_string);
            return Err(PolicyError(faults.chain(warnings).collect::<Vec<_>>().join("; ")));
        }
        Ok(Self { set, schema, authorizer: Authorizer::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_misspells_a_fact_is_refused_whole() {
        let typo = r#"@id("x") @reason("y") permit (principal, action == Action::"request", resource) when { context.pth == "/" };"#;
        assert!(Rules::with_site_rules(typo).is_err());
    }

    #[test]
    fn a_rule_without_a_reason_is_refused() {
        assert!(Rules::with_site_rules(r#"@id("x") permit (principal, action, resource);"#).is_err());
        assert!(
            Rules::with_site_rules(r#"@id("members-in") @reason("again") permit (principal, action, resource);"#)
                .is_err()
        );
    }
}
