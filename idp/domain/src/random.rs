//! Chance: the only place of the product that asks for random bytes.

use std::sync::Mutex;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Where the product gets unpredictable bytes. Passed in, so that a test can repeat itself.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);

    /// A string of `length` decimal digits, each equally likely.
    fn digits(&self, length: usize) -> String {
        self.pick(length, b"0123456789")
    }

    /// A string of `length` letters and numbers that are hard to misread (no 0, O, 1, I or L).
    fn readable(&self, length: usize) -> String {
        self.pick(length, READABLE)
    }

    /// `length` characters of the alphabet, each equally likely (by rejection).
    fn pick(&self, length: usize, alphabet: &[u8]) -> String {
        let limit = 256 - 256 % alphabet.len().max(1);
        let mut text = String::with_capacity(length);
        let mut byte = [0_u8; 1];
        while text.len() < length {
            self.fill(&mut byte);
            let value = usize::from(byte[0]);
            if value < limit
                && let Some(character) = alphabet.get(value % alphabet.len())
            {
                text.push(char::from(*character));
            }
        }
        text
    }
}

/// The operating system's generator.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::panic, reason = "a process without entropy must not go on (ASVS 11.5.1)")]
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            panic!("the operating system gives no random bytes: {error}");
        }
    }
}

/// A repeatable generator for tests and for the demonstration's invented data.
pub struct SeededRandom {
    generator: Mutex<ChaCha20Rng>,
}

impl SeededRandom {
    /// A generator that always gives the same bytes for the same seed.
    pub fn new(seed: u64) -> Self {
        Self { generator: Mutex::new(ChaCha20Rng::seed_from_u64(seed)) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.generator.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(buffer);
    }
}

/// Letters and numbers that are hard to misread.
const READABLE: &[u8] = b"ABCDEFGHJKMNPQRSTUVWXYZ23456789";

/// The first `length` characters of a digest in base64 that are easy to read, in capitals.
pub fn readable_of(digest: &str, length: usize) -> String {
    let capitals = digest.chars().map(|c| c.to_ascii_uppercase());
    capitals.filter(|c| u8::try_from(*c).is_ok_and(|byte| READABLE.contains(&byte))).take(length).collect()
}

/// Keeps the letters and numbers of what was typed, in capitals as [`Random::readable`] makes them: spaces and dashes are welcome.
pub fn read_printed(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}
