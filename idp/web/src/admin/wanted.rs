//! Reading groups, classes, years and dates from a form; checkboxes come as repeated names.

use idp_directory::FieldFault;
use idp_directory::grants::Wanted;
use idp_domain::scope::Scope;
use idp_domain::{Timestamp, london};

/// A form with repeated names.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    pub fn read(body: &str) -> Self {
        Self(url::form_urlencoded::parse(body.as_bytes()).into_owned().collect())
    }

    pub fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.clone()).collect()
    }

    /// Everything whose name begins so, without the beginning.
    pub fn under(&self, prefix: &str) -> Vec<(String, String)> {
        let under =
            self.0.iter().filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), value.clone())));
        under.collect()
    }

    /// Groups and scope.
    pub fn wanted(&self) -> Wanted {
        let scope = match self.one("scope") {
            "all" => Scope::All,
            "listed" => Scope::listed(self.all("class"), self.all("year")),
            _ => Scope::None,
        };
        Wanted { groups: self.all("group"), scope }
    }

    /// First moment and exclusive end.
    pub fn dates(&self, faults: &mut Vec<FieldFault>) -> (Option<Timestamp>, Option<Timestamp>) {
        let mut read = |field: &'static str, title: &str| {
            let text = self.one(field);
            let day = london::parse_iso(text);
            if day.is_none() && !text.is_empty() {
                faults.push(FieldFault::new(field, format!("{title} must be a real date, like 2026-09-07")));
            }
            day
        };
        let (start, end) = (read("starts", "Start date"), read("ends", "End date"));
        (start.map(london::start_of), end.map(london::end_of))
    }
}

/// A date for a form.
pub(super) fn iso(moment: Timestamp) -> String {
    let day = london::date(moment);
    format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day())
}
