//! Parameters of a request: form-decoded, each at most once (RFC 6749 §3.1).

use std::collections::BTreeMap;

use crate::OAuthError;

/// Parameters by name. An empty value counts as absent (RFC 6749 §3.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// Reads a query or a form body.
    pub fn parse(encoded: &str) -> Result<Self, OAuthError> {
        Self::from_pairs(url::form_urlencoded::parse(encoded.as_bytes()).into_owned())
    }

    /// Takes pairs that were read before.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, OAuthError> {
        let mut found = BTreeMap::new();
        for (name, value) in pairs {
            if found.insert(name, value).is_some() {
                return Err(OAuthError::request("a parameter is given more than once"));
            }
        }
        found.retain(|_, value| !value.is_empty());
        Ok(Self(found))
    }

    /// One parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// One parameter that has to be there.
    pub fn require(&self, name: &str, missing: &'static str) -> Result<&str, OAuthError> {
        self.get(name).ok_or(OAuthError::request(missing))
    }

    /// The same with one more parameter; nothing when it is there with another value.
    pub fn with(mut self, name: &str, value: &str) -> Option<Self> {
        let before = self.0.insert(name.to_owned(), value.to_owned());
        before.is_none_or(|before| before == value).then_some(self)
    }

    /// All pairs, by name.
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.0.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_parameter_that_is_given_twice() {
        assert!(Params::parse("a=1&b=2&a=1").is_err());
        assert!(Params::parse("a=1&b=&%61=2").is_err());
        let params = Params::parse("a=x%20y&b=").unwrap();
        assert_eq!((params.get("a"), params.get("b")), (Some("x y"), None));
    }
}
