//! Cleaning cells: addresses, dates (always day first), year groups, lists.

use idp_domain::email::EmailAddress;
use idp_domain::london::day_of;
use time::Date;

/// An address with what was done to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// The cell says that there is none.
    None,
    /// A good one; the note says what was cleaned.
    Good(EmailAddress, Option<&'static str>),
    /// It looks mistyped; the likely address is suggested.
    Doubtful(EmailAddress, Option<EmailAddress>),
    /// No address.
    Bad,
}

const TOP_LEVEL: [&str; 14] =
    ["uk", "com", "org", "net", "edu", "gov", "sch", "info", "wales", "scot", "cymru", "london", "example", "academy"];

/// Reads an address as people paste it: `Name <address>`, with a stray separator.
pub(super) fn address(cell: &str) -> Address {
    let lower = cell.to_lowercase();
    if ["no email", "no e-mail", "none", "n/a", "no"].contains(&lower.as_str()) {
        return Address::None;
    }
    let inner = cell.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inside, _)| inside);
    let plain = inner.unwrap_or(cell).trim().trim_end_matches([';', ',', '.']).trim();
    let Ok(email) = EmailAddress::parse(plain) else { return Address::Bad };
    let domain = email.domain();
    let top = domain.rsplit('.').next().unwrap_or_default();
    if !TOP_LEVEL.contains(&top) {
        let near = TOP_LEVEL.iter().find(|known| known.len() > 3 && strsim::osa_distance(known, top) <= 2);
        let mended = near.and_then(|known| {
            let stem = plain.get(..plain.len() - top.len())?;
            EmailAddress::parse(&format!("{stem}{known}")).ok()
        });
        return Address::Doubtful(email, mended);
    }
    let note = if inner.is_some() {
        Some("The address was taken out of “Name <address>”")
    } else if plain != cell {
        Some("A stray character after the address was removed")
    } else {
        None
    };
    Address::Good(email, note)
}

/// What is wrong with a date. The words are shown after the column's name.
pub(super) fn date(cell: &str) -> Result<Option<Date>, String> {
    if cell.is_empty() {
        return Ok(None);
    }
    let unreadable = || format!("“{cell}” is not a date. Use day/month/year.");
    if let Ok(serial) = cell.parse::<i64>() {
        let (first, last) = (36_526, 73_050);
        let epoch = day_of(1899, 12, 30).ok_or_else(unreadable)?;
        let day = epoch.checked_add(time::Duration::days(serial));
        return day.filter(|_| (first..=last).contains(&serial)).map(Some).ok_or_else(unreadable);
    }
    let parts: Vec<&str> = cell.split(['/', '.', '-', ' ']).filter(|part| !part.is_empty()).collect();
    let [one, two, three] = parts.as_slice() else { return Err(unreadable()) };
    let number = |text: &str| text.parse::<u16>().ok();
    let (day, month, year) = if one.len() == 4 { (three, two, one) } else { (one, two, three) };
    let (Some(day), Some(year)) = (number(day), number(year)) else { return Err(unreadable()) };
    let month = match number(month) {
        Some(month) => month,
        None => month_named(month).ok_or_else(unreadable)?,
    };
    let year = if year < 100 { year + 2000 } else { year };
    if month > 12 {
        return Err(format!("there is no month {month}. Use day/month/year."));
    }
    let found = day_of(i32::from(year), u8::try_from(month).unwrap_or(0), u8::try_from(day).unwrap_or(0));
    found.map(Some).ok_or_else(|| format!("there is no day {day} in month {month} of {year}. Use day/month/year."))
}

fn month_named(text: &str) -> Option<u16> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let start: String = text.to_lowercase().chars().take(3).collect();
    let at = MONTHS.iter().position(|month| *month == start)?;
    u16::try_from(at + 1).ok()
}

/// Parts of a cell such as `Oak;Elm`, `Oak, Elm` or `Oak / Elm`.
pub(super) fn list(cell: &str) -> Vec<String> {
    cell.split([';', ',', '/']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Year groups in their short form, ranges expanded; the first part that is none is the error.
pub(super) fn years(cell: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for part in list(cell) {
        let ends: Vec<&str> = part.split('-').map(str::trim).collect();
        match ends.as_slice() {
            [one] => found.push(year_name(year_number(one).ok_or_else(|| part.clone())?)),
            [from, to] => {
                let (from, to) =
                    (year_number(from).ok_or_else(|| part.clone())?, year_number(to).ok_or_else(|| part.clone())?);
                found.extend((from..=to).map(year_name));
            }
            _ => return Err(part),
        }
    }
    Ok(found)
}

/// Reception is 0, nursery below it.
fn year_number(text: &str) -> Option<i8> {
    let plain = text.to_lowercase().replace("year", "").replace("yr", "");
    let plain = plain.trim();
    match plain {
        "r" | "rec" | "reception" => Some(0),
        "n1" => Some(-2),
        "n2" | "n" | "nursery" => Some(-1),
        _ => plain.strip_prefix('y').unwrap_or(plain).parse::<i8>().ok().filter(|year| (1..=13).contains(year)),
    }
}

fn year_name(year: i8) -> String {
    match year {
        ..=-2 => "N1".to_owned(),
        -1 => "N2".to_owned(),
        0 => "R".to_owned(),
        year => format!("Y{year}"),
    }
}

/// `Y`, `Yes`, `TRUE`, `1`, `✓`.
pub(super) fn yes(cell: &str) -> bool {
    ["y", "yes", "true", "1", "✓"].contains(&cell.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_paste_them() {
        let good = |text: &str| EmailAddress::parse(text).unwrap();
        assert_eq!(address("A@b.example"), Address::Good(good("A@b.example"), None));
        assert!(matches!(address("a@b.example;"), Address::Good(email, Some(_)) if email == good("a@b.example")));
        assert!(
            matches!(address("Joss W <a@b.example>"), Address::Good(email, Some(_)) if email == good("a@b.example"))
        );
        assert_eq!(address("a@b.exmaple"), Address::Doubtful(good("a@b.exmaple"), Some(good("a@b.example"))));
        assert_eq!(address("no email"), Address::None);
        assert_eq!(address("nobody"), Address::Bad);
    }

    #[test]
    fn dates_are_day_first_and_never_swapped() {
        let first = day_of(2026, 9, 1);
        for text in ["01/09/2026", "1.9.26", "1 Sep 2026", "2026-09-01", "46266", "1 September 2026"] {
            assert_eq!(date(text).unwrap(), first, "{text}");
        }
        assert_eq!(date("02/13/2026").unwrap_err(), "there is no month 13. Use day/month/year.");
        assert_eq!(date("31/04/2026").unwrap_err(), "there is no day 31 in month 4 of 2026. Use day/month/year.");
        assert!(date("soon").is_err() && date("99999999").is_err());
        assert_eq!(date("").unwrap(), None);
    }

    #[test]
    fn year_groups_in_every_spelling() {
        assert_eq!(years("R-2").unwrap(), ["R", "Y1", "Y2"]);
        assert_eq!(years("Y5;Y6").unwrap(), ["Y5", "Y6"]);
        assert_eq!(years("5-6").unwrap(), ["Y5", "Y6"]);
        assert_eq!(years("Year 5").unwrap(), ["Y5"]);
        assert_eq!(years("Reception").unwrap(), ["R"]);
        assert_eq!(years("N2").unwrap(), ["N2"]);
        assert_eq!(years("14"), Err("14".to_owned()));
    }
}
