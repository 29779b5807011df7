//! When a key is needed, and which kinds count: a trust's floor, a site's own rule, one for each user group; the
//! strictest wins.

use serde::{Deserialize, Serialize};

use crate::acr::Acr;

/// When a key is needed, weakest first. Elevating always takes a proof with a key; this says from when on somebody has
/// to have one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyRule {
    /// Nobody is asked to have one.
    #[default]
    None,
    /// A key is suggested, and may be put off.
    Recommended,
    /// Elevating needs a key; signing in does not.
    ToElevate,
    /// Signing in needs a key as well.
    ToSignIn,
}

/// A rule, and whether a soft key or a printed card is too weak for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPolicy {
    /// When.
    pub rule: KeyRule,
    /// Only passkeys and security keys count.
    pub strong: bool,
}

/// The five choices of a form, weakest first: the stored word, the words on screen.
pub const CHOICES: [(&str, &str); 5] = [
    ("none", "No key needed"),
    ("recommended", "A key is recommended"),
    ("to_elevate", "A key to elevate"),
    ("to_sign_in", "A key to sign in, and to elevate"),
    ("strong", "A passkey or security key to elevate"),
];

impl KeyPolicy {
    /// A policy of one of the [`CHOICES`].
    pub fn parse(word: &str) -> Option<Self> {
        let rule = match word {
            "none" => KeyRule::None,
            "recommended" => KeyRule::Recommended,
            "to_elevate" | "strong" => KeyRule::ToElevate,
            "to_sign_in" => KeyRule::ToSignIn,
            _ => return None,
        };
        Some(Self { rule, strong: word == "strong" })
    }

    /// Which of the [`CHOICES`] it is.
    pub fn word(self) -> &'static str {
        match (self.strong, self.rule) {
            (true, _) => "strong",
            (false, KeyRule::None) => "none",
            (false, KeyRule::Recommended) => "recommended",
            (false, KeyRule::ToElevate) => "to_elevate",
            (false, KeyRule::ToSignIn) => "to_sign_in",
        }
    }

    /// Both at once.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { rule: self.rule.max(other.rule), strong: self.strong || other.strong }
    }

    /// Whether a change to `new` lets somebody through whom this one stops.
    pub fn is_loosened_by(self, new: Self) -> bool {
        self.and(new) != new
    }

    /// What has to be proven where `asked` is wanted.
    pub fn asks(self, asked: Acr) -> Acr {
        let elevating = asked > Acr::Base;
        match (elevating || self.rule >= KeyRule::ToSignIn, self.strong) {
            (true, true) => Acr::PhishingResistant,
            (true, false) => asked.max(Acr::Key),
            (false, _) => asked,
        }
    }

    /// The least key that somebody is asked to have, who may elevate or not; nothing where none is asked for.
    pub fn to_have(self, may_elevate: bool) -> Option<Acr> {
        let asks = self.rule >= KeyRule::ToSignIn || (self.rule == KeyRule::ToElevate && may_elevate);
        asks.then(|| self.asks(if may_elevate { Acr::Key } else { Acr::Base }))
    }

    /// What a member is told about it; nothing where no key is asked for.
    pub fn sentence(self) -> Option<&'static str> {
        match (self.rule, self.strong) {
            (KeyRule::None, false) => None,
            (KeyRule::Recommended, false) => Some("A key is recommended here."),
            (KeyRule::None | KeyRule::Recommended | KeyRule::ToElevate, true) => {
                Some("You need a passkey or security key to elevate here. An authenticator app is not enough.")
            }
            (KeyRule::ToElevate, false) => Some("You need a key to elevate here."),
            (KeyRule::ToSignIn, false) => Some("You need a key to sign in here."),
            (KeyRule::ToSignIn, true) => Some("You need a passkey or security key to sign in here."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<KeyPolicy> {
        [KeyRule::None, KeyRule::Recommended, KeyRule::ToElevate, KeyRule::ToSignIn]
            .into_iter()
            .flat_map(|rule| [false, true].map(|strong| KeyPolicy { rule, strong }))
            .collect()
    }

    #[test]
    fn the_strictest_wins_and_never_asks_less_than_either() {
        for a in all() {
            for b in all() {
                let both = a.and(b);
                assert_eq!(both, b.and(a));
                for asked in Acr::ALL {
                    assert!(both.asks(asked) >= a.asks(asked).max(b.asks(asked)), "{a:?} {b:?} {asked:?}");
                    assert!(a.asks(asked) >= asked);
                }
                assert!(!a.is_loosened_by(both));
            }
        }
    }

    #[test]
    fn choices_are_read_as_they_are_written() {
        for (word, _) in CHOICES {
            assert_eq!(KeyPolicy::parse(word).unwrap().word(), word);
        }
        assert_eq!(KeyPolicy::parse("sometimes"), None);
    }

    #[test]
    fn who_is_asked_to_have_a_key_follows_the_policy_and_the_group() {
        let to_have = |word: &str| [false, true].map(|may| KeyPolicy::parse(word).unwrap().to_have(may));
        for word in ["none", "recommended"] {
            assert_eq!(to_have(word), [None, None]);
        }
        assert_eq!(to_have("to_elevate"), [None, Some(Acr::Key)]);
        assert_eq!(to_have("to_sign_in"), [Some(Acr::Key), Some(Acr::Key)]);
        assert_eq!(to_have("strong"), [None, Some(Acr::PhishingResistant)]);
    }

    #[test]
    fn what_is_asked_follows_the_policy() {
        let at = |word: &str, asked| KeyPolicy::parse(word).unwrap().asks(asked);
        assert_eq!(at("none", Acr::Base), Acr::Base);
        assert_eq!(at("none", Acr::Key), Acr::Key);
        assert_eq!(at("to_sign_in", Acr::Base), Acr::Key);
        assert_eq!(at("strong", Acr::Base), Acr::Base);
        assert_eq!(at("strong", Acr::Key), Acr::PhishingResistant);
    }
}
