//! Identifiers: UUIDv7 (RFC 9562 §5.7), one type for each kind of thing, so that they cannot be mixed up.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::{Clock, Timestamp};
use crate::random::Random;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier that sorts by its time of making.
            pub fn new(clock: &dyn Clock, random: &dyn Random) -> Self {
                Self(uuid_v7(clock, random))
            }

            /// When it was made, as it says itself (RFC 9562 §5.7).
            pub fn made_at(self) -> Timestamp {
                let seconds = self.0.get_timestamp().map_or(0, |made| made.to_unix().0);
                Timestamp(i64::try_from(seconds).unwrap_or(i64::MAX))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

id! {
    /// A person, once for all schools.
    PersonId,
    /// A trust: several schools under one roof.
    TrustId,
    /// One school's site.
    SiteId,
    /// A person's membership of a site.
    MembershipId,
    /// One user group given within a membership.
    GrantId,
    /// A key of a person.
    KeyId,
    /// A mailed link.
    LinkId,
    /// Somebody's request for access.
    RequestId,
    /// An uploaded spreadsheet.
    ImportId,
}

/// Counts identifiers, so that those of one second sort in the order of their making (RFC 9562 §6.2, method 1): the clock
/// knows whole seconds only.
static MADE: AtomicU64 = AtomicU64::new(0);

/// A bare UUIDv7, for records that need no type of their own (outbox, audit).
pub fn uuid_v7(clock: &dyn Clock, random: &dyn Random) -> Uuid {
    let mut bytes = [0_u8; 10];
    random.fill(&mut bytes);
    // The milliseconds of the second carry the upper part of the count, the first 12 bits after them the lower.
    let count = MADE.fetch_add(1, Ordering::Relaxed) % (1000 << 12);
    let [high, low, ..] = &mut bytes;
    (*high, *low) = (u8::try_from((count >> 8) & 0x0f).unwrap_or(0), u8::try_from(count & 0xff).unwrap_or(0));
    let millis = u64::try_from(clock.now().0).unwrap_or(0).saturating_mul(1000) + (count >> 12);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SteppedClock;
    use crate::random::SystemRandom;

    #[test]
    fn identifiers_of_one_second_sort_in_the_order_of_their_making() {
        let made: Vec<String> = (0..5000).map(|_| uuid_v7(&Fixed, &SystemRandom).to_string()).collect();
        assert!(made.windows(2).filter(|pair| pair[0] >= pair[1]).count() <= 1, "but for the count's own turn");
        let clock = SteppedClock::new();
        let before = uuid_v7(&clock, &SystemRandom);
        clock.advance(1);
        assert!(uuid_v7(&clock, &SystemRandom) > before);
    }

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> crate::Timestamp {
            crate::Timestamp(1_800_000_000)
        }
    }
}
