//! Takes each defence away, in a copy of the tree, and looks whether the attack test named by it fails. A test that still
//! passes proves nothing; names as arguments (`A-01 H-02`) choose some; a defence that is no longer found in the code has to be described anew in `defences.toml`.
#![expect(clippy::expect_used, reason = "a check that cannot be made must stop with its reason")]
#![expect(clippy::print_stdout, reason = "its result is what it prints")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    defence: Vec<Defence>,
}

/// One defence and the edits that take it away.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Defence {
    /// Tests whose names begin with one of these must fail.
    ids: Vec<String>,
    /// What is taken away.
    without: String,
    /// Defences of one batch do not hide each other and are taken away together, which saves builds.
    batch: u32,
    /// Where its tests are: `attacks`, another target of the package `tests`, or the unit tests of a crate.
    #[serde(default = "attacks")]
    at: String,
    edit: Vec<Edit>,
}

fn attacks() -> String {
    "attacks".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: PathBuf,
    /// Occurs exactly once in the file.
    find: String,
    replace: String,
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the project's folder");
    let text = std::fs::read_to_string(root.join("tests/mutants/defences.toml")).expect("the catalogue can be read");
    let mut catalogue: Catalogue = toml::from_str(&text).expect("the catalogue is well formed");
    let wanted: BTreeSet<String> = std::env::args().skip(1).collect();
    catalogue.defence.retain(|defence| wanted.is_empty() || defence.ids.iter().any(|id| wanted.contains(id)));
    let copy = root.join("target/mutants/tree");
    let batches: BTreeSet<u32> = catalogue.defence.iter().map(|defence| defence.batch).collect();
    let mut alive = Vec::new();
    for batch in batches {
        let defences: Vec<&Defence> = catalogue.defence.iter().filter(|defence| defence.batch == batch).collect();
        copy_tree(root, &copy);
        defences.iter().flat_map(|defence| &defence.edit).for_each(|edit| apply(&copy, edit));
        let mut outcomes = BTreeMap::new();
        for at in defences.iter().map(|defence| defence.at.as_str()).collect::<BTreeSet<_>>() {
            outcomes.extend(run(root, &copy, at, &defences));
        }
        for defence in defences {
            for id in &defence.ids {
                let prefix = format!("{}_", id.to_lowercase().replace('-', "_"));
                let also = format!("_and_{prefix}");
                let is_named = |name: &str| name.starts_with(&prefix) || name.contains(&also);
                let named: Vec<_> = outcomes.iter().filter(|(name, _)| is_named(name)).collect();
                let failed = named.iter().find_map(|(name, why)| why.as_ref().map(|why| (name, why)));
                match failed {
                    Some((name, why)) => println!("{id}  {}\n      {name} fails: {why}", defence.without),
                    None => {
                        println!("{id}  {}\n      NO TEST FAILS ({} of this name)", defence.without, named.len());
                        alive.push(id.clone());
                    }
                }
            }
        }
    }
    if alive.is_empty() {
        println!("\nEvery attack test fails without its defence. Next: tests/run");
        ExitCode::SUCCESS
    } else {
        println!("\nNo test notices that these defences are gone: {}", alive.join(", "));
        ExitCode::FAILURE
    }
}

/// Copies what git would, over what an earlier batch left; unchanged files keep their times, so that cargo builds less.
fn copy_tree(root: &Path, copy: &Path) {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root)
        .output()
        .expect("git lists the files");
    for name in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root.join(name), copy.join(name));
        // A file that git still lists but that was deleted.
        let Ok(content) = std::fs::read(&from) else { continue };
        if std::fs::read(&to).is_ok_and(|before| before == content) {
            continue;
        }
        std::fs::create_dir_all(to.parent().expect("a file lies in a folder")).expect("the folder can be made");
        std::fs::write(&to, content).expect("the copy can be written");
    }
}

fn apply(copy: &Path, edit: &Edit) {
    let path = copy.join(&edit.file);
    let text = std::fs::read_to_string(&path).expect("the file of an edit is there");
    let found = text.matches(&edit.find).count();
    assert!(found == 1, "{} holds {found} times: {}", edit.file.display(), edit.find);
    std::fs::write(&path, text.replace(&edit.find, &edit.replace)).expect("the edit can be written");
}

/// Runs the tests of those of these defences that are tested there. Answers each one's name, and why it failed if it did.
fn run(root: &Path, copy: &Path, at: &str, defences: &[&Defence]) -> BTreeMap<String, Option<String>> {
    let here = defences.iter().filter(|defence| defence.at == at);
    let filters = here.flat_map(|defence| &defence.ids).map(|id| id.to_lowercase().replace('-', "_") + "_");
    // A crate of ours has a hyphen in its name; a target of the tests has none.
    let place = if at.contains('-') { vec!["-p", at, "--lib"] } else { vec!["-p", "tests", "--test", at] };
    let output = Command::new("cargo")
        .args(["test", "--quiet"])
        .args(place)
        .args(["--", "--format", "pretty"])
        .args(filters)
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", root.join("target/mutants/build"))
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("test result:"), "the tests without defences were not built:\n{errors}");
    let mut outcomes = BTreeMap::new();
    for line in text.lines() {
        let Some((name, outcome)) = line.strip_prefix("test ").and_then(|line| line.split_once(" ... ")) else {
            continue;
        };
        let short = name.rsplit("::").next().unwrap_or(name).to_owned();
        let why = outcome.starts_with("FAILED").then(|| reason(&text, name));
        outcomes.insert(short, why);
    }
    outcomes
}

/// The first line of a panic's message, cut short.
fn reason(text: &str, name: &str) -> String {
    let own = text.split_once(&format!("---- {name} stdout ----")).map_or("", |(_, rest)| rest);
    let message = own.lines().skip_while(|line| !line.contains("panicked at")).nth(1).unwrap_or("no message");
    message.chars().take(140).collect()
}
