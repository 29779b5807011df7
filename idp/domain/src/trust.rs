//! A trust and what it sets for everybody.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::email::EmailAddress;
use crate::id::{PersonId, TrustId};
use crate::key_policy::{KeyPolicy, KeyRule};
use crate::session::Limits;
use crate::site::SettingError;

pub use crate::trust_role::{TrustRole, TrustSeat};

/// Several schools under one roof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// Its identifier.
    pub id: TrustId,
    /// Its name, as on its sign.
    pub name: String,
    /// The mail domain of its own staff.
    pub domain: String,
    /// What holds for everybody who belongs to it.
    pub settings: TrustSettings,
    /// Looser settings that wait for a second person.
    pub draft: Option<TrustDraft>,
    /// Where its helpdesk can be reached.
    pub helpdesk: Helpdesk,
}

/// Where people who need help write or ring, after their school and before whoever runs Lanyard. Empty is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Helpdesk {
    /// A mailbox.
    pub email: String,
    /// A telephone number.
    pub phone: String,
}

impl Helpdesk {
    /// Everything that is not as it should be.
    pub fn faults(&self) -> Vec<SettingError> {
        let fault = |field, message| SettingError { field, message };
        let mut faults = Vec::new();
        if !(self.email.is_empty() || EmailAddress::parse(&self.email).is_ok()) {
            let message = "Enter an email address in the correct format, like name@example.com";
            faults.push(fault("helpdesk_email", message));
        }
        if self.phone.chars().count() > 40 {
            faults.push(fault("helpdesk_phone", "Telephone number must be 40 characters or fewer"));
        }
        faults
    }
}

/// Looser settings of a trust that wait for a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustDraft {
    /// What they would be.
    pub settings: TrustSettings,
    /// Who wants them.
    pub by: PersonId,
    /// That person's name.
    pub by_name: String,
    /// Since when they wait.
    pub at: Timestamp,
}

/// What a trust may set, each within its range. Whoever belongs to two trusts gets the stricter of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrustSettings {
    /// The floor under every site's key rules.
    pub key_floor: KeyPolicy,
    /// Fewest characters of a new password (12 to 15).
    pub password_min: i64,
    /// Days for which an invitation can be used (1 to 30).
    pub invite_days: i64,
    /// Minutes for which a link to a new password can be used (15 to 240).
    pub reset_minutes: i64,
    /// Hours after which a sign-in ends whatever happens (1 to 12).
    pub session_hours: i64,
    /// Minutes without use after which a sign-in ends (5 to 60).
    pub idle_minutes: i64,
    /// Minutes for which a temporary pass can be used (10 to 60).
    pub pass_minutes: i64,
    /// Minutes for which a key counts in the console (5 to 30).
    pub console_minutes: i64,
    /// Wrong codes until a key pauses (5 to 10).
    pub wrong_codes: i64,
    /// Whether people without a key type a mailed code in a browser that does not know them (1 yes, 0 no).
    pub new_browser_code: i64,
    /// Months for which sign-ins stay in the log (6 to 24).
    pub signin_log_months: i64,
    /// Years for which everything else stays in the log (1 to 25).
    pub log_years: i64,
    /// Seconds before a sign-in ends at which people are warned (20 to 300; WCAG 2.2.1).
    pub warning_seconds: i64,
}

impl Default for TrustSettings {
    fn default() -> Self {
        Self {
            key_floor: KeyPolicy { rule: KeyRule::None, strong: false },
            password_min: 12,
            invite_days: 14,
            reset_minutes: 60,
            session_hours: 12,
            idle_minutes: 30,
            pass_minutes: 30,
            console_minutes: 15,
            wrong_codes: 10,
            new_browser_code: 1,
            signin_log_months: 13,
            log_years: 7,
            warning_seconds: 120,
        }
    }
}

/// A number that a trust may set.
pub struct Number {
    /// The field's name.
    pub field: &'static str,
    /// Its label.
    pub label: &'static str,
    /// Least and most.
    pub range: (i64, i64),
    /// Whether more is stricter.
    more_is_stricter: bool,
    /// What is said when it is out of its range.
    message: &'static str,
}

/// The numbers, in the order in which the form shows them. [`TrustSettings::numbers`] has their values in this order.
pub const NUMBERS: [Number; 12] = [
    Number {
        field: "password_min",
        label: "Fewest characters of a new password",
        range: (12, 15),
        more_is_stricter: true,
        message: "Fewest characters must be between 12 and 15",
    },
    Number {
        field: "invite_days",
        label: "Days for which an invitation works",
        range: (1, 30),
        more_is_stricter: false,
        message: "Days for an invitation must be between 1 and 30",
    },
    Number {
        field: "reset_minutes",
        label: "Minutes for which a link to a new password works",
        range: (15, 240),
        more_is_stricter: false,
        message: "Minutes for a link must be between 15 and 240",
    },
    Number {
        field: "session_hours",
        label: "Hours after which people sign in again",
        range: (1, 12),
        more_is_stricter: false,
        message: "Hours must be between 1 and 12",
    },
    Number {
        field: "idle_minutes",
        label: "Minutes without use after which people sign in again",
        range: (5, 60),
        more_is_stricter: false,
        message: "Minutes without use must be between 5 and 60",
    },
    Number {
        field: "pass_minutes",
        label: "Minutes for which a temporary pass works",
        range: (10, 60),
        more_is_stricter: false,
        message: "Minutes for a temporary pass must be between 10 and 60",
    },
    Number {
        field: "console_minutes",
        label: "Minutes for which a key counts when managing people",
        range: (5, 30),
        more_is_stricter: false,
        message: "Minutes for managing people must be between 5 and 30",
    },
    Number {
        field: "wrong_codes",
        label: "Wrong codes until a key pauses for 15 minutes",
        range: (5, 10),
        more_is_stricter: false,
        message: "Wrong codes must be between 5 and 10",
    },
    Number {
        field: "new_browser_code",
        label: "People without a key type a mailed code in a new browser",
        range: (0, 1),
        more_is_stricter: true,
        message: "Choose whether a mailed code is asked for",
    },
    Number {
        field: "signin_log_months",
        label: "Months for which sign-ins stay in the audit log",
        range: (6, 24),
        more_is_stricter: true,
        message: "Months must be between 6 and 24",
    },
    Number {
        field: "log_years",
        label: "Years for which everything else stays in the audit log",
        range: (1, 25),
        more_is_stricter: true,
        message: "Years must be between 1 and 25",
    },
    Number {
        field: "warning_seconds",
        label: "Seconds before they are signed out that people are warned",
        range: (20, 300),
        more_is_stricter: true,
        message: "Seconds of warning must be between 20 and 300",
    },
];

impl Number {
    /// Whether it is a question that is answered by yes (1) or no (0).
    pub fn is_a_question(&self) -> bool {
        self.range == (0, 1)
    }
}

impl TrustSettings {
    /// The values of the [`NUMBERS`].
    pub fn numbers(&self) -> [i64; 12] {
        [
            self.password_min,
            self.invite_days,
            self.reset_minutes,
            self.session_hours,
            self.idle_minutes,
            self.pass_minutes,
            self.console_minutes,
            self.wrong_codes,
            self.new_browser_code,
            self.signin_log_months,
            self.log_years,
            self.warning_seconds,
        ]
    }

    /// Settings with these numbers.
    pub fn with_numbers(key_floor: KeyPolicy, numbers: [i64; 12]) -> Self {
        let [
            password_min,
            invite_days,
            reset_minutes,
            session_hours,
            idle_minutes,
            pass_minutes,
            console_minutes,
            wrong_codes,
            new_browser_code,
            signin_log_months,
            log_years,
            warning_seconds,
        ] = numbers;
        Self {
            key_floor,
            password_min,
            invite_days,
            reset_minutes,
            session_hours,
            idle_minutes,
            pass_minutes,
            console_minutes,
            wrong_codes,
            new_browser_code,
            signin_log_months,
            log_years,
            warning_seconds,
        }
    }

    /// The stricter of each.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let mut numbers = self.numbers();
        for ((number, theirs), about) in numbers.iter_mut().zip(other.numbers()).zip(&NUMBERS) {
            *number = if about.more_is_stricter { theirs.max(*number) } else { theirs.min(*number) };
        }
        Self::with_numbers(self.key_floor.and(other.key_floor), numbers)
    }

    /// Whether anything is looser than in `other`.
    pub fn is_looser_than(self, other: Self) -> bool {
        self.and(other) != self
    }

    /// Every number that is out of its range.
    pub fn faults(&self) -> Vec<SettingError> {
        let out = |(value, number): (i64, &Number)| {
            let (least, most) = number.range;
            let fault = SettingError { field: number.field, message: number.message };
            (!(least..=most).contains(&value)).then_some(fault)
        };
        self.numbers().into_iter().zip(&NUMBERS).filter_map(out).collect()
    }

    /// How long a sign-in lasts.
    pub fn session(&self) -> Limits {
        Limits { absolute: self.session_hours * 3600, idle: self.idle_minutes * 60 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_of_each_wins_and_never_loosens() {
        let strict = TrustSettings::with_numbers(KeyPolicy::default(), [15, 1, 15, 1, 5, 10, 5, 5, 1, 24, 25, 300]);
        let loose = TrustSettings::with_numbers(KeyPolicy::default(), [12, 30, 240, 12, 60, 60, 30, 10, 0, 6, 1, 20]);
        assert_eq!((strict.and(loose), loose.and(strict)), (strict, strict));
        assert!(loose.is_looser_than(strict) && !strict.is_looser_than(loose) && !strict.is_looser_than(strict));
        let mixed = TrustSettings { password_min: 12, ..strict };
        assert!(mixed.is_looser_than(strict));
    }

    #[test]
    fn a_24_every_number_has_its_range() {
        for (at, number) in NUMBERS.iter().enumerate() {
            for (value, good) in [
                (number.range.0 - 1, false),
                (number.range.0, true),
                (number.range.1, true),
                (number.range.1 + 1, false),
                (i64::MAX, false),
                (i64::MIN, false),
            ] {
                let mut numbers = TrustSettings::default().numbers();
                numbers[at] = value;
                let faults = TrustSettings::with_numbers(KeyPolicy::default(), numbers).faults();
                assert_eq!(faults.is_empty(), good, "{} {value}", number.field);
            }
        }
        assert_eq!(TrustSettings::default().faults(), []);
    }
}
