//! Changes inputs at random: what it finds new is kept and changed further. Repeatable by its seed.

use idp_domain::{Random, SeededRandom};

/// Longest input.
const LONGEST: usize = 16 * 1024;
/// Bytes that grammars turn on.
const TURNS: [&str; 24] = [
    "\0",
    "\r\n",
    "\n",
    "%00",
    "%0d%0a",
    "&",
    "=",
    ";",
    ",",
    "\"",
    "\\",
    "..",
    "/",
    "//",
    ".",
    "@",
    "{",
    "}",
    "[",
    "]",
    "é",
    "\u{202e}",
    "99999999999999999999",
    "-1",
];

pub struct Mutator {
    dice: SeededRandom,
    /// Inputs that led somewhere, each with where.
    corpus: Vec<Vec<u8>>,
}

impl Mutator {
    pub fn new(seed: u64, corpus: Vec<Vec<u8>>) -> Self {
        Self { dice: SeededRandom::new(seed), corpus }
    }

    fn roll(&self, sides: usize) -> usize {
        let mut bytes = [0_u8; 4];
        self.dice.fill(&mut bytes);
        usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(0) % sides.max(1)
    }

    /// An input that nobody has tried.
    pub fn next(&self) -> Vec<u8> {
        let mut input = self.corpus.get(self.roll(self.corpus.len())).cloned().unwrap_or_default();
        for _ in 0..=self.roll(4) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    /// Keeps an input from which to go on.
    pub fn keep(&mut self, input: Vec<u8>) {
        self.corpus.push(input);
    }

    fn change(&self, input: &mut Vec<u8>) {
        let at = self.roll(input.len() + 1);
        let end = at + self.roll(input.len().saturating_sub(at).min(32) + 1);
        match self.roll(8) {
            0 => {
                let bit = 1_u8 << self.roll(8);
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= bit;
                }
            }
            1 => drop(input.splice(at..at, TURNS[self.roll(TURNS.len())].bytes())),
            2 => drop(input.drain(at..end)),
            3 => {
                let part = input[at..end].to_vec();
                input.splice(end..end, part);
            }
            4 => {
                let other = self.corpus.get(self.roll(self.corpus.len())).cloned().unwrap_or_default();
                let from = self.roll(other.len() + 1);
                input.splice(at..end, other[from..].iter().take(256).copied());
            }
            5 => {
                let mut byte = [0_u8; 1];
                self.dice.fill(&mut byte);
                input.splice(at..at, byte);
            }
            6 => {
                let byte = input.get(at).copied().unwrap_or(b'a');
                input.splice(at..at, std::iter::repeat_n(byte, 1 << self.roll(9)));
            }
            _ => input.truncate(at),
        }
    }
}
