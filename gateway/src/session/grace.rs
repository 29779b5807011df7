//! Ten minutes to send a concern that was being written when somebody's access ended by its date.
//!
//! Kept in memory alone, and for nobody whose access was taken away: a revocation ends the grace as it ends a session, and
//! what is being sent with it.

use std::collections::HashMap;

use tokio_util::sync::CancellationToken;

use super::record::{ABSOLUTE, Record};
use super::revocations::Revoked;

/// How long it lasts, in seconds.
const LIFE: i64 = 600;

/// One of them: what the session knew, at base access, and what ends a request that is under way with it.
#[derive(Clone)]
pub(crate) struct Grace {
    pub record: Record,
    pub ended: CancellationToken,
}

/// Sessions whose membership has ended by its date, by the hash of their cookie.
#[derive(Default)]
pub(super) struct Graces(HashMap<String, Grace>);

impl Graces {
    /// Notes a session that is over, if nothing but the date ended it. `seen` is its last use.
    pub fn note(&mut self, hash: &str, record: &Record, (now, seen): (i64, i64)) {
        if ended_by_date(record, (now, seen)) {
            let record = Record { elevation: None, ..record.clone() };
            let grace = || Grace { record, ended: CancellationToken::new() };
            self.0.entry(hash.to_owned()).or_insert_with(grace);
        }
    }

    /// The grace of a cookie while it lasts.
    pub fn of(&self, hash: &str, now: i64) -> Option<Grace> {
        self.0.get(hash).filter(|grace| now < until(&grace.record)).cloned()
    }

    /// A revocation leaves nothing.
    pub fn forget(&mut self, revoked: &Revoked) {
        self.end_where(|record| revoked.means(record));
    }

    /// Ends those whose time is over.
    pub fn sweep(&mut self, now: i64) {
        self.end_where(|record| now >= until(record));
    }

    fn end_where(&mut self, over: impl Fn(&Record) -> bool) {
        self.0.retain(|_, grace| {
            let over = over(&grace.record);
            if over {
                grace.ended.cancel();
            }
            !over
        });
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

/// Whether the membership's end came before every other end, and less than the grace ago.
fn ended_by_date(record: &Record, (now, seen): (i64, i64)) -> bool {
    let Some(end) = record.member_until else { return false };
    let signed_in = end < record.created_at + ABSOLUTE && record.session_until.is_none_or(|over| end < over);
    (end..end + LIFE).contains(&now) && signed_in && end - seen < record.idle
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
        let opens = |record: &Record, now, seen| ended_by_date(record, (now, seen));
        assert!(opens(&record(), 1000, 900) && opens(&record(), 1599, 900));
        assert!(!opens(&record(), 999, 900) && !opens(&record(), 1600, 900));
        assert!(!opens(&record(), 1001, 50), "idle before the end");
        assert!(!opens(&Record { session_until: Some(990), ..record() }, 1001, 900), "signed out before the end");
        assert!(!opens(&Record { member_until: None, ..record() }, 1001, 900));
    }

    #[test]
    fn a_revocation_leaves_nothing_and_ends_what_is_being_sent() {
        let mut graces = Graces::default();
        graces.note("hash", &record(), (1000, 900));
        let under_way = graces.of("hash", 1599).unwrap().ended;
        assert!(graces.of("hash", 1600).is_none());
        graces.note("hash", &record(), (1001, 900));
        graces.forget(&Revoked { sub: "lorcan".to_owned(), sid: None, site: Some("quillbrook".to_owned()) });
        assert!(graces.of("hash", 1001).is_some() && !under_way.is_cancelled());
        graces.forget(&Revoked { sub: "lorcan".to_owned(), sid: None, site: None });
        assert!(graces.of("hash", 1001).is_none() && under_way.is_cancelled());
    }

    #[test]
    fn its_own_end_cuts_what_is_being_sent() {
        let mut graces = Graces::default();
        graces.note("hash", &record(), (1000, 900));
        let under_way = graces.of("hash", 1599).unwrap().ended;
        graces.sweep(1599);
        assert!(!under_way.is_cancelled());
        graces.sweep(1600);
        assert!(under_way.is_cancelled());
    }
}
