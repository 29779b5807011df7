//! The e-mails of the product, as values; their words are in `idp/mail`.

use idp_domain::person::Person;
use idp_domain::{Language, PersonId, Timestamp};
use serde::{Deserialize, Serialize};

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
    /// Whom it is for, so that it can come in the name of their only school; a mail to an inbox is for nobody.
    #[serde(default)]
    pub person: Option<PersonId>,
}

impl Mail {
    /// A mail to an inbox that is nobody's in particular.
    pub fn to_inbox(address: String, what: MailKind) -> Self {
        let (name, language) = ("support".to_owned(), Language::En);
        Self { to: address, name, what, language, sender: String::new(), person: None }
    }

    /// A mail that is written down and goes nowhere: where nobody must learn whether an address is somebody's, the answer
    /// takes as long either way.
    pub fn to_nobody(what: MailKind) -> Self {
        Self::to_inbox(String::new(), what)
    }

    /// Whether it goes anywhere.
    pub fn is_for_nobody(&self) -> bool {
        self.to.is_empty()
    }

    /// A mail to a person at an address, which need not be their own yet.
    pub fn to(address: &str, person: &Person, what: MailKind) -> Self {
        let (language, sender) = (person.language, String::new());
        Self { to: address.to_owned(), name: person.full_name(), what, language, sender, person: Some(person.id) }
    }
}

/// When and in which browser something happened, for whoever has to judge whether it was them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// When; a mail that was written before moments were kept has none.
    pub at: Option<Timestamp>,
    /// The browser in words; empty when it is not known.
    pub agent: String,
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
    PasswordChanged {
        /// When and where.
        #[serde(default)]
        happened: Happened,
        /// It is the first one.
        #[serde(default)]
        first: bool,
        /// Where to set another one.
        #[serde(default)]
        link: String,
    },
    /// 9: a key was added.
    KeyAdded {
        /// The key's name.
        key: String,
        /// When and where.
        #[serde(default)]
        happened: Happened,
    },
    /// 10: a key was removed, suspended or switched on again.
    KeyChanged {
        /// The key's name.
        key: String,
        /// What happened to it, for example `removed`.
        verb: String,
        /// When and where.
        #[serde(default)]
        happened: Happened,
    },
    /// 10, for a name: a key is called something else now.
    KeyRenamed {
        /// Its name before.
        from: String,
        /// Its name now.
        to: String,
        /// When and where.
        happened: Happened,
    },
    /// Two sign-ins of one person are one now; to both addresses.
    Joined {
        /// What they sign in with.
        kept: String,
        /// What was joined to it.
        other: String,
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
    /// A recovery code was used, to its owner, to DSLs and to who manages identities.
    RecoveryUsed {
        /// Who used it; empty for the reader.
        #[serde(default)]
        who: String,
    },
    /// A temporary pass was made, to its owner, to DSLs and to who manages identities.
    PassMade {
        /// For whom; empty for the reader.
        who: String,
        /// Who vouched.
        by: String,
    },
    /// A link to set a password was printed for somebody without a mailbox; to DSLs and to who manages identities.
    LinkPrinted {
        /// For whom; empty for the reader.
        who: String,
        /// Who printed it.
        by: String,
    },
    /// An app asks its reader something, and waits for the answer (CIBA).
    AppAsks {
        /// Its name.
        app: String,
        /// Where to answer.
        link: String,
    },
    /// New recovery codes were made; the older ones stopped working.
    RecoveryMade {
        /// When and where.
        happened: Happened,
    },
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
    /// The only admin of a school without a trust is to come back at the supplier's console; to everybody who leads there.
    Rescue {
        /// Who.
        who: String,
        /// At which school.
        site: String,
        /// From when on.
        ready: Timestamp,
        /// Where the headteacher decides; empty for everybody else.
        link: String,
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
        /// When, and in which browser.
        #[serde(default)]
        happened: Happened,
    },
    /// A key answered like a copy of itself: its counter went back (WebAuthn Level 3 §6.1.1).
    KeyCopied {
        /// The key's name.
        key: String,
        /// When and where.
        happened: Happened,
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
        /// Its day of the week in English; empty in a mail that was written before it was told.
        #[serde(default)]
        weekday: String,
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
    /// Somebody whom nothing reaches asks a site to check their address; to its admins.
    CheckAddress {
        /// The site.
        site: String,
        /// Who they say they are.
        who: String,
        /// The address that they typed.
        account: String,
        /// Where addresses are shown.
        link: String,
    },
    /// A site's own server does not answer; to the site's support.
    SiteDown {
        /// Which site.
        site: String,
        /// Since when.
        since: Timestamp,
    },
    /// Somebody asked for help from a page that needs no sign-in.
    SupportRequest {
        /// Reference to read out on the telephone.
        reference: String,
        /// The site that it is about, if any.
        #[serde(default)]
        site: String,
        /// Who is signed in, if anybody is.
        #[serde(default)]
        who: String,
        /// The browser in words.
        #[serde(default)]
        agent: String,
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
