//! The code that writes the audit log and the Welsh of its sentences belong together: what is told of a person can be told
//! in Welsh, and nothing is left over.

use std::collections::BTreeMap;

use super::root;
use super::words::{code_of, literals, pages};

/// Where what is told of people is written.
const WRITERS: [&str; 5] = [
    "idp/signin/src",
    "idp/directory/src",
    "idp/oauth/src/authorize/mod.rs",
    "idp/oauth/src/token/ciba.rs",
    "idp/web/src/oauth/consent.rs",
];
/// What is told of trusts, sites and apps, and is shown in the console alone, which speaks English.
const OF_NOBODY: [&str; 15] = [
    "{} changed the settings of {}",
    "{} changed where the helpdesk of {} can be reached",
    "{} {verb} the settings of {}",
    "{} {verb} what {} asked for at {}",
    "{} {verb} {}",
    "{} {did}",
    "{} was added",
    "{} made a new recovery kit for {}",
    "Somebody asked {} to check an email address",
    "{verb} {trust}",
    "{} asked to move the addresses of {} from {old} to {new}",
    "{} {verb} the addresses of {} from {old} to {new}",
    "{} moved addresses back from {new} to {old}",
    "{} moved from {old} to {new}",
    "{} {verb} the emblem of {}",
];
/// What comes before a sentence in the code.
const MARKS: [&str; 6] =
    [".entry(", "let sentence =", "let told =", "let words = format!(\"{} ", "AuditEntry::new(", "(\"site."];

/// The sentences in the code, with a place for each value.
fn written() -> Vec<String> {
    let mut written = Vec::new();
    for path in pages(&WRITERS, "rs") {
        let code = code_of(&path);
        for mark in MARKS {
            for (at, _) in code.match_indices(mark) {
                let statement = code[at..].split_once(";\n").map_or(&code[at..], |(statement, _)| statement);
                let first = literals(statement).into_iter().find(|literal| literal.contains(' '));
                written.extend(first);
            }
        }
        if let Some((_, pass)) = code.split_once("fn told(") {
            written.extend(literals(pass).into_iter().next());
        }
    }
    written.retain(|sentence| {
        !OF_NOBODY.contains(&sentence.as_str()) && !sentence.starts_with(|c: char| c.is_lowercase())
    });
    written
}

/// The parts of a pattern between its places.
fn parts(pattern: &str) -> Vec<&str> {
    pattern.split('{').map(|part| part.split_once('}').map_or(part, |(_, literal)| literal)).collect()
}

/// Whether a sentence can be one of a pattern.
fn fits(pattern: &str, sentence: &str) -> bool {
    let parts = parts(pattern);
    let (first, rest) = parts.split_first().unwrap();
    let Some(mut left) = sentence.strip_prefix(first) else { return false };
    for part in rest {
        let Some(at) = left.find(part) else { return false };
        left = &left[at + part.len()..];
    }
    left.is_empty() || parts.last().is_some_and(|last| last.is_empty())
}

#[test]
fn every_sentence_of_the_log_about_a_person_has_its_welsh_and_nothing_else_has() {
    let text = std::fs::read_to_string(root().join("idp/web/locales/log.cy.toml")).unwrap();
    let catalogue: BTreeMap<String, BTreeMap<String, String>> = toml::from_str(&text).unwrap();
    let samples: Vec<(String, &String)> =
        catalogue["sentences"].keys().map(|english| (parts(english).join("Xy"), english)).collect();
    let written = written();
    assert!(written.len() > 35, "the sentences are found: {written:#?}");
    let missing: Vec<_> = written.iter().filter(|one| !samples.iter().any(|(sample, _)| fits(one, sample))).collect();
    assert!(missing.is_empty(), "not in Welsh: {missing:#?}");
    let all: Vec<String> = pages(&WRITERS, "rs").iter().flat_map(|path| literals(&code_of(path))).collect();
    let over = samples.iter().filter(|(sample, english)| {
        let by_verb = all.iter().any(|literal| literal.contains(' ') && english.strip_prefix("{0} ") == Some(literal));
        !by_verb && !written.iter().any(|one| fits(one, sample))
    });
    let over: Vec<_> = over.map(|(_, english)| english).collect();
    assert!(over.is_empty(), "in the catalogue, but nobody writes it: {over:#?}");
}
