//! From bytes to cells: CSV in the encodings and separators that offices use, and XLSX.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};

/// Largest file, in bytes.
pub(super) const LARGEST: usize = 2 * 1024 * 1024;
/// Most that a workbook may unpack to, in bytes (B-01).
const UNPACKED: u64 = 50 * 1024 * 1024;
/// Most lines.
const LINES: usize = 20_000;
/// Most columns.
const COLUMNS: usize = 100;

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadFault {
    /// Nothing in it.
    #[error("The file is empty")]
    Empty,
    /// Too big.
    #[error("The file must be smaller than 2 MB")]
    TooLarge,
    /// More lines or columns than a staff list has.
    #[error("The file must have fewer than 20,000 lines and 100 columns")]
    TooMany,
    /// Neither CSV nor XLSX.
    #[error("The file cannot be read. Save it as CSV or as an Excel workbook (.xlsx)")]
    Unreadable,
}

/// Cells by line.
pub(super) fn cells(bytes: &[u8]) -> Result<Vec<Vec<String>>, ReadFault> {
    if bytes.len() > LARGEST {
        return Err(ReadFault::TooLarge);
    }
    let lines = if bytes.starts_with(b"PK\x03\x04") { workbook(bytes)? } else { csv_lines(&decode(bytes)?)? };
    if lines.iter().all(|line| line.iter().all(|cell| cell.trim().is_empty())) {
        return Err(ReadFault::Empty);
    }
    if lines.len() > LINES || lines.iter().any(|line| line.len() > COLUMNS) {
        return Err(ReadFault::TooMany);
    }
    Ok(lines)
}

/// UTF-8 with or without a mark, else Windows-1252, in which every byte means something.
fn decode(bytes: &[u8]) -> Result<String, ReadFault> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return Err(ReadFault::Unreadable);
    }
    let plain = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    Ok(std::str::from_utf8(plain)
        .map_or_else(|_| plain.iter().map(|byte| windows_1252(*byte)).collect(), str::to_owned))
}

fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or('\u{fffd}'),
        other => char::from(other),
    }
}

fn csv_lines(text: &str) -> Result<Vec<Vec<String>>, ReadFault> {
    let head: String = text.lines().take(10).collect();
    let count = |separator: char| head.matches(separator).count();
    let separator = [',', ';', '\t'].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(',');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(u8::try_from(separator).unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| ReadFault::Unreadable)?;
        // The reader passes over wholly empty lines and says where it began to look; their numbers are kept all the same.
        let number = record.position().map_or(0, |position| {
            let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
            let blank =
                text.as_bytes().get(from..).unwrap_or_default().iter().take_while(|byte| b"\r\n".contains(byte));
            position.line() + u64::try_from(blank.filter(|byte| **byte == b'\n').count()).unwrap_or(0)
        });
        while u64::try_from(lines.len()).unwrap_or(0) + 1 < number && lines.len() < LINES {
            lines.push(Vec::new());
        }
        lines.push(record.iter().map(str::to_owned).collect());
    }
    Ok(lines)
}

fn workbook(bytes: &[u8]) -> Result<Vec<Vec<String>>, ReadFault> {
    if unpacked_size(bytes).is_none_or(|size| size > UNPACKED) {
        return Err(ReadFault::TooLarge);
    }
    let mut book: Xlsx<_> =
        calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|_: calamine::XlsxError| ReadFault::Unreadable)?;
    let names = book.sheet_names();
    let name = names.iter().find(|name| name.eq_ignore_ascii_case("staff")).or(names.first()).cloned();
    let range = book.worksheet_range(&name.ok_or(ReadFault::Empty)?).map_err(|_| ReadFault::Unreadable)?;
    Ok(range.rows().map(|row| row.iter().map(cell_text).collect()).collect())
}

fn cell_text(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::DateTime(date) => format!("{}", date.as_f64().floor()),
        Data::Float(number) if number.fract() == 0.0 => format!("{number:.0}"),
        other => other.to_string(),
    }
}

/// Sum of the sizes that a ZIP's central directory declares.
fn unpacked_size(bytes: &[u8]) -> Option<u64> {
    let number = |at: usize, size: usize| -> Option<u64> {
        Some(bytes.get(at..at + size)?.iter().rev().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
    };
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06")?;
    let entries = number(end + 10, 2)?;
    let mut at = usize::try_from(number(end + 16, 4)?).ok()?;
    let mut total = 0_u64;
    for _ in 0..entries {
        if bytes.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        total = total.checked_add(number(at + 24, 4)?)?;
        let lengths = number(at + 28, 2)? + number(at + 30, 2)? + number(at + 32, 2)?;
        at += 46 + usize::try_from(lengths).ok()?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b_06_reads_what_offices_save_and_refuses_the_rest() {
        assert_eq!(cells("\u{feff}a;b\n1;2\n".as_bytes()).unwrap(), [["a", "b"], ["1", "2"]]);
        assert_eq!(cells(b"a\tb\nO\x92Kerrane\t\x96\n").unwrap()[1], ["O’Kerrane", "–"]);
        assert_eq!(cells(b"a,b\n\nc,d\n").unwrap().len(), 3);
        assert_eq!(cells(b" , \n"), Err(ReadFault::Empty));
        assert_eq!(cells(b"a\0b"), Err(ReadFault::Unreadable));
        assert_eq!(cells(&[0xff, 0xfe, 0x41, 0]), Err(ReadFault::Unreadable));
        assert_eq!(cells(b"PK\x03\x04 not a workbook"), Err(ReadFault::TooLarge));
        assert_eq!(cells(&vec![b'a'; LARGEST + 1]), Err(ReadFault::TooLarge));
        assert_eq!(cells("a,".repeat(200).as_bytes()), Err(ReadFault::TooMany));
    }
}
