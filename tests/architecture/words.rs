//! Pages and the catalogue of their words belong together: nothing is missing in Welsh, and nothing is left over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::{files, root};

/// Where the words of pages stand; every literal of a handler that reads like words counts.
const HANDLERS: [&str; 9] = [
    "idp/web/src/signin",
    "idp/web/src/account",
    "idp/web/src/admin/passes.rs",
    "idp/web/src/oauth/authorize.rs",
    "idp/web/src/oauth/consent.rs",
    "idp/web/src/oauth/device.rs",
    "idp/web/src/page.rs",
    "idp/web/src/error.rs",
    "idp/web/src/carry.rs",
];
/// Names of groups, keys and states, and what is wrong with a pass, which pages translate when they show them.
const NAMES: [&str; 6] = [
    "idp/domain/src/key.rs",
    "idp/domain/src/key_policy.rs",
    "idp/domain/src/group.rs",
    "idp/domain/src/membership.rs",
    "idp/domain/src/text_size.rs",
    "idp/directory/src/passes.rs",
];
/// Faults whose words pages show.
const FAULTS: [&str; 9] = [
    "idp/domain/src/contact.rs",
    "idp/signin/src/links.rs",
    "idp/signin/src/password.rs",
    "idp/signin/src/account/join.rs",
    "idp/signin/src/account/profile.rs",
    "idp/signin/src/account/address.rs",
    "idp/signin/src/account/keys.rs",
    "idp/signin/src/factors/soft_key.rs",
    "idp/domain/src/email.rs",
];

pub fn pages(places: &[&str], ending: &str) -> Vec<PathBuf> {
    let found = places.iter().flat_map(|place| {
        let path = root().join(place);
        let mut found = Vec::new();
        if path.is_file() {
            found.push(path);
        } else {
            files(&path, ending, &mut found);
        }
        found
    });
    found.collect()
}

/// A Rust source without comments, tests, logs and reasons of lints.
pub fn code_of(path: &PathBuf) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap().to_owned();
    let lines = text.lines().filter(|line| {
        let line = line.trim();
        !(line.starts_with("//") || line.starts_with("#[expect(") || line.starts_with("tracing::"))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The string literals of a text, as they are at run time.
pub fn literals(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        // A quote as a character is no beginning of a string.
        if c == '\'' && characters.clone().take(2).eq("\"'".chars()) {
            characters.nth(1);
        }
        if c != '"' {
            continue;
        }
        let mut literal = String::new();
        while let Some(c) = characters.next() {
            match c {
                '"' => break,
                '\\' if characters.peek() == Some(&'\n') => {
                    while characters.peek().is_some_and(|c| c.is_whitespace()) {
                        characters.next();
                    }
                }
                '\\' => literal.extend(characters.next()),
                other => literal.push(other),
            }
        }
        found.push(literal);
    }
    found
}

/// Literals that are arguments of `t`, `t1` or `t2`.
fn spoken(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in ["t(", "t1(", "t2("] {
        for (at, _) in text.match_indices(call) {
            let before = text.get(..at).and_then(|text| text.chars().next_back());
            let argument = text.get(at + call.len()..).unwrap().trim_start();
            if before.is_none_or(|c| !c.is_alphanumeric() && c != '_') && argument.starts_with('"') {
                found.extend(literals(argument).into_iter().next());
            }
        }
    }
    found
}

/// Whether a literal is for people: a sentence, a label or a single word with a capital.
fn reads_like_words(literal: &str) -> bool {
    let word = |text: &str| text.len() > 1 && text.chars().all(|c| c.is_ascii_lowercase());
    literal.starts_with(|c: char| c.is_ascii_uppercase())
        && (literal.contains(' ') || literal.get(1..).is_some_and(word))
}

fn wanted() -> BTreeMap<String, PathBuf> {
    let mut wanted = BTreeMap::new();
    for path in pages(&["idp/web/templates"], "html") {
        for words in spoken(&std::fs::read_to_string(&path).unwrap()) {
            wanted.insert(words, path.clone());
        }
    }
    for path in pages(&HANDLERS, "rs").into_iter().chain(pages(&NAMES, "rs")) {
        let code = code_of(&path);
        let all = literals(&code).into_iter().filter(|literal| reads_like_words(literal));
        for words in all.chain(spoken(&code)) {
            wanted.insert(words, path.clone());
        }
    }
    for path in pages(&FAULTS, "rs") {
        let code = code_of(&path);
        for part in code.split("#[error(").skip(1) {
            let words = literals(part).into_iter().next().filter(|words| reads_like_words(words));
            wanted.extend(words.map(|words| (words, path.clone())));
        }
    }
    wanted
}

#[test]
fn every_word_of_a_page_is_in_the_welsh_catalogue_and_nothing_else() {
    let text = std::fs::read_to_string(root().join("idp/web/locales/cy.toml")).unwrap();
    let welsh: BTreeMap<String, String> = toml::from_str(&text).unwrap();
    let wanted = wanted();
    let missing: Vec<_> = wanted.iter().filter(|(words, _)| !welsh.contains_key(*words)).collect();
    assert!(missing.is_empty(), "not in Welsh, or built with format! instead of t1: {missing:#?}");
    let over: BTreeSet<_> = welsh.keys().filter(|words| !wanted.contains_key(*words)).collect();
    assert!(over.is_empty(), "in the catalogue, but on no page: {over:#?}");
}

#[test]
fn pages_of_people_hold_no_words_outside_the_catalogue() {
    for path in pages(&["idp/web/templates"], "html") {
        let name = path.file_name().unwrap().to_str().unwrap();
        // The console of admins and the pages for makers of apps are in English only.
        if name.starts_with("admin_") || name.starts_with("dev_") {
            continue;
        }
        let mut text = std::fs::read_to_string(&path).unwrap();
        for (begin, end) in [("{{", "}}"), ("{%", "%}"), ("<", ">")] {
            while let Some(at) = text.find(begin) {
                let length = text.get(at..).unwrap().find(end).unwrap_or_else(|| panic!("{name}: {begin} without end"));
                text.replace_range(at..at + length + end.len(), " ");
            }
        }
        let rest: Vec<&str> = text.split_whitespace().filter(|word| !["Lanyard", "&nbsp;"].contains(word)).collect();
        let words: Vec<_> = rest.into_iter().filter(|word| word.chars().any(char::is_alphabetic)).collect();
        assert!(words.is_empty(), "{name}: {words:?}");
    }
}

/// What the gateway says: on its pages, in the bar, and as reasons of rules.
fn wanted_of_gateway() -> BTreeMap<String, PathBuf> {
    let mut wanted = BTreeMap::new();
    for path in pages(&["gateway/src"], "rs") {
        let code = code_of(&path);
        let table = path.ends_with("gateway/src/error.rs");
        let all = literals(&code).into_iter().filter(|literal| table && reads_like_words(literal));
        for words in all.chain(spoken(&code)) {
            wanted.insert(words, path.clone());
        }
        for part in code.split("LoginFailed {").skip(1) {
            wanted.extend(literals(part).into_iter().next().map(|words| (words, path.clone())));
        }
    }
    let own = ["own/home.rs", "held.rs", "phases/detour.rs"];
    for path in own.iter().flat_map(|file| pages(&[&format!("gateway/src/{file}")], "rs")) {
        // There, words go through a closure that also escapes.
        let code =
            code_of(&path).replace("words(", "t(").replace("button(\"", "t(\"").replace("level = if elevated { ", "t(");
        let labels = literals(&code).into_iter().filter(|literal| reads_like_words(literal));
        wanted.extend(spoken(&code).into_iter().chain(labels).map(|words| (words, path.clone())));
    }
    let bar = root().join("gateway/src/bar/bar.js");
    let script = std::fs::read_to_string(&bar).unwrap();
    wanted.extend(spoken(&script).into_iter().map(|words| (words, bar.clone())));
    let rules = root().join("policies/rules/10-requests.cedar");
    for part in std::fs::read_to_string(&rules).unwrap().split("@reason(").skip(1) {
        wanted.extend(literals(part).into_iter().next().map(|words| (words, rules.clone())));
    }
    // A challenge (RFC 6750) is for programs.
    wanted.retain(|words, _| !words.starts_with("Bearer") && (reads_like_words(words) || words.contains("{0}")));
    wanted
}

#[test]
fn every_word_of_the_gateway_is_in_its_welsh_catalogue_and_nothing_else() {
    let text = std::fs::read_to_string(root().join("gateway/locales/cy.toml")).unwrap();
    let welsh: BTreeMap<String, String> = toml::from_str(&text).unwrap();
    let wanted = wanted_of_gateway();
    let missing: Vec<_> = wanted.iter().filter(|(words, _)| !welsh.contains_key(*words)).collect();
    assert!(missing.is_empty(), "not in Welsh: {missing:#?}");
    let over: BTreeSet<_> = welsh.keys().filter(|words| !wanted.contains_key(*words)).collect();
    assert!(over.is_empty(), "in the catalogue, but nowhere else: {over:#?}");
}
