//! What a maker of an app may enter: names, addresses, keys. Every fault is named at once.

use idp_domain::client::{ClientAuth, ClientOptions, IdTokenAlg};
use idp_domain::tls_subject::TlsSubject;
use url::Url;

use crate::error::{DirectoryError, FieldFault, Result};

/// Most addresses of an app, and most keys.
const MOST: usize = 10;
/// Longest set of keys, in bytes.
const LONGEST_KEYS: usize = 16 * 1024;
/// Members that only a private or secret key has (RFC 7518 §6).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];
/// The word for a certificate that is with the app's keys, in their `x5c`.
pub const OWN_CERTIFICATE: &str = "own";
/// Kinds of key by which apps may sign.
const KINDS: [&str; 3] = ["EC", "OKP", "RSA"];

/// What somebody wants of an app.
#[expect(clippy::struct_excessive_bools, reason = "each is a box of its own on the page of the app")]
#[derive(Clone, Debug, Default)]
pub struct AppWish {
    /// Its name on the consent screen.
    pub name: String,
    /// Where people come back to after signing in, one on each line.
    pub redirect_uris: String,
    /// Where they may come back to after signing out, one on each line.
    pub post_logout_redirect_uris: String,
    /// Where the app is told that somebody signed out, if anywhere.
    pub backchannel_logout_uri: String,
    /// Where browsers tell the app that somebody signed out, if anywhere.
    pub frontchannel_logout_uri: String,
    /// Where people begin a sign-in at it from here, if anywhere.
    pub initiate_login_uri: String,
    /// Whether it has a server that keeps a secret. An app in a browser or on a telephone has none.
    pub confidential: bool,
    /// Whether it runs on a device without a browser: then nobody comes back to it.
    pub device: bool,
    /// The public keys by which it proves itself in place of a secret, as a JWKS or as the address of one; else empty.
    pub keys: String,
    /// How it proves itself by a certificate (RFC 8705): [`OWN_CERTIFICATE`] for one that is with its keys, the word of a kind of
    /// [`TlsSubject`] for one with that name in it; empty when it does not.
    pub certificate: String,
    /// That name.
    pub certificate_name: String,
    /// Whether its access tokens are bound to its certificate.
    pub tls_bound: bool,
    /// Resource servers that it calls, one on each line.
    pub resources: String,
    /// Addresses for which it is the resource server, one on each line.
    pub serves: String,
    /// Whether it calls other servers for whoever called it (RFC 8693).
    pub exchange: bool,
    /// Whether it asks people on a device of their own (CIBA).
    pub ciba: bool,
    /// Where it is told that they have decided, if anywhere.
    pub ciba_notify: String,
    /// Whether it hears what happens to people who have agreed to it (Shared Signals).
    pub signals: bool,
    /// By which numbers it knows people.
    pub subjects: Subjects,
    /// How it speaks the protocol.
    pub profile: AppProfile,
}

/// By which numbers an app knows people (OpenID Connect Core §8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Subjects {
    /// By its own.
    #[default]
    Own,
    /// By those of every app whose addresses this host lists.
    OfHost(String),
    /// By those of all apps that ask for that.
    Public,
}

impl Subjects {
    /// The sector of an app of this identifier. No host is taken for an app, nor for the gateway.
    pub(crate) fn sector(&self, id: &str) -> Option<String> {
        match self {
            Self::Own => Some(id.to_owned()),
            Self::OfHost(host) => Some(format!("host {host}")),
            Self::Public => None,
        }
    }
}

/// How an app speaks the protocol; the default is what most of them need, and what the page registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppProfile {
    /// Whether it may stay connected with refresh tokens.
    pub refresh: bool,
    /// Whether its requests come by the back channel only (RFC 9126 §6).
    pub pushed_only: bool,
    /// Whether its tokens are bound to a key (RFC 9449 §5.2).
    pub dpop: bool,
    /// How its ID tokens are signed.
    pub id_token_alg: IdTokenAlg,
    /// How userinfo is signed, if it is.
    pub userinfo_alg: Option<IdTokenAlg>,
}

impl Default for AppProfile {
    fn default() -> Self {
        Self { refresh: true, pushed_only: false, dpop: false, id_token_alg: IdTokenAlg::RS256, userinfo_alg: None }
    }
}

/// Options of an app with what its maker wishes beyond the addresses that people come back to; the rest stays as it is.
pub(crate) fn put(wished: ClientOptions, options: ClientOptions) -> ClientOptions {
    ClientOptions {
        backchannel_logout_uri: wished.backchannel_logout_uri,
        frontchannel_logout_uri: wished.frontchannel_logout_uri,
        initiate_login_uri: wished.initiate_login_uri,
        resources: wished.resources,
        serves: wished.serves,
        exchange: wished.exchange,
        ciba: wished.ciba,
        ciba_notify: wished.ciba_notify,
        signals: wished.signals,
        tls_bound: wished.tls_bound,
        ..options
    }
}

/// Whether each of these wishes is known or left out.
pub(crate) fn are_known(new: &ClientOptions, known: &ClientOptions) -> bool {
    let pairs = [
        (&new.backchannel_logout_uri, &known.backchannel_logout_uri),
        (&new.frontchannel_logout_uri, &known.frontchannel_logout_uri),
        (&new.initiate_login_uri, &known.initiate_login_uri),
        (&new.ciba_notify, &known.ciba_notify),
    ];
    pairs.into_iter().all(|(new, known)| new.is_none() || new == known)
        && new.resources.iter().all(|one| known.resources.contains(one))
        && new.serves.iter().all(|one| known.serves.contains(one))
        && (!new.exchange || known.exchange)
        && (!new.ciba || known.ciba)
        && (!new.signals || known.signals)
        && (new.tls_bound || !known.tls_bound)
}

/// All of these wishes, in order.
pub(crate) fn all(options: &ClientOptions) -> serde_json::Value {
    serde_json::json!([
        options.backchannel_logout_uri,
        options.frontchannel_logout_uri,
        options.initiate_login_uri,
        options.resources,
        options.serves,
        options.exchange,
        options.ciba,
        options.ciba_notify,
        options.signals,
        options.tls_bound,
    ])
}

/// What a wish holds, once it is right.
pub(crate) struct Checked {
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    /// What [`put`] takes of it.
    pub wished: ClientOptions,
    /// How it proves itself, if by keys or a certificate.
    pub proof: Option<ClientAuth>,
}

/// What a wish holds, if everything in it is right.
pub(crate) fn checked(wish: &AppWish) -> Result<Checked> {
    let mut faults = Vec::new();
    let name = wish.name.trim();
    if !(1..=60).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        faults.push(FieldFault::new("name", "Enter a name, up to 60 characters"));
    }
    let mut read = |field: &'static str, text: &str| -> Vec<String> {
        let addresses: Vec<String> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        if addresses.len() > MOST {
            faults.push(FieldFault::new(field, "Enter 10 addresses or fewer"));
        }
        let first = addresses.iter().find_map(|address| address_fault(address).map(|why| (address, why)));
        if let Some((address, why)) = first {
            faults.push(FieldFault::new(field, format!("“{address}” cannot be used: {why}")));
        }
        addresses
    };
    let redirect_uris = read("redirect_uris", &wish.redirect_uris);
    let post_logout_redirect_uris = read("post_logout_redirect_uris", &wish.post_logout_redirect_uris);
    let mut told = read("backchannel_logout_uri", &wish.backchannel_logout_uri);
    let mut browsed = read("frontchannel_logout_uri", &wish.frontchannel_logout_uri);
    let mut begun = read("initiate_login_uri", &wish.initiate_login_uri);
    let mut notified = read("ciba_notify", &wish.ciba_notify);
    let (resources, serves) = (read("resources", &wish.resources), read("serves", &wish.serves));
    let single = [
        ("backchannel_logout_uri", &told),
        ("frontchannel_logout_uri", &browsed),
        ("initiate_login_uri", &begun),
        ("ciba_notify", &notified),
    ];
    for (field, one) in single {
        if one.len() > 1 {
            faults.push(FieldFault::new(field, "Enter one address"));
        }
    }
    faults.extend(missing(wish, redirect_uris.is_empty(), serves.is_empty()));
    let proof = proof_of(wish).map_err(|(field, words)| faults.push(FieldFault::new(field, words))).ok().flatten();
    if !faults.is_empty() {
        return Err(DirectoryError::Faults(faults));
    }
    let wished = ClientOptions {
        backchannel_logout_uri: told.pop(),
        frontchannel_logout_uri: browsed.pop(),
        initiate_login_uri: begun.pop(),
        resources,
        serves,
        exchange: wish.exchange,
        ciba: wish.ciba,
        ciba_notify: notified.pop(),
        signals: wish.signals,
        tls_bound: wish.tls_bound,
        ..ClientOptions::default()
    };
    Ok(Checked { redirect_uris, post_logout_redirect_uris, wished, proof })
}

/// What a wish does not hold, and has to.
fn missing(wish: &AppWish, nobody_comes_back: bool, serves_nothing: bool) -> Vec<FieldFault> {
    let alone = !wish.confidential && wish.keys.trim().is_empty() && wish.certificate.is_empty();
    let exchange = "Enter the addresses at which it is called for people, to call others for them";
    [
        (nobody_comes_back && !wish.device, "redirect_uris", "Enter at least one address"),
        (wish.exchange && serves_nothing, "serves", exchange),
        (wish.signals && alone, "signals", "Only an app with a server can hear of that"),
        (wish.ciba && alone, "ciba", "Only an app with a server can ask people elsewhere"),
    ]
    .into_iter()
    .filter(|(wrong, ..)| *wrong)
    .map(|(_, field, words)| FieldFault::new(field, words))
    .collect()
}

/// How an app proves itself, if not by a secret.
fn proof_of(wish: &AppWish) -> std::result::Result<Option<ClientAuth>, (&'static str, &'static str)> {
    let keys = keys_of(&wish.keys).map_err(|words| ("keys", words))?;
    match (wish.certificate.as_str(), keys) {
        ("", keys) => Ok(keys),
        (OWN_CERTIFICATE, Some(ClientAuth::Keys { jwks })) => {
            let set: serde_json::Value = serde_json::from_str(&jwks).unwrap_or_default();
            let mut keys = set.get("keys").and_then(serde_json::Value::as_array).into_iter().flatten();
            if keys.all(|key| key.get("x5c").is_none()) {
                return Err(("keys", "None of the keys has a certificate with it (x5c)"));
            }
            Ok(Some(ClientAuth::SelfSigned { jwks }))
        }
        (OWN_CERTIFICATE, Some(ClientAuth::KeysAt { uri })) => Ok(Some(ClientAuth::SelfSignedAt { uri })),
        (OWN_CERTIFICATE, _) => {
            Err(("keys", "Enter the keys with their certificates (x5c), or where they are published"))
        }
        (_, Some(_)) => Err(("keys", "An app proves itself by its keys or by the name in a certificate, not by both")),
        (kind, None) => match TlsSubject::parse(kind, &wish.certificate_name) {
            Some(subject) => Ok(Some(ClientAuth::Tls { subject })),
            None => Err(("certificate_name", "Enter the name as it is in the certificate, of the kind that you chose")),
        },
    }
}

/// The keys that a maker pasted or named; none for an empty field.
fn keys_of(text: &str) -> std::result::Result<Option<ClientAuth>, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if !text.starts_with('{') {
        return match address_fault(text) {
            None => Ok(Some(ClientAuth::KeysAt { uri: text.to_owned() })),
            Some(_) => Err("Enter a JWKS, which begins with {, or its address, which begins with https://"),
        };
    }
    if text.len() > LONGEST_KEYS {
        return Err("The keys must be 16 kilobytes or shorter");
    }
    let set: serde_json::Value = serde_json::from_str(text).map_err(|_| "The keys are not valid JSON")?;
    let keys = set.get("keys").and_then(serde_json::Value::as_array);
    let keys = keys.filter(|keys| (1..=MOST).contains(&keys.len()));
    let keys = keys.ok_or("Enter a JWKS: an object with “keys”, a list of 1 to 10 public keys")?;
    if keys.iter().any(|key| PRIVATE.iter().any(|part| key.get(part).is_some())) {
        return Err("This holds a private key. It is yours alone: make a new one, and enter public keys only");
    }
    let known = |key: &serde_json::Value| {
        key.get("kty").and_then(serde_json::Value::as_str).is_some_and(|kind| KINDS.contains(&kind))
    };
    if !keys.iter().all(known) {
        return Err("Each key needs a “kty” of EC (P-256), OKP (Ed25519) or RSA");
    }
    Ok(Some(ClientAuth::Keys { jwks: text.to_owned() }))
}

/// Why an address is none that people may be sent to (R-04, R-05); nothing when it is fine.
fn address_fault(address: &str) -> Option<&'static str> {
    let Ok(url) = Url::parse(address) else { return Some("it is not a whole address") };
    let loopback = ["localhost", "127.0.0.1", "[::1]"].contains(&url.host_str().unwrap_or_default())
        || url.host_str().is_some_and(|host| host.ends_with(".localhost"));
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        "http" => return Some("it must begin with https://"),
        _ => return Some("it must begin with https://, or with http://localhost while you try it out"),
    }
    if address.contains('*') {
        return Some("it holds a *, and addresses are compared letter by letter");
    }
    if address.contains('#') {
        return Some("it holds a #");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("it holds a name or password");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{address_fault, keys_of};

    #[test]
    fn r_04_only_whole_addresses_of_the_web_are_registered() {
        for good in
            ["https://app.example/callback", "http://localhost:3000/cb", "http://127.0.0.1/cb", "http://[::1]:1/cb"]
        {
            assert_eq!(address_fault(good), None, "{good}");
        }
        for bad in [
            "",
            "app.example/callback",
            "http://app.example/callback",
            "javascript:alert(1)",
            "data:text/html,x",
            "intent://x#Intent;end",
            "https://*.app.example/cb",
            "https://app.example/cb#x",
            "https://me:secret@app.example/cb",
            "http://localhost.evil.example/cb",
        ] {
            assert!(address_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn t_04_keys_are_public_ones_or_the_address_of_some() {
        let public = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#;
        for good in [public, " https://app.example/jwks.json ", "http://localhost:3000/jwks"] {
            assert!(keys_of(good).unwrap().is_some(), "{good}");
        }
        assert!(keys_of("  ").unwrap().is_none());
        for bad in [
            "http://app.example/jwks",
            "nonsense",
            "{",
            "{}",
            r#"{"keys":[]}"#,
            r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}]}"#,
            r#"{"keys":[{"kty":"oct","k":"AA"}]}"#,
            r#"{"keys":[{"kty":"none"}]}"#,
        ] {
            assert!(keys_of(bad).is_err(), "{bad}");
        }
    }
}
