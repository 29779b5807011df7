//! What follows from a change, written in the same transaction: mails, signals, audit entries.

use idp_domain::audit::AuditEntry;
use idp_domain::person::Person;
use idp_domain::site::Site;
use idp_domain::{Language, PersonId, Slug, Timestamp};
use serde::{Deserialize, Serialize};

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
        if let Signal::SessionRevoked { person, sid } = &signal {
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
    pub fn topic(&self) -> &'static str {
        match self {
            Self::Mail(_) => "mail",
            Self::Signal(_) => "signal",
            Self::SignOut { .. } => "sign_out",
            Self::AppSignOut { .. } => "app_sign_out",
        }
    }
}

/// An e-mail as a value. Links are given whole; they are made from the fixed public origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// Where it goes.
    pub to: String,
    /// What the person is called in it.
    pub name: String,
    /// Which mail it is.
    pub what: MailKind,
    /// In which language.
    #[serde(default)]
    pub language: Language,
    /// Short name of the site in whose name it comes; empty for Lanyard itself.
    #[serde(default)]
    pub sender: String,
}

impl Mail {
    /// A mail to a person at an address, which need not be their own yet.
    pub fn to(address: &str, person: &Person, what: MailKind) -> Self {
        let (language, sender) = (person.language, String::new());
        Self { to: address.to_owned(), name: person.full_name(), what, language, sender }
    }
}

/// The e-mails of the product (numbers are those of the product page).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "snake_case")]
pub enum MailKind {
    /// 1: set up your sign-in.
    Invite {
        /// The first site, as on its sign.
        site: String,
        /// Who added the person.
        by: String,
        /// Link.
        link: String,
        /// Days for which it works.
        #[serde(default = "fortnight")]
        days: i64,
    },
    /// 2: a reminder of 1, with a link in place of the older one.
    InviteReminder {
        /// The first site.
        site: String,
        /// Link.
        link: String,
        /// The moment until which it works, in words.
        until: String,
    },
    /// 3: you now also have access.
    AlsoAccess {
        /// The new site.
        site: String,
        /// Its address.
        link: String,
    },
    /// 4: create or reset your password.
    PasswordLink {
        /// Link.
        link: String,
        /// Minutes for which it works.
        #[serde(default = "hour")]
        minutes: i64,
    },
    /// 5: your password was changed.
    PasswordChanged,
    /// 9: a key was added.
    KeyAdded {
        /// The key's name.
        key: String,
    },
    /// 10: a key was removed, suspended or switched on again.
    KeyChanged {
        /// The key's name.
        key: String,
        /// What happened to it, for example `removed`.
        verb: String,
    },
    /// 6: the code that confirms a new browser. It stands in the body only.
    SecurityCode {
        /// Six digits.
        code: String,
    },
    /// 7: the code that confirms a new address, to that address.
    ConfirmAddress {
        /// Six digits.
        code: String,
    },
    /// 8: the address is changing, to the old one.
    AddressChanging {
        /// The new address.
        new: String,
        /// Link that undoes it, valid 7 days.
        link: String,
    },
    /// A recovery code was used.
    RecoveryUsed,
    /// 11: a temporary pass was used, to its owner and to DSLs.
    PassUsed {
        /// Who used it; empty for the reader.
        who: String,
    },
    /// An owner of a trust came back with its recovery kit; to everybody who manages anything there.
    OwnerCameBack {
        /// Who.
        who: String,
        /// Of which trust.
        trust: String,
    },
    /// 28: mail to somebody does not arrive; to the admins of their site.
    Bounced {
        /// The site.
        site: String,
        /// Whose mail.
        who: String,
        /// Where the address is shown.
        link: String,
    },
    /// The code that shows whose address an account elsewhere may be linked to.
    LinkCode {
        /// Six digits.
        code: String,
        /// The provider's name.
        provider: String,
        /// What the account is called there.
        account: String,
    },
    /// An account elsewhere was linked or unlinked.
    AccountLinked {
        /// The provider's name.
        provider: String,
        /// What the account is called there.
        account: String,
        /// `linked` or `unlinked`.
        verb: String,
    },
    /// 12: a sign-in in a browser that is not known.
    NewBrowser {
        /// The browser in words.
        agent: String,
    },
    /// 13: ten wrong passwords in a row.
    SomebodyTried,
    /// 13, for codes: somebody who knows the password enters wrong ones.
    WrongCodes,
    /// 14: your access has changed.
    AccessChanged {
        /// At which site.
        site: String,
        /// What is different now, in the order in which it is told.
        #[serde(default)]
        changes: Vec<AccessChange>,
    },
    /// 14, after a suspension everywhere: you can sign in again.
    AccessRestored,
    /// A role in a trust was given or taken away; to its owners and to the person.
    RoleChanged {
        /// Which trust.
        trust: String,
        /// Whose role.
        who: String,
        /// Which role.
        role: String,
        /// Given, or taken away.
        given: bool,
    },
    /// 18: your request was not approved. One that was is mail 3.
    AccessRefused {
        /// Which site.
        site: String,
        /// Why, in the admin's words.
        reason: String,
    },
    /// 15: your access ends in three days.
    EndsSoon {
        /// At which site.
        site: String,
        /// The last day, in words.
        last_day: String,
    },
    /// 16: your access has ended.
    AccessEnded {
        /// At which site; empty for all.
        site: String,
    },
    /// 17: approval needed.
    ApprovalNeeded {
        /// At which site.
        site: String,
        /// Where to decide.
        link: String,
    },
    /// Somebody asks for access to a site.
    AccessAsked {
        /// Which site.
        site: String,
        /// Name and login.
        who: String,
        /// In their own words.
        reason: String,
        /// Where access is given.
        link: String,
    },
    /// Somebody asked for help from a page that needs no sign-in.
    SupportRequest {
        /// Reference to read out on the telephone.
        reference: String,
        /// Where the person can be reached.
        from: String,
        /// What they wrote.
        text: String,
    },
}

/// One thing that is different about somebody's access. Names of groups and classes are those of the school.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessChange {
    /// Other user groups, or other classes in them.
    Groups {
        /// Before; may be empty.
        from: String,
        /// Now; may be empty.
        to: String,
    },
    /// Which user groups wait for a second person now; empty when none does any more.
    Waiting(String),
    /// The first moment, or none any more.
    Starts(Option<Timestamp>),
    /// The moment from which it is over, or none any more.
    Ends(Option<Timestamp>),
    /// Stopped for a while.
    Paused,
    /// In force again.
    Active,
    /// Over.
    Ended,
}

fn fortnight() -> i64 {
    14
}

fn hour() -> i64 {
    60
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
