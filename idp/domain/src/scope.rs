//! Class and year restrictions: what part of a school a grant opens.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Which classes and years. Missing data is [`Scope::None`], never everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Scope {
    /// Explicitly everything.
    All,
    /// Only what is listed.
    Listed {
        /// Codes of classes.
        classes: BTreeSet<String>,
        /// Codes of year groups: `R`, `Y1` to `Y13`, `N1`, `N2`.
        years: BTreeSet<String>,
    },
    /// Nothing.
    #[default]
    None,
}

impl Scope {
    /// A scope of the listed classes and years; nothing listed opens nothing.
    pub fn listed(classes: impl IntoIterator<Item = String>, years: impl IntoIterator<Item = String>) -> Self {
        let (classes, years): (BTreeSet<_>, BTreeSet<_>) = (classes.into_iter().collect(), years.into_iter().collect());
        if classes.is_empty() && years.is_empty() { Self::None } else { Self::Listed { classes, years } }
    }

    /// What two grants open together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::None, scope) | (scope, Self::None) => scope,
            (Self::Listed { mut classes, mut years }, Self::Listed { classes: c, years: y }) => {
                classes.extend(c);
                years.extend(y);
                Self::Listed { classes, years }
            }
        }
    }

    /// The word in claims and headers: `all`, `listed` or `none`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Listed { .. } => "listed",
            Self::None => "none",
        }
    }

    /// Codes of the listed classes.
    pub fn classes(&self) -> Vec<String> {
        match self {
            Self::Listed { classes, .. } => classes.iter().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// Codes of the listed year groups.
    pub fn years(&self) -> Vec<String> {
        match self {
            Self::Listed { years, .. } => years.iter().cloned().collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_list_opens_nothing() {
        assert_eq!(Scope::listed([], []), Scope::None);
        assert_eq!(Scope::None.union(Scope::None), Scope::None);
    }

    #[test]
    fn a_union_keeps_both_sides() {
        let both = Scope::listed(["oak".into()], []).union(Scope::listed([], ["Y5".into()]));
        assert_eq!((both.classes(), both.years()), (vec!["oak".into()], vec!["Y5".into()]));
        assert_eq!(both.union(Scope::All), Scope::All);
    }
}
