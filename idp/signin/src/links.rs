//! First password and forgotten password: one path, by a mailed link. Looking spends nothing.

use idp_domain::audit::AuditEntry;
use idp_domain::email::EmailAddress;
use idp_domain::person::{Person, PersonStatus};
use idp_domain::random::{read_printed, readable_of};
use idp_domain::{Secret, SecretHash, Timestamp, TrustId};
use idp_store::addresses::is_detached;
use idp_store::links::Link;
use idp_store::mails::{Happened, MailKind};
use idp_store::{Effects, Mail, Signal};

use crate::factors::password::fold_login;
use crate::password::{PasswordFault, judge};
use crate::{Refusal, SignIn, throttle};

/// Characters of a link's code.
const CODE_LENGTH: usize = 8;
const CODE_PURPOSE: &str = "link code";

/// What is wrong with a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// Nobody made it.
    #[error("This link is not complete. Copy the whole link from the email, or ask for a new one.")]
    Unknown,
    /// Too old: it worked for so many seconds.
    #[error("the link stopped working after {0} seconds")]
    Expired(i64),
    /// Spent.
    #[error("This link has been used. If that was you, sign in. If not, tell your school.")]
    Used,
    /// A newer one was sent then.
    #[error("a newer link was sent at {0:?}")]
    Replaced(Timestamp),
}

/// Why a password could not be set.
#[derive(Debug, thiserror::Error)]
pub enum SetFault {
    /// The link.
    #[error(transparent)]
    Link(#[from] LinkFault),
    /// The password.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// Anything else.
    #[error(transparent)]
    Refusal(#[from] Refusal),
}

impl SignIn {
    /// Sends a link if there is such a person. The caller says the same thing either way.
    pub async fn ask_link(&self, address: &EmailAddress) -> Result<(), Refusal> {
        let folded = address.folded();
        if !throttle::within_budget(&self.context, &format!("link:{folded}"), 5, 3600).await? {
            return Ok(());
        }
        let Some(person) = self.context.store.person_by_login(&folded).await? else { return Ok(()) };
        // An alias, or a mailbox at a school that the person has left, resets nothing: somebody else may read it by now.
        let own = person.email.as_ref().is_some_and(|email| email.folded() == folded);
        if person.status != PersonStatus::Active || !own || is_detached(&self.context, &person, address).await? {
            return Ok(());
        }
        self.send_link(&person, address, false).await
    }

    /// Whether a link belongs to somebody whom no mail reaches: then it was handed over on paper, and so is a new one.
    pub async fn was_on_paper(&self, token: &str) -> Result<bool, Refusal> {
        let store = &self.context.store;
        let Some(link) = store.link(&Secret::presented(token).hash()).await? else { return Ok(false) };
        let Some(person) = store.person(link.person).await? else { return Ok(false) };
        Ok(match &person.email {
            None => true,
            Some(address) => is_detached(&self.context, &person, address).await?,
        })
    }

    /// Sends a link once more to whom an older one was sent that has run out, whoever holds that one. An invitation stays
    /// one. A link that was spent or replaced sends nothing: there is another way by now.
    pub async fn ask_link_again(&self, token: &str) -> Result<(), Refusal> {
        let store = &self.context.store;
        let Some(link) = store.link(&Secret::presented(token).hash()).await? else { return Ok(()) };
        if !matches!(Self::fault(&link, self.context.now()), Some(LinkFault::Expired(_))) {
            return Ok(());
        }
        let Some(person) = store.person(link.person).await? else { return Ok(()) };
        let Some(address) = person.email.clone() else { return Ok(()) };
        if !throttle::within_budget(&self.context, &format!("link:{}", address.folded()), 5, 3600).await?
            || person.status != PersonStatus::Active
            || is_detached(&self.context, &person, &address).await?
        {
            return Ok(());
        }
        self.send_link(&person, &address, link.invite && person.password.is_none()).await
    }

    async fn send_link(&self, person: &Person, address: &EmailAddress, invite: bool) -> Result<(), Refusal> {
        let settings = self.context.settings_of(person.id).await?;
        let (link, secret) = Link::make(&self.context, person.id, invite, &settings);
        let minutes = link.expires_at.since(link.created_at) / 60;
        let what = MailKind::PasswordLink { link: self.link_address(&secret), minutes };
        let mail = Mail::to(address.as_str(), person, what);
        let entry = AuditEntry::new(self.context.now(), "link.sent", "A link to set a password was sent");
        Ok(self.context.store.add_link(&link, Effects::audit(entry.about(person.id)).mail(mail)).await?)
    }

    /// The address of a link. It begins with the configured origin and nothing else.
    pub fn link_address(&self, secret: &Secret) -> String {
        format!("{}/link?token={}", self.origin, secret.reveal())
    }

    /// Looks at a link and changes nothing.
    pub async fn look(&self, token: &str) -> Result<Result<Person, LinkFault>, Refusal> {
        let hash = Secret::presented(token).hash();
        let Some(link) = self.context.store.link(&hash).await? else { return Ok(Err(LinkFault::Unknown)) };
        if let Some(fault) = Self::fault(&link, self.context.now()) {
            return Ok(Err(fault));
        }
        Ok(self.context.store.person(link.person).await?.ok_or(LinkFault::Unknown))
    }

    /// The code of a link, for whoever opens the mail on a telephone and has the form on another device. It is made from
    /// what is stored, so showing it changes nothing; whoever sees it has read the mail.
    pub async fn link_code(&self, token: &str) -> Result<Option<String>, Refusal> {
        let link = self.context.store.link(&Secret::presented(token).hash()).await?;
        Ok(link.map(|link| self.code_of(&link)))
    }

    fn code_of(&self, link: &Link) -> String {
        let print = self.context.vault.fingerprint(CODE_PURPOSE, link.hash.0.as_bytes());
        readable_of(&print.0, CODE_LENGTH)
    }

    /// Takes the code of a link in place of the link, for the device on which it was asked for. Answers the person and
    /// the token of a new link; the older one is replaced. Wrong codes are counted by address, known or not.
    pub async fn link_by_code(&self, address: &EmailAddress, typed: &str) -> Result<(Person, Secret), Refusal> {
        let folded = address.folded();
        let counter = format!("link-code-tries:{folded}");
        throttle::take_try(&self.context, &counter, self.password_tries).await?;
        let now = self.context.now();
        let person = self.context.store.person_by_login(&folded).await?;
        let person = person.filter(|person| person.status == PersonStatus::Active).ok_or(Refusal::Wrong)?;
        let link = self.context.store.open_link_of(person.id, now).await?.ok_or(Refusal::Wrong)?;
        let right = SecretHash(self.code_of(&link)).matches(&SecretHash(read_printed(typed)));
        if !right {
            return Err(Refusal::Wrong);
        }
        throttle::succeeded(&self.context, &counter).await?;
        let settings = self.context.settings_of(person.id).await?;
        let (link, secret) = Link::make(&self.context, person.id, link.invite, &settings);
        let entry = AuditEntry::new(now, "link.moved", "A link to set a password was moved to another device");
        self.context.store.add_link(&link, Effects::audit(entry.about(person.id))).await?;
        Ok((person, secret))
    }

    fn fault(link: &Link, now: Timestamp) -> Option<LinkFault> {
        if link.spent_at.is_some() {
            Some(LinkFault::Used)
        } else if let Some(at) = link.replaced_at {
            Some(LinkFault::Replaced(at))
        } else if now >= link.expires_at {
            Some(LinkFault::Expired(link.expires_at.since(link.created_at)))
        } else {
            None
        }
    }

    /// Spends a link and sets the password, both or neither; every session of the person ends. Answers the person and
    /// the new epoch. Proofs with keys are still asked for afterwards.
    pub async fn set_password(&self, token: &str, password: &str) -> Result<(Person, i64), SetFault> {
        let person = self.look(token).await??;
        self.judge(password, &person).await??;
        let hash = self.hasher.hash(password).await.map_err(|_| Refusal::Busy)?;
        let now = self.context.now();
        let entry = AuditEntry::new(now, "password.set", format!("{} set a password", person.full_name()));
        let effects = Effects::audit(entry.by(person.id).about(person.id))
            .signal(Signal::SessionRevoked { person: person.id, sid: None, site: None })
            .tell(&person, self.password_mail(&person, ""));
        let link = Secret::presented(token).hash();
        let spent = self.context.store.spend_link(&link, &hash, now, effects).await.map_err(Refusal::from)?;
        let epoch = spent.ok_or(LinkFault::Used)?;
        throttle::forgive(&self.context, &fold_login(&person.login())).await?;
        Ok((person, epoch))
    }

    /// The mail about a new password.
    pub(crate) fn password_mail(&self, person: &Person, agent: &str) -> MailKind {
        let happened = Happened { at: Some(self.context.now()), agent: agent.to_owned() };
        let link = format!("{}/first-time", self.origin);
        MailKind::PasswordChanged { happened, first: person.password.is_none(), link }
    }

    /// Judges a new password by what the person's schools and trusts ask.
    pub(crate) async fn judge(&self, password: &str, person: &Person) -> Result<Result<(), PasswordFault>, Refusal> {
        let least = self.context.settings_of(person.id).await?.password_min;
        Ok(judge(password, person, &self.names_around(person).await?, least))
    }

    /// Names of a person's schools and trusts, which their password must not hold.
    async fn names_around(&self, person: &Person) -> Result<Vec<String>, Refusal> {
        let store = &self.context.store;
        let mut names = Vec::new();
        let mut trusts: Vec<TrustId> = store.seats_of(person.id).await?.iter().map(|seat| seat.trust).collect();
        for membership in store.memberships_of(person.id).await? {
            if let Some(site) = store.site(membership.site).await? {
                names.extend([site.name, site.settings.short_name]);
                trusts.extend(site.trust);
            }
        }
        trusts.sort_unstable();
        trusts.dedup();
        for trust in trusts {
            names.extend(store.trust(trust).await?.map(|trust| trust.name));
        }
        Ok(names)
    }
}
