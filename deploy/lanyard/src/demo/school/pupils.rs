//! Invented pupils and notes, the same every time.

use crate::demo::data::SITES;

/// A note about an invented pupil.
pub(super) struct Record {
    pub id: usize,
    pub pupil: String,
    pub class: String,
    pub class_name: String,
    pub year: String,
    pub note: &'static str,
    pub category: &'static str,
}

const FIRST: [&str; 12] =
    ["Arlo", "Bea", "Caius", "Delphie", "Ezra", "Fern", "Gethin", "Hana", "Idris", "Juno", "Kester", "Lowri"];
const LAST: [&str; 9] =
    ["Mossgrove", "Tarrant-Ley", "Okell", "Penhallow", "Quaife", "Sorrel", "Thistle", "Umberley", "Vane"];
const NOTES: [(&str, &str); 4] = [
    ("Attendance", "Late three times this week. Breakfast club offered, family pleased."),
    ("Welfare", "Said they were very tired. Spoke with home, new bedtime agreed."),
    ("Friendship", "Fell out with a friend at lunch. Circle time on Thursday."),
    ("Welfare", "No coat in cold weather. Spare coat lent from the office."),
];

/// Classes of a site: code, name, year.
fn classes(slug: &str) -> Vec<(String, String, String)> {
    let site = SITES.iter().find(|site| site.slug == slug);
    let all = site.map_or("", |site| site.classes);
    all.split_whitespace()
        .map(|class| {
            let (name, year) = class.split_once(':').unwrap_or((class, ""));
            (name.to_lowercase(), name.to_owned(), year.to_owned())
        })
        .collect()
}

pub(super) fn class_names(slug: &str) -> Vec<String> {
    classes(slug).into_iter().map(|(_, name, _)| name).collect()
}

/// Two notes in every class.
pub(super) fn records(slug: &str) -> Vec<Record> {
    let mut records = Vec::new();
    for (class, class_name, year) in classes(slug) {
        for _ in 0..2 {
            let id = records.len();
            let pick = |list: &[&'static str], step: usize| {
                list.get((id * step + slug.len()) % list.len()).copied().unwrap_or_default()
            };
            let (category, note) = NOTES.get((id + slug.len()) % NOTES.len()).copied().unwrap_or_default();
            records.push(Record {
                id,
                pupil: format!("{} {}", pick(&FIRST, 5), pick(&LAST, 7)),
                class: class.clone(),
                class_name: class_name.clone(),
                year: year.clone(),
                note,
                category,
            });
        }
    }
    records
}

/// Invented alerts that nobody has read yet, the same every time.
pub(super) fn unread(slug: &str) -> usize {
    slug.len() % 3
}
