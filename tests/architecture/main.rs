//! The shape of the repository, tested like its behaviour.
#![expect(clippy::unwrap_used, reason = "in tests a broken assumption must stop the test at once")]

mod lock;
mod log;
mod pages;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                files(&path, ending, found);
            }
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    files(&root(), ".rs", &mut found);
    assert!(found.len() > 150);
    found
}

/// The arrows of DESIGN section 1: who may import whom.
fn arrows() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("idp/domain", ""),
        ("policies", ""),
        ("certs", ""),
        ("idp/store", "idp-domain"),
        ("idp/store-sql", "idp-store idp-domain"),
        ("idp/store-redis", "idp-store idp-domain"),
        ("idp/oauth", "idp-store idp-domain"),
        ("idp/signin", "idp-store idp-domain"),
        ("idp/mail", "idp-store idp-domain"),
        ("idp/directory", "idp-store idp-domain policies"),
        ("idp/web", "idp-oauth idp-signin idp-directory idp-store idp-domain policies"),
        ("gateway", "policies certs"),
    ])
}

#[test]
fn crates_import_only_along_the_arrows() {
    let ours = ["idp-", "gateway", "policies", "certs", "lanyard"];
    for (path, allowed) in arrows() {
        let manifest = std::fs::read_to_string(root().join(path).join("Cargo.toml")).unwrap();
        let needed = manifest.split("[dependencies]").nth(1).unwrap();
        for line in needed.lines().filter(|line| line.contains(".workspace") || line.contains("workspace =")) {
            let name = line.split(['.', ' ', '=']).next().unwrap();
            if ours.iter().any(|start| name.starts_with(start)) {
                assert!(allowed.split(' ').any(|one| one == name), "{path} may not import {name}");
            }
        }
    }
}

#[test]
fn every_source_file_has_a_caption_and_at_most_400_lines() {
    for file in sources() {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} has no caption", file.display());
        assert!(text.lines().count() <= 400, "{} has {} lines", file.display(), text.lines().count());
    }
}

#[test]
fn migrations_come_in_pairs() {
    let names = |engine: &str| -> BTreeSet<String> {
        let folder = root().join("idp/store-sql/migrations").join(engine);
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    for name in names("sqlite") {
        let read = |engine: &str| {
            let text =
                std::fs::read_to_string(root().join("idp/store-sql/migrations").join(engine).join(&name)).unwrap();
            text.replace("BYTEA", "BLOB")
        };
        assert_eq!(read("sqlite"), read("postgres"), "{name} differs in more than the type of bytes");
    }
}

#[test]
fn paths_that_pages_name_exist() {
    for page in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "DECISIONS.md", "SECURITY.md", "CHANGELOG.md"] {
        let text = std::fs::read_to_string(root().join(page)).unwrap_or_else(|_| panic!("{page} is missing"));
        for part in text.split('`').skip(1).step_by(2) {
            let looks = part.contains('/')
                && !part.contains([' ', '<', '{', '*', '$', ':', '|'])
                && !part.starts_with(['/', '~']);
            let top = part.split('/').next().unwrap_or_default();
            let tops = ["idp", "gateway", "policies", "certs", "tests", "deploy", ".ci"];
            if looks && tops.contains(&top) {
                assert!(root().join(part).exists(), "{page} names {part}, which is not there");
            }
        }
    }
}

#[test]
fn only_named_places_touch_the_clock_the_environment_and_the_generator() {
    let banned = [("SystemTime::now", "idp/domain/src/clock.rs"), ("getrandom::fill", "idp/domain/src/random.rs")];
    for file in sources() {
        let text = std::fs::read_to_string(&file).unwrap();
        let short = file.strip_prefix(root()).unwrap().display().to_string();
        if short.starts_with("tests/") {
            continue;
        }
        for (word, home) in banned {
            assert!(short == home || !text.contains(word), "{short} uses {word}");
        }
    }
}

/// Modules of a crate that use each other in a circle. `mod.rs` and `lib.rs` are tables and stand for their folder.
#[test]
fn modules_form_no_circle() {
    for crate_path in arrows().keys() {
        let source = root().join(crate_path).join("src");
        let mut found = Vec::new();
        files(&source, ".rs", &mut found);
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let names: BTreeSet<String> = found
            .iter()
            .filter_map(|file| {
                let short = file.strip_prefix(&source).unwrap();
                let first = short.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
                (first != "lib" && first != "main").then_some(first)
            })
            .collect();
        for file in &found {
            let short = file.strip_prefix(&source).unwrap();
            let own = short.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
            let text = std::fs::read_to_string(file).unwrap();
            for part in text.split("use crate::").skip(1) {
                let target = part.split([':', ';', ',', '{']).next().unwrap().trim().to_owned();
                if names.contains(&target) && target != own && names.contains(&own) {
                    edges.entry(own.clone()).or_default().insert(target);
                }
            }
        }
        let allowed = known_circles(crate_path);
        for (from, targets) in &edges {
            for to in targets {
                let back = edges.get(to).is_some_and(|back| back.contains(from));
                let known =
                    allowed.contains(&(from.as_str(), to.as_str())) || allowed.contains(&(to.as_str(), from.as_str()));
                assert!(!back || known, "{crate_path}: {from} and {to} use each other");
            }
        }
    }
}

/// Circles that stand today, to be untied; the list may only shrink.
fn known_circles(_crate_path: &str) -> Vec<(&'static str, &'static str)> {
    Vec::new()
}

#[test]
fn every_edit_of_the_mutants_fits_the_code() {
    let text = std::fs::read_to_string(root().join("tests/mutants/defences.toml")).unwrap();
    let catalogue: toml::Table = text.parse().unwrap();
    for defence in catalogue["defence"].as_array().unwrap() {
        for edit in defence["edit"].as_array().unwrap() {
            let (file, find) = (edit["file"].as_str().unwrap(), edit["find"].as_str().unwrap());
            let found = std::fs::read_to_string(root().join(file)).unwrap().matches(find).count();
            assert_eq!(found, 1, "{file} holds {found} times what {} takes away: {find}", defence["ids"]);
        }
    }
}
