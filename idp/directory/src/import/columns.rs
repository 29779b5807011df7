//! Finding the header line and what each column means.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Column {
    School,
    Title,
    First,
    Last,
    Email,
    Group,
    Key,
    Classes,
    Years,
    Start,
    End,
    Main,
}

const NAMES: [(Column, &[&str]); 12] = [
    (Column::School, &["school", "site", "school name", "establishment", "urn"]),
    (Column::Title, &["title"]),
    (Column::First, &["first name", "firstname", "forename", "given name", "known as"]),
    (Column::Last, &["surname", "last name", "lastname", "family name"]),
    (Column::Email, &["email", "e-mail", "email address", "e-mail address", "work email"]),
    (Column::Group, &["role", "user group", "group", "access level"]),
    (Column::Key, &["key", "key needed", "key user"]),
    (Column::Classes, &["class", "classes", "class(es)", "registration group", "tutor group"]),
    (Column::Years, &["yr", "year", "years", "year group", "year groups"]),
    (Column::Start, &["start", "start date", "from"]),
    (Column::End, &["end", "end date", "leaving", "leaving date", "to", "until"]),
    (Column::Main, &["main contact"]),
];

/// The header line and the meaning of its columns.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub line: usize,
    columns: Vec<(Column, usize)>,
}

impl Header {
    /// Looks in the first ten lines for one with an e-mail column and both names.
    pub fn find(lines: &[Vec<String>]) -> Option<Self> {
        lines.iter().take(10).enumerate().find_map(|(line, cells)| {
            let columns: Vec<(Column, usize)> =
                cells.iter().enumerate().filter_map(|(at, cell)| Some((meaning(cell)?, at))).collect();
            let has = |wanted| columns.iter().filter(|(column, _)| *column == wanted).count() == 1;
            (has(Column::Email) && has(Column::First) && has(Column::Last)).then_some(Self { line, columns })
        })
    }

    /// The cell of a column, without the blanks around it (no-break spaces included).
    pub fn cell<'a>(&self, line: &'a [String], wanted: Column) -> &'a str {
        let at = self.columns.iter().find(|(column, _)| *column == wanted).map(|(_, at)| *at);
        at.and_then(|at| line.get(at)).map_or("", |cell| cell.trim())
    }
}

fn meaning(cell: &str) -> Option<Column> {
    let plain = cell.trim().trim_end_matches(['?', ':', '*']).trim().to_lowercase();
    NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(column, _)| *column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_header_below_a_title_line() {
        let lines: Vec<Vec<String>> = ["Staff list,,", "E-mail,First Name,Surname", "a@b.example,A,B"]
            .iter()
            .map(|line| line.split(',').map(str::to_owned).collect())
            .collect();
        let header = Header::find(&lines).unwrap();
        assert_eq!(header.line, 1);
        assert_eq!(header.cell(&lines[2], Column::Last), "B");
        assert_eq!(header.cell(&lines[2], Column::School), "");
        assert_eq!(Header::find(&lines[..1]), None);
    }
}
