//! What an upstream learns about a person: a signed assertion, and plain headers for those that cannot verify one.

pub(crate) mod assertion;
pub(crate) mod headers;
