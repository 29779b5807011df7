//! What a maker of an app types, and what is filled in of it.

use idp_directory::apps::{AppProfile, AppWish, OWN_CERTIFICATE, Subjects};
use idp_domain::client::{Client, ClientAuth};
use serde::Deserialize;

/// The form of an app.
#[derive(Deserialize, Default)]
pub(crate) struct Typed {
    #[serde(default)]
    pub trust: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub redirect_uris: String,
    #[serde(default)]
    pub post_logout_redirect_uris: String,
    #[serde(default)]
    pub backchannel_logout_uri: String,
    #[serde(default)]
    pub frontchannel_logout_uri: String,
    #[serde(default)]
    pub initiate_login_uri: String,
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub keys: String,
    #[serde(default)]
    pub certificate: String,
    #[serde(default)]
    pub certificate_name: String,
    pub tls_bound: Option<String>,
    #[serde(default)]
    pub resources: String,
    #[serde(default)]
    pub serves: String,
    pub exchange: Option<String>,
    pub signals: Option<String>,
    pub ciba: Option<String>,
    #[serde(default)]
    pub ciba_notify: String,
}

impl Typed {
    /// What they want.
    pub fn wish(&self) -> AppWish {
        AppWish {
            name: self.name.clone(),
            redirect_uris: self.redirect_uris.clone(),
            post_logout_redirect_uris: self.post_logout_redirect_uris.clone(),
            backchannel_logout_uri: self.backchannel_logout_uri.clone(),
            frontchannel_logout_uri: self.frontchannel_logout_uri.clone(),
            initiate_login_uri: self.initiate_login_uri.clone(),
            confidential: self.kind == "server",
            device: self.kind == "device",
            keys: self.keys.clone(),
            certificate: self.certificate.clone(),
            certificate_name: self.certificate_name.clone(),
            tls_bound: self.tls_bound.is_some(),
            resources: self.resources.clone(),
            serves: self.serves.clone(),
            exchange: self.exchange.is_some(),
            signals: self.signals.is_some(),
            ciba: self.ciba.is_some(),
            ciba_notify: self.ciba_notify.clone(),
            subjects: Subjects::Own,
            profile: AppProfile::default(),
        }
    }

    /// What is kept of an app.
    pub fn of(client: &Client) -> Self {
        let options = &client.options;
        Self {
            name: client.name.clone(),
            redirect_uris: client.redirect_uris.join("\n"),
            post_logout_redirect_uris: client.post_logout_redirect_uris.join("\n"),
            backchannel_logout_uri: options.backchannel_logout_uri.clone().unwrap_or_default(),
            frontchannel_logout_uri: options.frontchannel_logout_uri.clone().unwrap_or_default(),
            initiate_login_uri: options.initiate_login_uri.clone().unwrap_or_default(),
            keys: match &client.auth {
                ClientAuth::Keys { jwks } | ClientAuth::SelfSigned { jwks } => jwks.clone(),
                ClientAuth::KeysAt { uri } | ClientAuth::SelfSignedAt { uri } => uri.clone(),
                _ => String::new(),
            },
            certificate: match &client.auth {
                ClientAuth::SelfSigned { .. } | ClientAuth::SelfSignedAt { .. } => OWN_CERTIFICATE,
                ClientAuth::Tls { subject } => subject.kind(),
                _ => "",
            }
            .to_owned(),
            certificate_name: match &client.auth {
                ClientAuth::Tls { subject } => subject.name(),
                _ => String::new(),
            },
            tls_bound: options.tls_bound.then(|| "1".to_owned()),
            resources: options.resources.join("\n"),
            serves: options.serves.join("\n"),
            exchange: options.exchange.then(|| "1".to_owned()),
            signals: options.signals.then(|| "1".to_owned()),
            ciba: options.ciba.then(|| "1".to_owned()),
            ciba_notify: options.ciba_notify.clone().unwrap_or_default(),
            ..Self::default()
        }
    }
}
