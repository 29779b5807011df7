//! Wall-clock time of schools: Europe/London, with its summer time.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};
use time_tz::{OffsetDateTimeExt, OffsetResult, PrimitiveDateTimeExt, timezones};

use crate::clock::Timestamp;

/// Midnight at the start of a day.
pub fn start_of(date: Date) -> Timestamp {
    at(date, Time::MIDNIGHT)
}

/// The last minute of a day is still inside: the end is midnight at the start of the next day.
pub fn end_of(date: Date) -> Timestamp {
    start_of(date.next_day().unwrap_or(date))
}

/// Six in the evening of the day in London that holds `moment`: until then a day pass works.
pub fn evening_of(moment: Timestamp) -> Timestamp {
    at(date(moment), Time::from_hms(18, 0, 0).unwrap_or(Time::MIDNIGHT))
}

/// The moment at which clocks in London show this; in the hour that is skipped or repeated, the later reading.
pub fn at(date: Date, clock: Time) -> Timestamp {
    let local = PrimitiveDateTime::new(date, clock);
    let zone = timezones::db::europe::LONDON;
    let moment = match local.assume_timezone(zone) {
        OffsetResult::Some(moment) | OffsetResult::Ambiguous(_, moment) => moment,
        OffsetResult::None => {
            let later = local.saturating_add(time::Duration::HOUR);
            later.assume_timezone(zone).take_first().unwrap_or_else(|| later.assume_utc())
        }
    };
    Timestamp(moment.unix_timestamp())
}

/// What clocks in London show at a moment.
pub fn local(moment: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(moment.0)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .to_timezone(timezones::db::europe::LONDON)
}

/// The calendar day in London.
pub fn date(moment: Timestamp) -> Date {
    local(moment).date()
}

/// `7 September 2026`.
pub fn show_date(moment: Timestamp) -> String {
    show_day(date(moment))
}

/// `Monday 7 September`; further away than half a year, with its year.
pub fn show_weekday(moment: Timestamp, now: Timestamp) -> String {
    let day = date(moment);
    let near = moment.since(now).abs() < 183 * 24 * 3600;
    let year = if near { String::new() } else { format!(" {}", day.year()) };
    format!("{} {} {}{year}", day.weekday(), day.day(), day.month())
}

/// `Monday`: the day of the week that holds the last moment before `end`.
pub fn weekday_before(end: Timestamp) -> String {
    date(end.plus(-1)).weekday().to_string()
}

/// `7 September 2026`, from a day.
pub fn show_day(date: Date) -> String {
    format!("{} {} {}", date.day(), date.month(), date.year())
}

/// `4:30pm`.
pub fn show_time(moment: Timestamp) -> String {
    let clock = local(moment).time();
    let (hour, half) = match clock.hour() {
        0 => (12, "am"),
        h @ 1..=11 => (h, "am"),
        12 => (12, "pm"),
        h => (h - 12, "pm"),
    };
    format!("{hour}:{:02}{half}", clock.minute())
}

/// `7 September 2026 at 4:30pm`.
pub fn show(moment: Timestamp) -> String {
    format!("{} at {}", show_date(moment), show_time(moment))
}

/// The last day that is inside a period whose exclusive end is `end`.
pub fn show_last_day(end: Timestamp) -> String {
    show_date(end.plus(-1))
}

/// Reads the day, month and year that a form's three boxes or `2026-09-07` hold.
pub fn parse_iso(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    day_of(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// A calendar day, if there is such a day.
pub fn day_of(year: i32, month: u8, day: u8) -> Option<Date> {
    Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_14_summer_and_winter_time() {
        let winter = start_of(day_of(2026, 1, 5).unwrap());
        let summer = start_of(day_of(2026, 7, 6).unwrap());
        assert_eq!(local(winter).offset().whole_hours(), 0);
        assert_eq!(local(summer).offset().whole_hours(), 1);
        let long_day = day_of(2026, 10, 25).unwrap();
        assert_eq!(end_of(long_day).since(start_of(long_day)), 25 * 3600);
        let gap = at(day_of(2026, 3, 29).unwrap(), Time::from_hms(1, 30, 0).unwrap());
        assert_eq!(local(gap).hour(), 2);
    }

    #[test]
    fn shows_dates_and_times_in_words() {
        let moment = at(day_of(2026, 9, 4).unwrap(), Time::from_hms(16, 30, 0).unwrap());
        assert_eq!(show(moment), "4 September 2026 at 4:30pm");
        assert_eq!(show_weekday(moment, moment), "Friday 4 September");
        assert_eq!(show_weekday(moment, moment.plus(200 * 24 * 3600)), "Friday 4 September 2026");
    }
}
