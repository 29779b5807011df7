//! Proof that the audit log is whole: chaining and signing it as it grows, handing it out, and checking what was handed
//! out, which needs nothing but the file and the name of the key.

use std::io::{BufRead, Write};

use idp_domain::audit_chain::{Head, Link, Logged};
use idp_domain::{Timestamp, london};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Directory;
use crate::error::Result;

/// `typ` of a signed head (RFC 8725 §3.11).
pub const HEAD_TYP: &str = "lanyard-audit-head+jwt";
/// Entries that are chained in one transaction: others who write wait no longer than that takes.
const BATCH: i64 = 200;
/// Most faults that are told one by one.
const MOST_FAULTS: usize = 20;
/// No trust may keep sign-ins and other entries for less than so many seconds, six months and a year: one that is younger was
/// not forgotten.
const LEAST_KEPT: (i64, i64) = (6 * 30 * 24 * 3600, 364 * 24 * 3600);
/// Seconds by which the time of an entry may lie before that of the one before it: two nodes' clocks, a slow transaction.
const BACKWARDS: i64 = 300;

/// A line of the file that is handed out: JSON, one object a line.
#[derive(Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "lowercase")]
enum Line {
    Start { version: u32, made_at: Timestamp, key: Value },
    Entry { link: Link, entry: Option<Logged> },
    Head { signed: String },
    End { entries: i64 },
}

/// What a signed head says.
#[derive(Serialize, Deserialize)]
struct Said {
    seq: i64,
    link: String,
    at: Timestamp,
}

/// What became of sealing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// There was nothing new.
    Nothing,
    /// Everything up to this link is signed: its number and hash, to be noted.
    Signed(i64, String),
    /// The chain does not hold what was signed last. Nothing was signed.
    Broken,
}

/// What was found out about a log.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Links that were looked at.
    pub entries: i64,
    /// Those of them whose entry is no longer kept.
    pub forgotten: i64,
    /// The newest link that a signature stands over, and when it was signed.
    pub signed: Option<(Link, Timestamp)>,
    /// What is odd and proves nothing, in words.
    pub odd: Vec<String>,
    /// What does not fit, in words. None of it: nothing was changed, taken out or put in before the newest signature.
    pub faults: Vec<String>,
}

impl Directory {
    /// Chains what was logged since the last time and signs the newest link. `noted` is the one that was signed last, kept
    /// outside the database: a chain that does not hold it was made by somebody else, and is not signed. `sign` makes a
    /// compact JWS of a `typ` and a payload.
    pub async fn seal_log(
        &self,
        noted: Option<&(i64, String)>,
        sign: impl Fn(&str, &str) -> Option<String>,
    ) -> Result<Sealing> {
        let store = &self.context.store;
        if let Some((seq, hash)) = noted {
            let held = store.chained(seq - 1, 1).await?.into_iter().next();
            if held.is_none_or(|(link, _)| link.seq != *seq || link.link != *hash) {
                return Ok(Sealing::Broken);
            }
        }
        while store.chain_entries(BATCH).await?.is_some() {}
        let Some(link) = store.newest_link().await? else { return Ok(Sealing::Nothing) };
        if !store.heads(link.seq).await?.is_empty() {
            return Ok(Sealing::Nothing);
        }
        let at = self.context.now();
        let said = Said { seq: link.seq, link: link.link, at };
        let text = serde_json::to_string(&said).unwrap_or_default();
        let Some(signed) = sign(HEAD_TYP, &text) else { return Ok(Sealing::Nothing) };
        store.add_head(&Head { seq: said.seq, at, signed }).await?;
        Ok(Sealing::Signed(said.seq, said.link))
    }

    /// Writes the whole log with its chain and signatures, for [`verify`]. `key` is the public key as a JWK.
    pub async fn hand_out_log(&self, key: Value, out: &mut (impl Write + Send)) -> Result<std::io::Result<()>> {
        let mut write = |line: &Line| {
            let text = serde_json::to_string(line)?;
            writeln!(out, "{text}")
        };
        let mut outcome = write(&Line::Start { version: 1, made_at: self.context.now(), key });
        let mut heads = self.context.store.heads(0).await?.into_iter().peekable();
        let mut entries = 0;
        loop {
            let chained = self.context.store.chained(entries, 1000).await?;
            if chained.is_empty() || outcome.is_err() {
                break;
            }
            for (link, entry) in chained {
                entries = link.seq;
                outcome = outcome.and_then(|()| write(&Line::Entry { link, entry }));
                while let Some(head) = heads.next_if(|head| head.seq <= entries) {
                    outcome = outcome.and_then(|()| write(&Line::Head { signed: head.signed }));
                }
            }
        }
        Ok(outcome.and_then(|()| write(&Line::End { entries })))
    }
}

/// Checks what [`Directory::hand_out_log`] wrote. `check` is given a signed head and the key that the file names; it
/// answers the payload if the signature is that key's and the key is the one that is trusted. `seen` is a link noted down
/// before, number and hash, which the log must hold.
pub fn verify(
    log: impl BufRead,
    check: impl Fn(&str, &Value) -> Option<Vec<u8>>,
    seen: Option<(i64, &str)>,
) -> std::io::Result<Verdict> {
    let mut reading = Reading { seen, ..Reading::default() };
    for (number, line) in (1..).zip(log.lines()) {
        match serde_json::from_str(&line?) {
            Ok(line) => reading.take(line, &check),
            Err(_) => reading.fault(format!("Line {number} cannot be read.")),
        }
    }
    Ok(reading.judged())
}

#[derive(Default)]
struct Reading<'a> {
    seen: Option<(i64, &'a str)>,
    verdict: Verdict,
    start: Option<(Timestamp, Value)>,
    ended: bool,
    newest: Option<Link>,
}

impl Reading<'_> {
    fn fault(&mut self, words: String) {
        if self.verdict.faults.len() < MOST_FAULTS {
            self.verdict.faults.push(words);
        }
    }

    fn take(&mut self, line: Line, check: &impl Fn(&str, &Value) -> Option<Vec<u8>>) {
        if self.ended || self.start.is_some() == matches!(line, Line::Start { .. }) {
            return self.fault("The file has lines outside its start and end.".to_owned());
        }
        match line {
            Line::Start { version: 1, made_at, key } => self.start = Some((made_at, key)),
            Line::Start { .. } => self.fault("The file is of a newer version of Lanyard.".to_owned()),
            Line::Entry { link, entry } => self.entry(link, entry.as_ref()),
            Line::Head { signed } => self.head(&signed, check),
            Line::End { entries } => {
                self.ended = true;
                if entries != self.verdict.entries {
                    self.fault(format!("The file says {entries} entries and has {}.", self.verdict.entries));
                }
            }
        }
    }

    fn entry(&mut self, link: Link, entry: Option<&Logged>) {
        let (seq, when) = (link.seq, london::show(link.at));
        if !link.follows(self.newest.as_ref()) {
            self.fault(format!("Entry {seq} of {when} does not follow the one before it."));
        }
        let made = self.start.as_ref().map_or(link.at, |(made, _)| *made);
        match entry {
            Some(logged) if !link.holds(logged) => self.fault(format!("Entry {seq} of {when} was changed.")),
            Some(_) => {}
            None if made.since(link.at) < if link.signin { LEAST_KEPT.0 } else { LEAST_KEPT.1 } => {
                self.fault(format!("Entry {seq} of {when} is missing, and too young to have been forgotten."));
            }
            None => self.verdict.forgotten += 1,
        }
        if self.newest.as_ref().is_some_and(|before| before.at.since(link.at) > BACKWARDS) {
            let words = format!("The clock was set back before entry {seq} of {when}.");
            if self.verdict.odd.len() < MOST_FAULTS {
                self.verdict.odd.push(words);
            }
        }
        if self.seen.is_some_and(|(number, hash)| number == seq && hash != link.link) {
            self.fault(format!("Entry {seq} is another one than the one that was noted down."));
        }
        self.verdict.entries += 1;
        self.newest = Some(link);
    }

    fn head(&mut self, signed: &str, check: &impl Fn(&str, &Value) -> Option<Vec<u8>>) {
        let key = self.start.as_ref().map(|(_, key)| key);
        let said = key.and_then(|key| check(signed, key)).and_then(|said| serde_json::from_slice::<Said>(&said).ok());
        match (said, self.newest.clone()) {
            (None, _) => self.fault(format!("The signature after entry {} is not of the key.", self.verdict.entries)),
            (Some(said), Some(link)) if (said.seq, &said.link) == (link.seq, &link.link) => {
                self.verdict.signed = Some((link, said.at));
            }
            (Some(said), _) => self.fault(format!("What was signed at entry {} is another log than this.", said.seq)),
        }
    }

    fn judged(mut self) -> Verdict {
        if !self.ended {
            self.fault("The file is cut off.".to_owned());
        }
        if self.verdict.entries > 0 && self.verdict.signed.is_none() {
            self.fault("Nothing of it is signed.".to_owned());
        }
        let entries = self.verdict.entries;
        if let Some((number, _)) = self.seen.filter(|(number, _)| *number > entries) {
            self.fault(format!("Entry {number} was noted down, and the log ends at {entries}."));
        }
        self.verdict
    }
}
