//! `lanyard feedback`: how people answered the one question that they are asked about keys.
#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

use anyhow::Result;

use super::At;

/// How far back, in seconds: 90 days.
const SINCE: i64 = 90 * 24 * 3600;

/// Shows it.
pub(super) async fn run(at: &At) -> Result<()> {
    let assembled = at.provider().await?;
    let answers = assembled.context.store.feedback(assembled.context.now().plus(-SINCE)).await;
    assembled.sql.close().await;
    let answers = answers?;
    if answers.is_empty() {
        println!("Nobody has answered in the last 90 days.");
    }
    for (about, helpful, count) in answers {
        println!("{about}: {count} said {}", if helpful { "yes" } else { "no" });
    }
    Ok(())
}
