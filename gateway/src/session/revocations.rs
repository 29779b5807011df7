//! Revocations in their order: a session that was on its way into memory when one came must not be let in after it.

use std::collections::{HashMap, VecDeque};

use super::record::Record;

/// Whose sessions end: of a person at one site or all, of one provider session or all.
#[derive(Clone)]
pub(super) struct Revoked {
    pub sub: String,
    pub sid: Option<String>,
    pub site: Option<String>,
}

impl Revoked {
    pub fn means(&self, record: &Record) -> bool {
        self.sub == record.sub
            && self.sid.as_ref().is_none_or(|sid| *sid == record.sid)
            && self.site.as_ref().is_none_or(|site| *site == record.site)
    }
}

/// Most revocations that are remembered.
const RECENT: usize = 1024;

/// What was revoked a moment ago, and what is being revoked.
#[derive(Default)]
pub(super) struct Revocations {
    /// With their numbers, newest last.
    recent: VecDeque<(u64, Revoked)>,
    /// Those whose sessions are on their way out of the store: none is read from there again meanwhile.
    ending: HashMap<u64, Revoked>,
    count: u64,
}

impl Revocations {
    /// A mark in their order, to be taken before anything is read that a revocation could overtake.
    pub fn mark(&self) -> u64 {
        self.count
    }

    /// Remembers one that is complete.
    pub fn add(&mut self, revoked: Revoked) {
        self.count += 1;
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((self.count, revoked));
    }

    /// Remembers one that has begun. Its number is for `over`.
    pub fn begin(&mut self, revoked: Revoked) -> u64 {
        self.ending.insert(self.count + 1, revoked.clone());
        self.add(revoked);
        self.count
    }

    /// One that had begun is over: what was read from the store before that does not count either.
    pub fn over(&mut self, number: u64) {
        if let Some(revoked) = self.ending.remove(&number) {
            self.add(revoked);
        }
    }

    /// Whether a session is meant by one that came since the mark, or is on its way.
    pub fn since(&self, mark: u64, record: &Record) -> bool {
        let forgotten = self.recent.front().is_some_and(|(oldest, _)| *oldest > mark + 1);
        let newer = self.recent.iter().filter(|(number, _)| *number > mark).map(|(_, revoked)| revoked);
        forgotten || newer.chain(self.ending.values()).any(|one| one.means(record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        serde_json::from_value(serde_json::json!({
            "site": "larkmoor", "sub": "samina", "sid": "one", "name": "", "email": "", "account": "", "groups": [],
            "scope": "all", "classes": [], "years": [], "may_elevate": true, "member_until": null, "auth_time": 0,
            "created_at": 0, "id_token": "", "elevation": null, "seen_at": 0
        }))
        .unwrap()
    }

    #[test]
    fn what_is_read_while_its_session_leaves_the_store_is_not_let_in() {
        let mut revocations = Revocations::default();
        let before = revocations.mark();
        let number = revocations.begin(Revoked { sub: "samina".to_owned(), sid: None, site: None });
        let during = revocations.mark();
        assert!(revocations.since(before, &record()) && revocations.since(during, &record()));
        let other = Record { sub: "joss".to_owned(), ..record() };
        assert!(!revocations.since(before, &other), "nobody else is meant");
        revocations.over(number);
        assert!(revocations.since(during, &record()), "read before it was gone, let in after");
        assert!(!revocations.since(revocations.mark(), &record()), "a new session counts");
    }
}
