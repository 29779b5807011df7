//! Fuzzes every parser that strangers reach, for a while each: `tests/run --fuzz`, or `--fuzz jws 3600` for one, for longer.
//! What is found lies in `target/fuzz`, and is tried first the next time.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a fuzzer that cannot run has nothing to say")]
#![expect(clippy::print_stdout, reason = "its result is what it prints")]

mod mutate;
mod targets;

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mutate::Mutator;
use targets::{Outcome, TARGETS, World};

/// Seconds for each target, if nothing else is asked for.
const SECONDS: u64 = 60;
/// An input that takes longer than this is a finding: somebody could keep us busy with it.
const TOO_LONG: Duration = Duration::from_secs(5);
/// Panics in any thread: a server survives them, and must not have any.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/fuzz").join(target)
}

/// What was found before.
fn found_before(target: &str) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder(target)).into_iter().flatten().filter_map(Result::ok);
    files.filter_map(|file| std::fs::read(file.path()).ok()).collect()
}

async fn judged(world: &mut World, target: &str, input: &[u8]) -> Outcome {
    let (before, begun) = (PANICS.load(Ordering::Relaxed), Instant::now());
    let outcome = tokio::time::timeout(4 * TOO_LONG, world.run(target, input)).await;
    if PANICS.load(Ordering::Relaxed) != before {
        return Err("it panicked".to_owned());
    }
    match outcome {
        Ok(outcome) if begun.elapsed() < TOO_LONG => outcome,
        _ => Err(format!("it took {:?}", begun.elapsed())),
    }
}

/// Fuzzes one target. Answers what did not hold, if anything.
async fn fuzz(world: &mut World, (target, seeds): (&str, &[&str]), seconds: u64) -> Option<String> {
    let mut corpus: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    corpus.extend(world.made(target));
    let first: Vec<Vec<u8>> = found_before(target).into_iter().chain(corpus.clone()).collect();
    let (mut mutator, mut outcomes) = (Mutator::new(u64::from(std::process::id()), corpus), HashSet::new());
    let (begun, mut tries) = (Instant::now(), 0_u64);
    let mut waiting = first.into_iter();
    while begun.elapsed() < Duration::from_secs(seconds) {
        let input = waiting.next().unwrap_or_else(|| mutator.next());
        tries += 1;
        match judged(world, target, &input).await {
            Ok(outcome) => {
                if outcomes.insert(outcome) {
                    mutator.keep(input);
                }
            }
            Err(what) => {
                let folder = folder(target);
                std::fs::create_dir_all(&folder).unwrap();
                let file = folder.join(format!("{tries}-{}", begun.elapsed().as_millis()));
                std::fs::write(&file, &input).unwrap();
                return Some(format!("{what}. The input is in {}", file.display()));
            }
        }
    }
    println!("{target:14}{tries:>9} inputs, {} outcomes, nothing found", outcomes.len());
    None
}

#[tokio::main]
async fn main() -> ExitCode {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |what| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        usual(what);
    }));
    let mut arguments = std::env::args().skip(1);
    let (mut only, mut seconds) = (None, SECONDS);
    for argument in arguments.by_ref() {
        match argument.parse() {
            Ok(number) => seconds = number,
            Err(_) => only = Some(argument),
        }
    }
    let wanted = TARGETS.into_iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name));
    let mut found = 0;
    for target in wanted {
        // Each begins with a server of its own.
        let mut world = World::start().await;
        if let Some(what) = fuzz(&mut world, target, seconds).await {
            println!("{:14}{what}", target.0);
            found += 1;
        }
    }
    if found > 0 {
        println!("\n{found} found. Next: mend it, and run this again; what was found is tried first.");
        return ExitCode::FAILURE;
    }
    println!("\nNothing found. Next: tests/run --fuzz jws 3600, for an hour at one of them");
    ExitCode::SUCCESS
}
