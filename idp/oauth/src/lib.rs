//! OAuth 2 and OpenID Connect without a web framework.
