//! Ten minutes to send a concern that was being written when somebody's access ended by its date.
//!
//! Kept in memory alone, and for nobody whose access was taken away: a revocation ends the grace as it ends a session.

use std::collections::HashMap;

use super::record::{ABSOLUTE, Record};
use super::revocations::Revoked;

/// How long it lasts, in seconds.
const LIFE: i64 = 600;

/// Sessions whose membership has ended by its date, by the hash of their cookie.
#[derive(Default)]
pub(super) struct Graces(HashMap<String, Record>);

impl Graces {
    /// Notes a session that is over, if nothing but the date ended it. `seen` is its last use.
    pub fn note(&mut self, hash: &str, record: &Record, (now, seen): (i64, i64)) {
        self.0.retain(|_, one| now < until(one));
        if let Some(record) = ended(record, (now, seen)) {
            self.0.insert(hash.to_owned(), record);
        }
    }

    /// What such a session knew, at base access, while the grace lasts.
    pub fn of(&self, hash: &str, now: i64) -> Option<Record> {
        self.0.get(hash).filter(|record| now < until(record)).cloned()
    }

    /// A revocation leaves nothing.
    pub fn forget(&mut self, revoked: &Revoked) {
        self.0.retain(|_, record| !revoked.means(record));
    }
}

impl Record {
    /// Until when a concern may still be sent after the membership has ended.
    pub fn grace_until(&self) -> Option<i64> {
        self.member_until.map(|until| until + LIFE)
    }
}

fn until(record: &Record) -> i64 {
    record.grace_until().unwrap_or_default()
}

/// What a session knew, at base access, whose membership's end came before every other end and less than the grace ago.
pub(super) fn ended(record: &Record, (now, seen): (i64, i64)) -> Option<Record> {
    let end = record.member_until?;
    let signed_in = end < record.created_at + ABSOLUTE && record.session_until.is_none_or(|over| end < over);
    let by_date = (end..end + LIFE).contains(&now) && signed_in && end - seen < record.idle;
    by_date.then(|| Record { elevation: None, ..record.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        let (site, sub) = ("larkmoor".to_owned(), "lorcan".to_owned());
        Record { site, sub, member_until: Some(1000), created_at: 500, idle: 900, ..Record::default() }
    }

    #[test]
    fn only_the_date_opens_it_and_only_for_ten_minutes() {
        let opens = |record: &Record, now, seen| ended(record, (now, seen)).is_some();
        assert!(opens(&record(), 1000, 900) && opens(&record(), 1599, 900));
        assert!(!opens(&record(), 999, 900) && !opens(&record(), 1600, 900));
        assert!(!opens(&record(), 1001, 50), "idle before the end");
        assert!(!opens(&Record { session_until: Some(990), ..record() }, 1001, 900), "signed out before the end");
        assert!(!opens(&Record { member_until: None, ..record() }, 1001, 900));
    }

    #[test]
    fn a_revocation_leaves_nothing() {
        let mut graces = Graces::default();
        graces.note("hash", &record(), (1000, 900));
        assert!(graces.of("hash", 1599).is_some() && graces.of("hash", 1600).is_none());
        graces.forget(&Revoked { sub: "lorcan".to_owned(), sid: None, site: Some("quillbrook".to_owned()) });
        assert!(graces.of("hash", 1001).is_some());
        graces.forget(&Revoked { sub: "lorcan".to_owned(), sid: None, site: None });
        assert!(graces.of("hash", 1001).is_none());
    }
}
