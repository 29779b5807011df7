//! The languages of pages and e-mails.

use serde::{Deserialize, Serialize};

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Welsh.
    Cy,
}

/// Months in the order of the year, as [`crate::london`] writes them, and in Welsh.
const MONTHS: [(&str, &str); 12] = [
    ("January", "Ionawr"),
    ("February", "Chwefror"),
    ("March", "Mawrth"),
    ("April", "Ebrill"),
    ("May", "Mai"),
    ("June", "Mehefin"),
    ("July", "Gorffennaf"),
    ("August", "Awst"),
    ("September", "Medi"),
    ("October", "Hydref"),
    ("November", "Tachwedd"),
    ("December", "Rhagfyr"),
];

/// Days of the week, as [`crate::london`] writes them, and in Welsh.
const DAYS: [(&str, &str); 7] = [
    ("Monday", "dydd Llun"),
    ("Tuesday", "dydd Mawrth"),
    ("Wednesday", "dydd Mercher"),
    ("Thursday", "dydd Iau"),
    ("Friday", "dydd Gwener"),
    ("Saturday", "dydd Sadwrn"),
    ("Sunday", "dydd Sul"),
];

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::En, Self::Cy];

    /// Its code (BCP 47), also the stored word.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Cy => "cy",
        }
    }

    /// Its own name for itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Cy => "Cymraeg",
        }
    }

    /// Reads a code.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == text)
    }

    /// The first of the languages that a browser names (RFC 9110 §12.5.4) and that we have.
    pub fn wanted(accept_language: &str) -> Option<Self> {
        let tags = accept_language.split(',').filter_map(|part| part.split([';', '-']).next());
        tags.map(str::trim).find_map(|tag| Self::parse(&tag.to_lowercase()))
    }

    /// A browser in words, `Firefox on a Mac`, in this language.
    pub fn device(self, english: &str) -> String {
        match self {
            Self::En => english.to_owned(),
            Self::Cy => english.replace("a browser", "porwr").replace(" on a ", " ar ").replace(" on ", " ar "),
        }
    }

    /// A moment as [`crate::london`] writes it, in this language.
    pub fn dated(self, english: &str) -> String {
        if self == Self::En {
            return english.to_owned();
        }
        let word = |word: &str| match word {
            "at" => "am".to_owned(),
            other => {
                let known = MONTHS.iter().chain(&DAYS).find(|(english, _)| *english == other);
                known.map_or_else(|| other.to_owned(), |(_, welsh)| (*welsh).to_owned())
            }
        };
        english.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_in_welsh() {
        let told =
            ["Firefox on a Mac", "Edge on Windows", "a browser on iPad", "a browser"].map(|a| Language::Cy.device(a));
        assert_eq!(told, ["Firefox ar Mac", "Edge ar Windows", "porwr ar iPad", "porwr"]);
    }

    #[test]
    fn the_first_known_language_of_a_browser_is_taken() {
        assert_eq!(Language::wanted("cy-GB,cy;q=0.9,en;q=0.8"), Some(Language::Cy));
        assert_eq!(Language::wanted("de, en-GB;q=0.5, cy"), Some(Language::En));
        assert_eq!(Language::wanted("de"), None);
    }

    #[test]
    fn a_moment_is_written_in_its_language() {
        assert_eq!(Language::Cy.dated("7 September 2026 at 4:30pm"), "7 Medi 2026 am 4:30pm");
        assert_eq!(Language::En.dated("7 September 2026"), "7 September 2026");
    }
}
