//! Sentences of the audit log in the language of a page. The log is written once, in English, for whoever has to prove
//! something by it; whoever reads Welsh is shown each sentence by its pattern. What no pattern knows stays as it is.

use std::collections::HashMap;
use std::sync::LazyLock;

use idp_domain::Language;

use crate::{language, t};

/// English and Welsh of a table, the most telling pattern first.
type Table = Vec<(String, String)>;

static LOG: LazyLock<(Table, Table)> = LazyLock::new(|| {
    let read: HashMap<String, HashMap<String, String>> =
        toml::from_str(include_str!("../locales/log.cy.toml")).unwrap_or_default();
    let table = |name: &str| {
        let mut table: Table = read.get(name).cloned().unwrap_or_default().into_iter().collect();
        table.sort_by_key(|(english, _)| std::cmp::Reverse(english.replace(|c: char| c.is_ascii_digit(), "").len()));
        table
    };
    (table("sentences"), table("changes"))
});

/// A sentence of the log in the language of this page.
pub(crate) fn told(sentence: &str) -> String {
    match language::current() {
        Language::En => sentence.to_owned(),
        Language::Cy => by_pattern(&LOG.0, sentence).unwrap_or_else(|| sentence.to_owned()),
    }
}

fn by_pattern(table: &Table, sentence: &str) -> Option<String> {
    table.iter().find_map(|(english, welsh)| Some(filled(welsh, &values(english, sentence)?)))
}

/// What stands at the places of a pattern, if the sentence is one of it.
fn values<'a>(pattern: &str, sentence: &'a str) -> Option<Vec<&'a str>> {
    let mut literals = pattern.split('{').map(|part| part.split_once('}').map_or(part, |(_, literal)| literal));
    let mut rest = sentence.strip_prefix(literals.next()?)?;
    let literals: Vec<&str> = literals.collect();
    let mut values = Vec::new();
    for (at, literal) in literals.iter().enumerate() {
        let end = match (at + 1 == literals.len(), literal.is_empty()) {
            (true, true) => rest.len(),
            (true, false) => rest.len().checked_sub(literal.len()).filter(|end| rest.get(*end..) == Some(*literal))?,
            (false, _) => rest.find(literal)?,
        };
        let value = rest.get(..end).filter(|value| !value.is_empty())?;
        values.push(value);
        rest = rest.get(end + literal.len()..)?;
    }
    rest.is_empty().then_some(values)
}

/// A Welsh pattern with its values.
fn filled(pattern: &str, values: &[&str]) -> String {
    let mut parts = pattern.split('{');
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let Some((place, literal)) = part.split_once('}') else { continue };
        let number = place.trim_end_matches(char::is_alphabetic);
        let value = number.parse().ok().and_then(|at: usize| values.get(at)).copied().unwrap_or_default();
        written.push_str(&match place.strip_prefix(number) {
            Some("d") => language::device(value),
            Some("m") => Language::Cy.dated(value),
            Some("s") => value.split(", ").map(change).collect::<Vec<_>>().join(", "),
            _ => t(value),
        });
        written.push_str(literal);
    }
    written
}

fn change(words: &str) -> String {
    by_pattern(&LOG.1, words).unwrap_or_else(|| t(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn welsh(sentence: &str) -> Option<String> {
        by_pattern(&LOG.0, sentence)
    }

    #[test]
    fn the_most_telling_pattern_is_taken() {
        assert_eq!(welsh("Ada Byron signed in").unwrap(), "Mewngofnododd Ada Byron");
        assert_eq!(welsh("Ada Byron signed in to Larkmoor").unwrap(), "Mewngofnododd Ada Byron i Larkmoor");
        assert_eq!(welsh("Ada removed all access of Bo, quietly").unwrap(), "Tynnodd Ada holl fynediad Bo, yn dawel");
        assert_eq!(
            welsh("Ada added the key “My (old) phone” (Printed code card)").map(|told| told.contains("(old)")),
            Some(true)
        );
        assert_eq!(welsh("What nobody wrote"), None);
        assert_eq!(welsh(" signed in"), None, "nobody did");
    }

    #[test]
    fn every_pattern_is_one_and_keeps_its_places() {
        assert!(LOG.0.len() > 40 && LOG.1.len() > 10);
        for (english, welsh) in LOG.0.iter().chain(&LOG.1) {
            for number in 0..9 {
                let named = |pattern: &str| {
                    ["}", "d}", "m}", "s}"].iter().any(|end| pattern.contains(&format!("{{{number}{end}")))
                };
                assert_eq!(named(english), named(welsh), "{english}");
            }
        }
    }
}
