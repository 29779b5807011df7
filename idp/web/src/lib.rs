//! Everything of the provider with a URL.
