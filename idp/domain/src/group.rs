//! The user groups that are shipped: who may be elevated, to what, and who may grant it.

/// A user group, by its stable identifier.
#[expect(clippy::struct_excessive_bools, reason = "a row of a table of independent facts")]
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// Identifier in claims, headers and policies.
    pub id: &'static str,
    /// Name on screen.
    pub name: &'static str,
    /// One plain sentence about what it opens.
    pub sentence: &'static str,
    /// Whether members may elevate with a key at all.
    pub may_elevate: bool,
    /// Whether elevation opens records, and so whether its scope counts.
    pub reads_records: bool,
    /// What a new grant is limited to.
    pub default_scope: DefaultScope,
    /// Whether a second person has to approve it (key-level groups).
    pub needs_second_person: bool,
    /// Whether it may be given only with an end date.
    pub needs_end: bool,
    /// Whether members manage people at the site.
    pub administers: bool,
}

/// The scope that a new grant starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultScope {
    /// Everything in the school.
    All,
    /// Only named classes or years; none until they are named.
    Named,
    /// The group reads nothing.
    None,
}

const fn group(id: &'static str, name: &'static str, sentence: &'static str) -> Group {
    Group {
        id,
        name,
        sentence,
        may_elevate: true,
        reads_records: true,
        default_scope: DefaultScope::Named,
        needs_second_person: false,
        needs_end: false,
        administers: false,
    }
}

/// The group that everybody gets who is given nothing else.
pub const RECORDER: &str = "recorder";

/// Every shipped group, in the order in which screens list them.
pub static GROUPS: [Group; 13] = [
    Group {
        may_elevate: false,
        reads_records: false,
        default_scope: DefaultScope::None,
        ..group(RECORDER, "Recorder", "Can record a concern and read alerts sent to them.")
    },
    Group {
        needs_end: true,
        ..group("supply", "Supply or cover", "Can record, and read records of named classes until a set date.")
    },
    group("teacher", "Class teacher", "Can record, and read records of their own classes when elevated."),
    group("phase-lead", "Phase or year lead", "Can record, and read records of their own year groups when elevated."),
    Group {
        default_scope: DefaultScope::All,
        ..group("pastoral", "Pastoral or SENCo", "Can record, and read records of all classes when elevated.")
    },
    Group {
        default_scope: DefaultScope::All,
        needs_second_person: true,
        ..group("deputy-dsl", "Deputy DSL", "Can read and manage all records when elevated.")
    },
    Group {
        default_scope: DefaultScope::All,
        needs_second_person: true,
        ..group("dsl", "DSL", "Leads safeguarding: can read and manage all records when elevated.")
    },
    Group {
        default_scope: DefaultScope::All,
        needs_second_person: true,
        ..group("slt", "Headteacher or SLT", "Can read all records when elevated.")
    },
    Group {
        reads_records: false,
        default_scope: DefaultScope::None,
        needs_second_person: true,
        administers: true,
        ..group("site-admin", "Site admin", "Manages people, classes and settings when elevated. Reads no records.")
    },
    Group {
        reads_records: false,
        default_scope: DefaultScope::None,
        ..group("office", "Office or data", "Looks after classes when elevated. Reads no records.")
    },
    Group {
        needs_end: true,
        ..group(
            "external",
            "External professional",
            "Can read records of named classes until a set date, when elevated.",
        )
    },
    Group {
        may_elevate: false,
        reads_records: false,
        default_scope: DefaultScope::None,
        ..group("oversight", "Oversight", "Sees counts and posture. Never elevates.")
    },
    Group {
        reads_records: false,
        default_scope: DefaultScope::None,
        needs_second_person: true,
        needs_end: true,
        ..group("auditor", "Auditor", "Reads the audit log and access lists. Reads no records.")
    },
];

/// The shipped group with this identifier.
pub fn group_by_id(id: &str) -> Option<&'static Group> {
    GROUPS.iter().find(|group| group.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_unique_and_found() {
        for group in &GROUPS {
            assert!(std::ptr::eq(group_by_id(group.id).unwrap(), group), "{}", group.id);
        }
        assert_eq!(group_by_id("head"), None);
    }
}
