//! What is supported of which standard, and what is not: the page for makers of apps is made from this table, and a test holds
//! it and discovery together.

/// How far a standard is supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Whole, as far as it concerns a provider.
    Yes,
    /// In part; the words say which.
    Part,
    /// Not.
    No,
}

impl Support {
    /// The word on the page.
    pub fn title(self) -> &'static str {
        match self {
            Self::Yes => "Supported",
            Self::Part => "In part",
            Self::No => "Not supported",
        }
    }
}

/// One standard.
pub struct Standard {
    /// Its short name.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// How far.
    pub support: Support,
    /// What one has to know beside that.
    pub words: &'static str,
}

const fn row(name: &'static str, title: &'static str, support: Support, words: &'static str) -> Standard {
    Standard { name, title, support, words }
}

/// Every standard that a maker of an app may ask about.
pub const STANDARDS: [Standard; 35] = [
    row(
        "OpenID Connect Core",
        "Authentication on top of OAuth 2",
        Support::Part,
        "The code flow. Claims asked for by name come with their group: profile, email, phone or address. No self-issued provider, no encryption.",
    ),
    row("OpenID Connect Discovery", "The provider’s metadata", Support::Yes, "Only what works is listed."),
    row(
        "OpenID Connect RP-Initiated Logout",
        "Signing out from an app",
        Support::Yes,
        "With a true id_token_hint at once, else after a question.",
    ),
    row("OAuth 2.0 Form Post Response Mode", "Answers by form", Support::Yes, "The form works without JavaScript."),
    row(
        "OpenID Connect Back-Channel Logout",
        "Telling apps of a sign-out",
        Support::Yes,
        "Told again for a day until the app answers. With sid where one session ended.",
    ),
    row(
        "OpenID Connect Front-Channel Logout",
        "Telling apps of a sign-out by the browser",
        Support::Yes,
        "With iss and sid. Many browsers keep an app’s cookies from a frame of another site: the back channel is surer.",
    ),
    row(
        "OpenID Connect Dynamic Registration",
        "Registering apps by a program",
        Support::Part,
        "With a token that a maker of apps makes on the page of their apps, in a sandbox first. No encryption and no software statements. What was registered is changed on the app’s page.",
    ),
    row(
        "OpenID Connect CIBA",
        "Asking a person on another device",
        Support::Part,
        "In poll and ping mode, for confidential apps to which the person has agreed before. By login_hint or id_token_hint. No push mode, signed requests or user codes.",
    ),
    row(
        "RFC 6749",
        "OAuth 2.0",
        Support::Part,
        "Grants authorization_code, refresh_token, client_credentials, device_code, CIBA and token-exchange. No implicit grant and no passwords, as RFC 9700 asks.",
    ),
    row("RFC 6750", "Bearer tokens", Support::Yes, "By header only; never in a query."),
    row("RFC 7009", "Revocation", Support::Yes, "A token ends with its whole family; one that was exchanged, alone."),
    row(
        "RFC 7591",
        "Dynamic client registration",
        Support::Part,
        "As OpenID Connect Dynamic Registration. No software statements.",
    ),
    row("RFC 7636", "PKCE", Support::Yes, "S256, asked of every client."),
    row(
        "RFC 7662",
        "Introspection",
        Support::Yes,
        "For the client whose token it is, and the resource server that it is for.",
    ),
    row("RFC 9701", "Signed introspection", Support::Yes, ""),
    row(
        "RFC 7523",
        "private_key_jwt",
        Support::Yes,
        "The audience is the issuer. Each jti counts once. Keys are registered, or published at a jwks_uri.",
    ),
    row(
        "RFC 8705",
        "Mutual TLS",
        Support::Yes,
        "Where the installation has an address for it, which discovery names (mtls_endpoint_aliases). By a name in a certificate, or by the app’s own. Access tokens are bound to it.",
    ),
    row("RFC 8252", "Native apps", Support::Yes, "The port of a loopback address may vary."),
    row("RFC 8414", "Authorization server metadata", Support::Yes, "At the address of OpenID Connect Discovery."),
    row("RFC 8628", "Device grant", Support::Yes, "For apps that are registered as a device."),
    row(
        "RFC 8693",
        "Token exchange",
        Support::Part,
        "A service exchanges the access token that it was called with, to call another one for the same person. It is named in act.",
    ),
    row(
        "RFC 8707",
        "Resource indicators",
        Support::Part,
        "One resource for each request. A school’s site is one, by its address.",
    ),
    row("RFC 9068", "JWT access tokens", Support::Yes, "Where a client asks for them; opaque otherwise."),
    row(
        "RFC 9101",
        "Signed requests (JAR)",
        Support::Part,
        "By value, or pushed. No request_uri of a client is ever fetched.",
    ),
    row("RFC 9126", "Pushed requests (PAR)", Support::Yes, "Each counts once, for a minute."),
    row("RFC 9207", "Issuer in the answer", Support::Yes, ""),
    row("RFC 9449", "DPoP", Support::Yes, "With a nonce, always. Codes, access and refresh tokens are bound."),
    row(
        "RFC 9470",
        "Step-up",
        Support::Yes,
        "acr_values and max_age; the gateway asks scripts and apps for them by challenge.",
    ),
    row("RFC 9700", "OAuth 2.0 security", Support::Yes, ""),
    row("JARM", "Signed answers", Support::Yes, "jwt, query.jwt and form_post.jwt."),
    row(
        "FAPI 2.0 Security Profile",
        "The strongest profile",
        Support::Yes,
        "With PAR, PKCE, private_key_jwt or mutual TLS, and tokens bound by DPoP or to a certificate.",
    ),
    row(
        "FAPI 2.0 Message Signing",
        "Signed messages",
        Support::Part,
        "JAR, JARM and signed introspection. No HTTP signatures.",
    ),
    row(
        "OpenID Shared Signals Framework",
        "Hearing what happens to people",
        Support::Part,
        "One stream for each app, by push or poll, of the people who have agreed to it, but for those whom it takes out.",
    ),
    row(
        "OpenID CAEP",
        "Events of sessions and keys",
        Support::Part,
        "session-revoked, credential-change and token-claims-change.",
    ),
    row("RFC 8417, RFC 8935, RFC 8936", "Security Event Tokens, pushed and polled", Support::Yes, "Signed with ES256."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standard_is_named_once_and_a_part_says_which() {
        for (at, standard) in STANDARDS.iter().enumerate() {
            assert!(STANDARDS.iter().skip(at + 1).all(|other| other.name != standard.name), "{}", standard.name);
            assert!(standard.support != Support::Part || !standard.words.is_empty(), "{}", standard.name);
        }
    }
}
