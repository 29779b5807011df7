//! A work telephone number and a work address: what a person may give to apps that ask for it, and nobody else is shown.

/// What a person gives apart from name and e-mail; empty until they write it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// Work telephone number.
    pub phone: Option<Phone>,
    /// Work address.
    pub address: Option<PostalAddress>,
}

/// A telephone number as OpenID Connect Core §5.1 asks for it: E.164 (`+441632960123`), with an extension after `;ext=`
/// (RFC 3966 §5.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone(String);

/// Nobody can be called there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Enter a telephone number, such as 01632 960123 or +44 1632 960123 ext 12")]
pub struct PhoneFault;

impl Phone {
    /// Reads what people type: spaces, brackets, dashes and dots do not count, and a number without a country is British.
    pub fn parse(typed: &str) -> Result<Self, PhoneFault> {
        let lower = typed.trim().to_lowercase();
        let (number, extension) = [";ext=", "extension", "ext.", "ext", "x"]
            .into_iter()
            .find_map(|mark| lower.split_once(mark))
            .map_or((lower.as_str(), None), |(number, extension)| (number, Some(extension)));
        let number = plain(number);
        let abroad = number.strip_prefix('+').or_else(|| number.strip_prefix("00"));
        let digits = match (abroad, number.strip_prefix('0')) {
            // "+44 (0)1632 …" is often written and never dialled.
            (Some(abroad), _) => {
                abroad.strip_prefix("440").map_or_else(|| abroad.to_owned(), |rest| format!("44{rest}"))
            }
            (None, Some(national)) if (9..=10).contains(&national.len()) => format!("44{national}"),
            _ => return Err(PhoneFault),
        };
        if !is_digits(&digits, 7..=15) || digits.starts_with('0') {
            return Err(PhoneFault);
        }
        match extension.map(plain) {
            None => Ok(Self(format!("+{digits}"))),
            Some(extension) if is_digits(&extension, 1..=7) => Ok(Self(format!("+{digits};ext={extension}"))),
            Some(_) => Err(PhoneFault),
        }
    }

    /// The stored form, which is also what apps are told.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Phone {
    /// As people read it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.replace(";ext=", " ext "))
    }
}

fn plain(number: &str) -> String {
    number
        .chars()
        .filter(|letter| !letter.is_whitespace() && !"()-.\u{2010}\u{2011}\u{2013}".contains(*letter))
        .collect()
}

fn is_digits(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A postal address as it is written on a letter, line by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostalAddress(String);

/// No letter carries this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Enter an address of up to 7 lines, each up to 60 characters")]
pub struct AddressFault;

impl PostalAddress {
    /// Most lines.
    const LINES: usize = 7;
    /// Most characters of a line.
    const WIDTH: usize = 60;

    /// Reads what people type; empty lines do not count.
    pub fn parse(typed: &str) -> Result<Self, AddressFault> {
        let lines: Vec<&str> = typed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let fits = |line: &&str| line.chars().count() <= Self::WIDTH && !line.chars().any(char::is_control);
        if lines.is_empty() || lines.len() > Self::LINES || !lines.iter().all(fits) {
            return Err(AddressFault);
        }
        Ok(Self(lines.join("\n")))
    }

    /// Its lines, with line feeds between them (`formatted` of OpenID Connect Core §5.1.1).
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for PostalAddress {
    /// On one line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.replace('\n', ", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for (typed, kept) in [
            ("01632 960123", "+441632960123"),
            ("(01632) 960-123", "+441632960123"),
            ("07700 900 982", "+447700900982"),
            ("+44 (0)1632 960123", "+441632960123"),
            ("0044 1632 960123", "+441632960123"),
            ("+353 1 234 5678", "+35312345678"),
            ("01632 960123 ext 12", "+441632960123;ext=12"),
            ("01632 960123 x12", "+441632960123;ext=12"),
            ("+441632960123;ext=12", "+441632960123;ext=12"),
        ] {
            let phone = Phone::parse(typed);
            assert_eq!(phone.as_ref().map(Phone::as_str), Ok(kept), "{typed}");
            assert_eq!(Phone::parse(kept), phone, "what is stored is read again");
            assert_eq!(Phone::parse(&phone.clone().unwrap().to_string()), phone, "and what is shown");
        }
    }

    #[test]
    fn what_cannot_be_dialled_is_refused() {
        for typed in [
            "",
            "office",
            "999",
            "1632 960123",
            "01632",
            "+0 1632 960123",
            "+44",
            "01632 960123 ext",
            "+44163296012312345",
            "01632 960123 ext 12 ext 3",
            "٠١٦٣٢٩٦٠١٢٣",
        ] {
            assert_eq!(Phone::parse(typed), Err(PhoneFault), "{typed}");
        }
    }

    #[test]
    fn addresses_keep_their_lines() {
        let address = PostalAddress::parse("  Larkmoor Primary School\r\n\r\n1 Moor Lane \n LK1 1AA").unwrap();
        assert_eq!(address.as_str(), "Larkmoor Primary School\n1 Moor Lane\nLK1 1AA");
        assert_eq!(address.to_string(), "Larkmoor Primary School, 1 Moor Lane, LK1 1AA");
        let long = "x".repeat(61);
        for typed in ["", " \n ", "a\nb\nc\nd\ne\nf\ng\nh", &long, "a\u{7}b"] {
            assert_eq!(PostalAddress::parse(typed), Err(AddressFault), "{typed:?}");
        }
    }
}
