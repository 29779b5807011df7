//! Passwords that are known from leaks, as a compact filter that works offline.
//!
//! `leaked-passwords.bin` holds the first 5 bytes of the SHA-256 of each, sorted: about one new password in 25 million is
//! refused by chance, and none that is on the list gets through. `examples/leaked.rs` makes it from a list in text.

use idp_domain::Secret;

/// Bytes kept of each fingerprint.
const WIDTH: usize = 5;
/// Shorter ones are refused for their length, whatever a trust sets.
const LEAST: usize = 12;

static TABLE: &[u8] = include_bytes!("../leaked-passwords.bin");

/// Whether a folded password is on the list.
pub(crate) fn is_leaked(folded: &str) -> bool {
    let wanted = fingerprint(folded);
    let rows = TABLE.as_chunks::<WIDTH>().0;
    rows.binary_search(&wanted).is_ok()
}

/// The filter of a list, a password on each line. What is too short for us anyway is left out.
pub fn table(list: &str) -> Vec<u8> {
    let long = list.lines().map(str::trim_end).filter(|password| password.chars().count() >= LEAST);
    let folded = long.map(crate::password::letters).filter(|folded| !folded.is_empty());
    let mut rows: Vec<[u8; WIDTH]> = folded.map(|folded| fingerprint(&folded)).collect();
    rows.sort_unstable();
    rows.dedup();
    rows.concat()
}

fn fingerprint(folded: &str) -> [u8; WIDTH] {
    let digest = Secret::presented(folded).digest();
    let mut kept = [0; WIDTH];
    kept.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_is_whole_and_sorted() {
        let (rows, rest) = TABLE.as_chunks::<WIDTH>();
        assert!(rest.is_empty() && rows.len() > 40_000 && rows.is_sorted());
    }

    #[test]
    fn a_14_a_list_becomes_a_filter_that_knows_it() {
        let made = table("sonyericsson\nshort\nP@ssw0rd-of-2019\n............\n");
        assert_eq!(made.len(), 2 * WIDTH);
        assert!(is_leaked("sonyericsson") && !is_leaked("kettle orbit moss"));
    }
}
