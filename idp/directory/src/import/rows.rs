//! One line of the file, cleaned: what it says, what was assumed, what is wrong with it. Nothing is looked up here.

use idp_domain::scope::Scope;
use time::Date;

use super::clean::{self, Address};
use super::columns::{Column, Header};
use super::roles::{Role, role};

/// A cleaned line.
#[derive(Debug)]
pub(super) struct Line {
    /// Line number in the file, from 1.
    pub number: usize,
    pub school: String,
    pub first: String,
    pub last: String,
    pub address: Address,
    pub role: Role,
    pub role_text: String,
    pub classes: Classes,
    pub years: Vec<String>,
    pub start: Option<Date>,
    pub end: Option<Date>,
    pub main_contact: bool,
    /// What makes the row unusable, in plain words.
    pub faults: Vec<String>,
    /// What was cleaned or assumed.
    pub notes: Vec<String>,
}

/// What a cell of the classes column says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Classes {
    All,
    None,
    Named(Vec<String>),
}

impl Line {
    /// The scope, once class names are known codes.
    pub fn scope(&self, codes: Vec<String>) -> Scope {
        match self.classes {
            Classes::All => Scope::All,
            // Where classes are named, the year only says where they are: a teacher of Oak is not one of all of Y1.
            Classes::Named(_) => Scope::listed(codes, []),
            Classes::None => Scope::listed([], self.years.iter().cloned()),
        }
    }
}

/// Cleans a line.
pub(super) fn line(header: &Header, number: usize, cells: &[String]) -> Line {
    let cell = |column| header.cell(cells, column);
    let (mut faults, mut notes) = (Vec::new(), Vec::new());
    let names = |column, missing: &str, faults: &mut Vec<String>| {
        let text: String = cell(column).split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            faults.push(missing.to_owned());
        }
        text
    };
    let first = names(Column::First, "First name is missing", &mut faults);
    let last = cell(Column::Last).split_whitespace().collect::<Vec<_>>().join(" ");
    let address = clean::address(cell(Column::Email));
    address_faults(&address, &last, &mut faults, &mut notes);
    let mut dated = |column, title: &str| match clean::date(cell(column)) {
        Ok(date) => date,
        Err(words) => {
            faults.push(format!("{title}: {words}"));
            None
        }
    };
    let (start, end) = (dated(Column::Start, "Start date"), dated(Column::End, "End date"));
    if let (Some(start), Some(end)) = (start, end)
        && end < start
    {
        faults.push("End date is before the start date".to_owned());
    }
    let years = clean::years(cell(Column::Years)).unwrap_or_else(|part| {
        faults.push(format!("Year groups: “{part}” is not a year group"));
        Vec::new()
    });
    let found = role(cell(Column::Group));
    match &found {
        Role::Assumed => notes.push("No user group given: Recorder assumed".to_owned()),
        Role::Unknown => faults.push(format!("User group: “{}” is not a user group", cell(Column::Group))),
        _ => {}
    }
    Line {
        number,
        school: cell(Column::School).to_owned(),
        first,
        last: titled(&last),
        address,
        role: found,
        role_text: cell(Column::Group).to_owned(),
        classes: classes(cell(Column::Classes)),
        years,
        start,
        end,
        main_contact: clean::yes(cell(Column::Main)),
        faults,
        notes,
    }
}

/// What is wrong with an address, and what was cleaned.
fn address_faults(address: &Address, last: &str, faults: &mut Vec<String>, notes: &mut Vec<String>) {
    match address {
        Address::Good(email, note) => {
            if email.looks_shared() {
                faults.push("This looks like a shared mailbox. Each person needs their own address.".to_owned());
            } else if last.is_empty() {
                faults.push("Last name is missing".to_owned());
            }
            notes.extend(note.map(str::to_owned));
        }
        Address::Bad => faults.push("Email: enter an address like name@example.com, or “No email”".to_owned()),
        Address::None | Address::Doubtful(..) => {}
    }
}

/// A surname in capitals throughout is written as a name.
fn titled(name: &str) -> String {
    if name.chars().any(char::is_lowercase) || name.chars().count() < 3 {
        return name.to_owned();
    }
    let mut start = true;
    name.chars()
        .flat_map(|c| {
            let shown: Vec<char> = if start { c.to_uppercase().collect() } else { c.to_lowercase().collect() };
            start = !c.is_alphabetic();
            shown
        })
        .collect()
}

fn classes(cell: &str) -> Classes {
    match cell.to_lowercase().as_str() {
        "" | "none" => Classes::None,
        "all" => Classes::All,
        _ => Classes::Named(clean::list(cell)),
    }
}
