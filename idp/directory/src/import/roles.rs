//! From job words to user groups. What could be two groups is asked, once for all rows that say it.

/// What a cell of the group column means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// One group.
    Known(&'static str),
    /// Nothing was written: Recorder, marked as assumed.
    Assumed,
    /// Two readings; the first is suggested.
    Ambiguous(&'static [&'static str]),
    /// No group of ours.
    Unknown,
}

const WORDS: [(&str, &[&str]); 13] = [
    (
        "recorder",
        &["recorder", "non key", "non-key", "staff", "ta", "teaching assistant", "hlta", "lunchtime", "midday"],
    ),
    ("supply", &["supply", "cover", "supply teacher", "cover supervisor"]),
    ("teacher", &["t", "teacher", "class teacher", "ect", "form tutor", "tutor", "key user"]),
    ("phase-lead", &["phase lead", "year lead", "head of year", "phase or year lead"]),
    ("pastoral", &["pastoral", "senco", "pastoral or senco"]),
    ("deputy-dsl", &["dep dsl", "deputy dsl", "ddsl"]),
    ("dsl", &["dsl", "designated safeguarding lead"]),
    ("slt", &["slt", "head", "headteacher", "head teacher", "deputy head", "principal"]),
    ("site-admin", &["site admin", "main contact"]),
    ("office", &["office", "data", "office manager", "secretary"]),
    ("external", &["external", "external professional", "nurse", "therapist"]),
    ("oversight", &["governor", "oversight"]),
    ("auditor", &["auditor"]),
];

pub(super) fn role(cell: &str) -> Role {
    let plain = cell.to_lowercase();
    if plain.is_empty() {
        return Role::Assumed;
    }
    if let Some((group, _)) = WORDS.iter().find(|(_, words)| words.contains(&plain.as_str())) {
        return Role::Known(group);
    }
    match plain.as_str() {
        "office/admin" | "admin" | "administrator" => Role::Ambiguous(&["site-admin", "office"]),
        _ => Role::Unknown,
    }
}
