//! What follows from a change, written in the same transaction: mails, signals, audit entries.

use std::borrow::Cow;

use idp_domain::audit::AuditEntry;
use idp_domain::person::Person;
use idp_domain::site::Site;
use idp_domain::{PersonId, Slug, Timestamp};
use serde::{Deserialize, Serialize};

use crate::mails::{Mail, MailKind};

/// What follows from a change. All of it happens, or none and the change neither.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// To be delivered later, at least once.
    pub outgoing: Vec<Outgoing>,
    /// To be remembered.
    pub audit: Vec<AuditEntry>,
}

impl Effects {
    /// Nothing follows.
    pub fn none() -> Self {
        Self::default()
    }

    /// One audit entry follows.
    pub fn audit(entry: AuditEntry) -> Self {
        Self { outgoing: Vec::new(), audit: vec![entry] }
    }

    /// Adds a mail.
    #[must_use]
    pub fn mail(mut self, mail: Mail) -> Self {
        self.outgoing.push(Outgoing::Mail(Box::new(mail)));
        self
    }

    /// Adds a mail to a person, if they have a mailbox.
    #[must_use]
    pub fn tell(self, person: &Person, what: MailKind) -> Self {
        match &person.email {
            Some(email) => self.mail(Mail::to(email.as_str(), person, what)),
            None => self,
        }
    }

    /// Adds a mail to a person in the name of a site, if they have a mailbox.
    #[must_use]
    pub fn tell_from(self, site: &Site, person: &Person, what: MailKind) -> Self {
        match &person.email {
            Some(email) => {
                let sender = site.settings.short_name.clone();
                self.mail(Mail { sender, ..Mail::to(email.as_str(), person, what) })
            }
            None => self,
        }
    }

    /// Adds a signal to the gateway and to apps.
    #[must_use]
    pub fn signal(mut self, signal: Signal) -> Self {
        if let Signal::SessionRevoked { person, sid, site: None } = &signal {
            self.outgoing.push(Outgoing::SignOut { person: *person, sid: sid.clone() });
        }
        self.outgoing.push(Outgoing::Signal(signal));
        self
    }
}

/// Something to be delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "topic", rename_all = "snake_case")]
pub enum Outgoing {
    /// An e-mail, rendered by `idp/mail`.
    Mail(Box<Mail>),
    /// A Security Event Token, signed by `idp/oauth`.
    Signal(Signal),
    /// A sign-out that apps are told of: all of a person's, or that of one session.
    SignOut {
        /// Whose.
        person: PersonId,
        /// Only this session.
        sid: Option<String>,
    },
    /// An app that waits for somebody's decision is told that there is one (CIBA §10.2).
    Ping {
        /// Which.
        client: String,
        /// What it asked.
        auth_req_id: String,
        /// By which it knows us.
        token: String,
        /// Until when it is of use.
        until: Timestamp,
    },
    /// What one app hears on its stream.
    StreamEvent {
        /// Which app.
        client: String,
        /// What.
        event: StreamEvent,
        /// Whether it is sent, or waits until the app asks.
        push: bool,
    },
    /// One app that is told of it.
    AppSignOut {
        /// Which.
        client: String,
        /// Whose sign-out.
        person: PersonId,
        /// Which session ended.
        sid: String,
    },
}

impl Outgoing {
    /// The topic under which workers claim it.
    pub fn topic(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Mail(_) => "mail",
            Self::Signal(_) => "signal",
            Self::SignOut { .. } => "sign_out",
            // Both are calls to an app, made by one worker.
            Self::AppSignOut { .. } | Self::Ping { .. } => "app_sign_out",
            Self::StreamEvent { push: true, .. } => "stream_push",
            Self::StreamEvent { client, .. } => return Cow::Owned(Self::asked_for(client)),
        })
    }

    /// The topic of what waits until an app asks for it.
    pub fn asked_for(client: &str) -> String {
        format!("stream:{client}")
    }
}

/// What an app hears on its stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamEvent {
    /// Something that happened to somebody.
    Signal(Signal),
    /// That the stream works (Shared Signals Framework 1.0 §8.1.4).
    Verification {
        /// The app's own words.
        state: Option<String>,
    },
}

/// What the gateway and apps have to know (CAEP 1.0 names the events).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Signal {
    /// Every session of a person ends, or one when `sid` is given.
    SessionRevoked {
        /// Whose.
        person: PersonId,
        /// Only this one.
        sid: Option<String>,
        /// Only at this site: the provider's own session goes on.
        #[serde(default)]
        site: Option<Slug>,
    },
    /// A person's facts at one site have changed, or at all when `site` is absent.
    TokenClaimsChange {
        /// Whose.
        person: PersonId,
        /// Where.
        site: Option<Slug>,
    },
    /// A key was added, removed or suspended.
    CredentialChange {
        /// Whose.
        person: PersonId,
        /// `create`, `revoke` or `update`.
        change: String,
    },
    /// The registry of sites has changed.
    RegistryChange,
}

impl Signal {
    /// Whom it is about.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::SessionRevoked { person, .. }
            | Self::TokenClaimsChange { person, .. }
            | Self::CredentialChange { person, .. } => Some(*person),
            Self::RegistryChange => None,
        }
    }
}
