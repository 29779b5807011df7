//! What a new password must be: long, not common, not about its owner. No composition rules.

use idp_domain::Random;
use idp_domain::person::{Person, fold_name};

use crate::SignIn;
use crate::leaked::is_leaked;

/// Most characters; longer ones are refused before any hashing.
pub const MAX: usize = 256;

const COMMON: &str = include_str!("../common-passwords.txt");
/// Plain words for [`three_words`], chosen so that none is rude, long or easily misspelt.
const WORDS: &str = include_str!("../words.txt");
/// The most that a trust may ask for as the fewest characters.
const LONGEST_LEAST: usize = 15;
/// Fewer guesses than this, as a power of ten, and a password is on somebody's list already.
const GUESSES_LOG10: f64 = 8.0;

/// Why a new password is refused. The words are shown as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Nothing was typed.
    #[error("Enter your password")]
    Empty,
    /// Too short.
    #[error("password is shorter than {0} characters")]
    Short(i64),
    /// Too long.
    #[error("Password must be 256 characters or fewer")]
    Long,
    /// Too easy.
    #[error("Choose a password that is harder to guess. This one appears on lists of common or leaked passwords.")]
    Common,
    /// About its owner.
    #[error("Password must not include your name, email or school name")]
    Personal,
}

/// Judges a new password exactly as received. `schools` are names that it must not hold, `least` the fewest
/// characters.
pub fn judge(password: &str, person: &Person, schools: &[String], least: i64) -> Result<(), PasswordFault> {
    let length = password.chars().count();
    if length == 0 {
        return Err(PasswordFault::Empty);
    }
    if i64::try_from(length).is_ok_and(|length| length < least) {
        return Err(PasswordFault::Short(least));
    }
    if length > MAX {
        return Err(PasswordFault::Long);
    }
    let folded = letters(password);
    let guessable = zxcvbn::zxcvbn(password, &[]).guesses_log10() < GUESSES_LOG10;
    let listed = COMMON.lines().any(|common| letters(common) == folded) || is_leaked(&folded);
    if listed || is_pattern(password) || guessable {
        return Err(PasswordFault::Common);
    }
    let email = person.email.as_ref().map(|email| email.local().to_owned()).unwrap_or_default();
    let own = [&person.first_name, &person.last_name, &email];
    let school_words = schools.iter().flat_map(|name| name.split_whitespace()).filter(|word| !is_plain(word));
    let personal = own
        .into_iter()
        .map(String::as_str)
        .chain(school_words)
        .map(letters)
        .any(|word| word.chars().count() >= 4 && folded.contains(&word));
    if personal { Err(PasswordFault::Personal) } else { Ok(()) }
}

/// Three words at random, as an example of a password that is long and can be remembered.
pub fn three_words(random: &dyn Random) -> String {
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut chosen = Vec::new();
    while chosen.len() < 3 || chosen.iter().map(|word: &&str| word.len() + 1).sum::<usize>() <= LONGEST_LEAST {
        let mut bytes = [0_u8; 4];
        random.fill(&mut bytes);
        let at = usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(0) % words.len().max(1);
        if let Some(word) = words.get(at).filter(|word| !chosen.contains(*word)) {
            chosen.push(*word);
        }
    }
    chosen.join(" ")
}

impl SignIn {
    /// Three words at random, as an example.
    pub fn three_words(&self) -> String {
        three_words(&*self.context.random)
    }
}

/// Words of a school's name that say nothing about which school it is.
fn is_plain(word: &str) -> bool {
    [
        "school",
        "primary",
        "academy",
        "academies",
        "junior",
        "infant",
        "infants",
        "high",
        "house",
        "centre",
        "trust",
        "learning",
        "village",
        "education",
        "partnership",
        "multi",
        "schools",
    ]
    .contains(&word.to_lowercase().as_str())
}

/// Lower case letters and digits only, with the usual stand-ins undone, so that `P@ssword` is `password`.
pub(crate) fn letters(text: &str) -> String {
    fold_name(text)
        .chars()
        .map(|c| match c {
            '@' => 'a',
            '$' => 's',
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            other => other,
        })
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// One short piece over and over, or a run along the alphabet, the digits or the keyboard.
fn is_pattern(password: &str) -> bool {
    let folded: Vec<char> = password.to_lowercase().chars().collect();
    let repeats = (1..=4).any(|size| folded.iter().zip(folded.iter().skip(size)).all(|(a, b)| a == b));
    let run = ["abcdefghijklmnopqrstuvwxyz", "012345678901234567890", "qwertyuiopasdfghjklzxcvbnm"]
        .iter()
        .any(|row| row.contains(&password.to_lowercase()));
    repeats || run
}

#[cfg(test)]
mod tests {
    use super::*;
    use idp_domain::email::EmailAddress;
    use idp_domain::person::PersonStatus;
    use idp_domain::{PersonId, SeededRandom, SystemClock, Timestamp};

    fn person() -> Person {
        Person {
            id: PersonId::new(&SystemClock, &SeededRandom::new(1)),
            first_name: "Samina".into(),
            last_name: "Dalgleish".into(),
            email: Some(EmailAddress::parse("s.dalgleish@larkmoor.example").unwrap()),
            username: None,
            password: None,
            status: PersonStatus::Active,
            epoch: 1,
            created_at: Timestamp(0),
            language: idp_domain::Language::default(),
            text_size: idp_domain::TextSize::default(),
            contact: idp_domain::contact::Contact::default(),
        }
    }

    #[test]
    fn a_12_and_a_14_judge_new_passwords() {
        let schools = ["Larkmoor Primary School".to_owned()];
        let judge = |text: &str| judge(text, &person(), &schools, 12);
        assert_eq!(judge(""), Err(PasswordFault::Empty));
        assert_eq!(judge("eleven char"), Err(PasswordFault::Short(12)));
        assert_eq!(super::judge("fourteen chars", &person(), &schools, 15), Err(PasswordFault::Short(15)));
        assert_eq!(judge(&"x".repeat(257)), Err(PasswordFault::Long));
        assert_eq!(judge("P@ssword1234"), Err(PasswordFault::Common));
        assert_eq!(judge("ababababababab"), Err(PasswordFault::Common));
        assert_eq!(judge("Larkmoor2026!"), Err(PasswordFault::Personal));
        assert_eq!(judge("hello-dalgleish-hello"), Err(PasswordFault::Personal));
        assert_eq!(judge("Liverpool1234"), Err(PasswordFault::Common));
        assert_eq!(judge("iloveyou2026"), Err(PasswordFault::Common));
        // Hard to guess for a machine that knows no leaks, and leaked.
        assert_eq!(judge("Sojdlg123aljg"), Err(PasswordFault::Common));
        assert_eq!(judge("kettle orbit primary"), Ok(()));
        assert_eq!(judge(" kettle orbit moss "), Ok(()));
        assert_eq!(judge("зимний вечер дома"), Ok(()));
    }

    #[test]
    fn examples_are_good_passwords() {
        for seed in 0..50 {
            let example = three_words(&SeededRandom::new(seed));
            assert_eq!(judge(&example, &person(), &[], 12), Ok(()), "{example}");
        }
    }
}
