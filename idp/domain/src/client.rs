//! OAuth clients: the gateway's sites, and the apps of others.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{PersonId, TrustId};
use crate::secret::SecretHash;
use crate::slug::Slug;
use crate::tls_subject::TlsSubject;

/// Scopes that every app may ask for (OpenID Connect Core §5.4, §11); people agree to each.
pub const SCOPES: [&str; 6] = ["openid", "profile", "email", "phone", "address", "offline_access"];

/// A registered client (OpenID Connect Dynamic Registration §2 names its fields).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// Name on the consent screen.
    pub name: String,
    /// How it proves itself at the token endpoint.
    pub auth: ClientAuth,
    /// Exact redirect addresses; no patterns (RFC 9700 §2.1).
    pub redirect_uris: Vec<String>,
    /// Exact addresses to return to after sign-out.
    pub post_logout_redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// Whether it may use refresh tokens.
    pub refresh: bool,
    /// What kind of client it is.
    pub kind: ClientKind,
    /// Key for pairwise subjects; absent means one public `sub` for all (OpenID Connect Core §8.1).
    pub sector: Option<String>,
    /// `ES256` or `RS256`.
    pub id_token_alg: IdTokenAlg,
    /// Switched off: nothing new is issued.
    pub disabled: bool,
    /// What it asked for beyond the usual.
    #[serde(default)]
    pub options: ClientOptions,
    /// Whose app it is; absent for the gateway, its sites, and apps that the server's operator has set up.
    #[serde(default)]
    pub app: Option<AppFacts>,
}

/// An app that somebody of a trust has registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppFacts {
    /// In which trust.
    pub trust: TrustId,
    /// Who registered it.
    pub made_by: PersonId,
    /// When.
    pub made_at: Timestamp,
    /// Who may use it.
    pub stage: AppStage,
    /// Who changed it, or asked for it to be opened, since somebody approved it last: none of them approves it.
    #[serde(default)]
    pub touched_by: Vec<PersonId>,
}

/// How far an app has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppStage {
    /// Tried out by those who hold a role in its trust, and nobody else.
    Sandbox,
    /// Its maker asks for it to be opened to everybody; another person decides.
    Waiting,
    /// Open to everybody.
    Live,
}

impl AppStage {
    /// The word on screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sandbox => "Sandbox",
            Self::Waiting => "Waiting for approval",
            Self::Live => "Live",
        }
    }
}

/// What a client may ask for beyond the usual. The default is what most apps need.
#[expect(clippy::struct_excessive_bools, reason = "each is a wish of its own, as in the standards’ client metadata")]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientOptions {
    /// Authorization requests come by the back channel only (RFC 9126 §6).
    pub pushed_only: bool,
    /// It runs on a device without a browser, and asks people to go on elsewhere (RFC 8628).
    pub device: bool,
    /// Access tokens are bound to a key of the client (RFC 9449 §5.2).
    pub dpop: bool,
    /// Access tokens are bound to the certificate of the client’s connection (RFC 8705 §3).
    pub tls_bound: bool,
    /// Access tokens are JWTs (RFC 9068) rather than opaque.
    pub jwt_access: bool,
    /// Resource servers for which it may ask for tokens (RFC 8707).
    pub resources: Vec<String>,
    /// Addresses for which it is the resource server itself: it may introspect their tokens.
    pub serves: Vec<String>,
    /// It may ask people on a device of their own (OpenID Connect CIBA).
    pub ciba: bool,
    /// Where it is told that they have decided (ping mode); without it, it asks again and again.
    pub ciba_notify: Option<String>,
    /// It hears what happens to the people who have agreed to it (OpenID Shared Signals Framework).
    pub signals: bool,
    /// How, once it has said so itself.
    pub stream: Option<Stream>,
    /// It may exchange a token that it was called with for one to call another server with (RFC 8693).
    pub exchange: bool,
    /// Where it is told of a sign-out (OpenID Connect Back-Channel Logout 1.0 §2.2), always with `sid` where one session ended.
    pub backchannel_logout_uri: Option<String>,
    /// Where a browser tells it of a sign-out (OpenID Connect Front-Channel Logout 1.0 §2), always with `iss` and `sid`.
    pub frontchannel_logout_uri: Option<String>,
    /// Where people begin a sign-in at it from here (OpenID Connect Core §4).
    pub initiate_login_uri: Option<String>,
    /// Userinfo is signed (OpenID Connect Core §5.3.2), as this.
    pub userinfo_alg: Option<IdTokenAlg>,
}

/// The stream of events that an app hears (Shared Signals Framework 1.0 §8.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// How events come to it.
    pub delivery: Delivery,
    /// Types of events that it wants, and that there are.
    pub events: Vec<String>,
    /// Whether they come.
    pub status: StreamStatus,
    /// People of whom it does not want to hear; it hears of everybody else who has agreed to it.
    #[serde(default)]
    pub without: Vec<PersonId>,
}

/// How events come to an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum Delivery {
    /// It asks for them (RFC 8936).
    Poll,
    /// They are sent to it (RFC 8935).
    Push {
        /// Where.
        endpoint: String,
        /// The `Authorization` header by which it knows us, sealed.
        sealed: Option<Vec<u8>>,
    },
}

/// Whether events come (Shared Signals Framework 1.0 §8.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamStatus {
    /// They do.
    Enabled,
    /// They are kept until they do again.
    Paused,
    /// They do not, and are not kept.
    Disabled,
}

/// Token endpoint authentication (OpenID Connect Core §9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum ClientAuth {
    /// A public client; PKCE is its proof.
    None,
    /// A shared secret, by Basic header or in the body.
    Secret {
        /// Hash of the secret.
        hash: SecretHash,
        /// Hash of the one before it, while both count: an app is changed over without a break.
        #[serde(default)]
        before: Option<SecretHash>,
    },
    /// A signed assertion (RFC 7523), ES256.
    PrivateKeyJwt {
        /// Public point, uncompressed SEC1, base64url.
        public_key: String,
    },
    /// A signed assertion (RFC 7523) by one of the client's registered keys.
    Keys {
        /// Its JWKS (RFC 7517 §5), as JSON.
        jwks: String,
    },
    /// The same, by one of the keys that it publishes.
    KeysAt {
        /// Where its JWKS is (`jwks_uri`, OpenID Connect Dynamic Registration §2).
        uri: String,
    },
    /// A certificate for which an authority vouches, with this name in it (`tls_client_auth`, RFC 8705 §2.1).
    Tls {
        /// The name.
        subject: TlsSubject,
    },
    /// One of its own certificates, in its JWKS (`self_signed_tls_client_auth`, RFC 8705 §2.2).
    SelfSigned {
        /// The JWKS, as JSON; each key has its certificate in `x5c`.
        jwks: String,
    },
    /// The same, in the JWKS that it publishes.
    SelfSignedAt {
        /// Where.
        uri: String,
    },
}

/// What a client is for, which decides what it may be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ClientKind {
    /// A site behind the gateway: gets that site's facts, needs no consent.
    Site {
        /// Which site.
        slug: Slug,
    },
    /// A school app: gets what the person agrees to.
    App,
    /// The gateway itself: reads the registry of sites.
    Gateway,
}

/// Signature of ID tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdTokenAlg {
    /// ECDSA P-256.
    ES256,
    /// RSA 2048, for old libraries.
    RS256,
    /// RSA 2048 with PSS (RFC 7518 §3.5).
    PS256,
    /// Ed25519 (RFC 8037 §3.1).
    EdDSA,
}

impl IdTokenAlg {
    /// Every algorithm.
    pub const ALL: [Self; 4] = [Self::ES256, Self::RS256, Self::PS256, Self::EdDSA];

    /// Its name in a JOSE header.
    pub fn name(self) -> &'static str {
        match self {
            Self::ES256 => "ES256",
            Self::RS256 => "RS256",
            Self::PS256 => "PS256",
            Self::EdDSA => "EdDSA",
        }
    }
}
