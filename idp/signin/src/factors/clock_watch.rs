//! Whether the server's own clock is right, as the telephones of many people tell (M-03): one that is wrong is nobody's
//! fault, but that of all of them together is ours.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use idp_domain::PersonId;

/// So many people are listened to, the latest of each.
const PEOPLE: usize = 20;
/// So many of them on the same side are no accident. Slow typing puts a few on one side every day.
const AGREE: usize = 16;

/// The steps by which the latest codes were off.
#[derive(Debug, Default)]
pub struct ClockWatch {
    seen: Mutex<VecDeque<(PersonId, i64)>>,
}

impl ClockWatch {
    /// Notes by how many steps a right code of somebody was off.
    pub(crate) fn note(&self, person: PersonId, steps: i64) {
        let before = self.is_suspect();
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.retain(|(who, _)| *who != person);
            seen.push_back((person, steps));
            if seen.len() > PEOPLE {
                seen.pop_front();
            }
        }
        let now = self.is_suspect();
        metrics::gauge!("lanyard_clock_suspect").set(if now { 1.0 } else { 0.0 });
        if now && !before {
            tracing::error!("the telephones of most people disagree with this server's clock; check its time");
        }
    }

    /// Whether most people's telephones are off on the same side.
    pub fn is_suspect(&self) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let on_side = |sign: i64| seen.iter().filter(|(_, steps)| steps.signum() == sign).count();
        on_side(1).max(on_side(-1)) >= AGREE
    }
}

#[cfg(test)]
mod tests {
    use idp_domain::{SeededRandom, SystemClock};

    use super::*;

    #[test]
    fn m_03_many_on_one_side_are_the_servers_fault_and_one_person_is_not() {
        let (watch, random) = (ClockWatch::default(), SeededRandom::new(3));
        let someone = || PersonId::new(&SystemClock, &random);
        let one = someone();
        for _ in 0..100 {
            watch.note(one, -3);
        }
        assert!(!watch.is_suspect(), "one telephone");
        for _ in 0..14 {
            watch.note(someone(), -1);
        }
        assert!(!watch.is_suspect());
        watch.note(someone(), 1);
        watch.note(someone(), -1);
        assert!(watch.is_suspect(), "sixteen of seventeen");
        for _ in 0..12 {
            watch.note(someone(), 0);
        }
        assert!(!watch.is_suspect(), "the clock was set right");
    }
}
