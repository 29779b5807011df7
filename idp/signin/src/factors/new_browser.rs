//! A code that is mailed: to confirm a browser, for whoever has no key; or to show whose address an account elsewhere
//! may be linked to.

use idp_domain::key::Key;
use idp_domain::person::Person;
use idp_domain::{PersonId, SecretHash, Timestamp};
use idp_store::mails::MailKind;
use idp_store::{Effects, Mail};

use crate::attempt::{Attempt, Need, Unconfirmed};
use crate::upstreams::Identity;
use crate::{Refusal, SignIn, throttle};

/// Life of a mailed code, in seconds.
pub const LIFE: i64 = 15 * 60;
/// Seconds until another one may be sent.
pub const RESEND: i64 = 60;
/// Wrong tries that a code survives.
const TRIES: u8 = 5;
/// Name under which the code is fingerprinted.
const PURPOSE: &str = "mailed code";

/// What a browser still has to show before somebody is let in, or before they change what they sign in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// Nothing: it was shown to be theirs before, or they have no mailbox that could show anything.
    Nothing,
    /// Nothing either, since a key of theirs stands before everything that matters. The browser was not shown to be theirs.
    ByKey,
    /// Their trust lets people in without it. Before they change what they sign in with by their password alone, it is asked
    /// all the same.
    BeforeAccount,
    /// A mailed code, now.
    AtOnce,
}

impl Confirm {
    /// Whether a code is asked on the way to this.
    pub fn is_due(self, need: &Need) -> bool {
        self == Self::AtOnce || (self == Self::BeforeAccount && need.account)
    }
}

impl SignIn {
    /// What this browser still has to show for this person.
    pub async fn confirm(&self, person: &Person, browser: &SecretHash) -> Result<Confirm, Refusal> {
        let store = &self.context.store;
        if person.email.is_none() || store.browser_is_confirmed(person.id, browser).await? {
            return Ok(Confirm::Nothing);
        }
        if store.keys_of(person.id).await?.iter().any(Key::works) {
            return Ok(Confirm::ByKey);
        }
        let goes_without = self.context.settings_of(person.id).await?.new_browser_code == 0;
        Ok(if goes_without { Confirm::BeforeAccount } else { Confirm::AtOnce })
    }

    /// Mails a code and notes in the attempt whom it is for, and when they proved themselves elsewhere if they did. The
    /// caller saves the attempt.
    pub async fn send_code(
        &self,
        person: &Person,
        (shared, upstream_at): (bool, Option<Timestamp>),
        attempt: &mut Attempt,
    ) -> Result<(), Refusal> {
        let wait = throttle::budget_wait(&self.context, &format!("mailed-code:{}", person.id), 10, 3600).await?;
        if wait > 0 {
            return Err(Refusal::Wait(wait));
        }
        let code = self.ask_code((person.id, person.epoch), shared, (None, upstream_at), attempt);
        Ok(self.context.store.record(Effects::none().tell(person, MailKind::SecurityCode { code })).await?)
    }

    /// Mails a code before an account elsewhere is linked. What is stored and shown is the same when nobody here has its
    /// address. The caller saves the attempt.
    pub async fn send_link_code(&self, identity: Identity, shared: bool, attempt: &mut Attempt) -> Result<(), Refusal> {
        let context = &self.context;
        let budget = format!("link-code:{}", identity.account.to_lowercase());
        let within = throttle::within_budget(context, &budget, 5, 3600).await?;
        let owner = self.owner_of(&identity.account).await?;
        let nobody = || (PersonId::new(&*context.clock, &*context.random), 0);
        let whom = owner.as_ref().map_or_else(nobody, |person| (person.id, person.epoch));
        let provider = self.upstreams.find(&identity.provider).map_or_else(String::new, |one| one.name.clone());
        let account = identity.account.clone();
        let code = self.ask_code(whom, shared, (Some(identity), None), attempt);
        let what = MailKind::LinkCode { code, provider, account };
        let address =
            |person: &Person| person.email.as_ref().map(|email| Mail::to(email.as_str(), person, what.clone()));
        let mail = owner.filter(|_| within).as_ref().and_then(address);
        let mail = mail.unwrap_or_else(|| Mail::to_nobody(what));
        Ok(context.store.record(Effects::none().mail(mail)).await?)
    }

    /// Notes in the attempt that a code is asked of somebody. Answers the code.
    fn ask_code(
        &self,
        (person, epoch): (PersonId, i64),
        shared: bool,
        (link, upstream_at): (Option<Identity>, Option<Timestamp>),
        attempt: &mut Attempt,
    ) -> String {
        let code = self.context.random.digits(6);
        attempt.unconfirmed = Some(Unconfirmed {
            person,
            epoch,
            shared,
            code: self.context.vault.fingerprint(PURPOSE, code.as_bytes()),
            sent_at: self.context.now(),
            tries: 0,
            link,
            upstream_at,
        });
        code
    }

    /// Checks a mailed code. A wrong one is counted in the attempt, which the caller saves before it says anything; an
    /// attempt that was saved by somebody else meanwhile refuses, so that tries at once are counted too.
    pub async fn check_mailed_code(&self, attempt: &mut Attempt, code: &str) -> Result<Person, Refusal> {
        let now = self.context.now();
        let unconfirmed = attempt.unconfirmed.as_mut().ok_or(Refusal::Expired)?;
        if now.since(unconfirmed.sent_at) >= LIFE || unconfirmed.tries >= TRIES {
            return Err(Refusal::Spent);
        }
        unconfirmed.tries += 1;
        if !self.context.vault.fingerprint(PURPOSE, code.as_bytes()).matches(&unconfirmed.code) {
            return Err(Refusal::Wrong);
        }
        let (id, epoch) = (unconfirmed.person, unconfirmed.epoch);
        let person = self.context.store.person(id).await?.filter(|person| person.epoch == epoch);
        person.ok_or(Refusal::Expired)
    }
}
