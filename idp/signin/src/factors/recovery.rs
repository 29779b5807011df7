//! Recovery codes: eight, each used once. A code lets its owner add a new key, and never counts as one (M-07).

use idp_domain::audit::AuditEntry;
use idp_domain::person::Person;
use idp_domain::random::read_printed;
use idp_domain::session::Session;
use idp_domain::{Secret, SecretHash};
use idp_store::Effects;
use idp_store::mails::{Happened, MailKind};
use idp_store::sessions::Comeback;

use crate::{Refusal, SignIn, throttle};

/// How many there are.
pub const CODES: usize = 8;
/// Characters of a code.
pub const LENGTH: usize = 10;
/// How long somebody who came back may change keys, in seconds.
pub const RECOVERED: i64 = 30 * 60;
const PURPOSE: &str = "recovery code";

impl SignIn {
    /// Makes new recovery codes; the older ones stop working. They are shown this once, and their owner is told, with the
    /// browser in words.
    pub async fn new_recovery_codes(&self, person: &Person, agent: &str) -> Result<Vec<String>, Refusal> {
        let codes: Vec<String> = (0..CODES).map(|_| self.context.random.readable(LENGTH)).collect();
        let prints: Vec<SecretHash> = codes.iter().map(|code| self.recovery_print(code)).collect();
        let sentence = format!("{} made new recovery codes", person.full_name());
        let entry = AuditEntry::new(self.context.now(), "recovery.made", sentence).by(person.id).about(person.id);
        let happened = Happened { at: Some(self.context.now()), agent: agent.to_owned() };
        let what = MailKind::RecoveryMade { happened };
        let effects = Effects::audit(entry).tell(person, what);
        self.context.store.replace_recovery_codes(person.id, &prints, effects).await?;
        Ok(codes)
    }

    /// Uses a recovery code up. Answers the session's new cookie.
    pub async fn recover_with_code(&self, session: &Session, person: &Person, typed: &str) -> Result<Secret, Refusal> {
        let counter = format!("recovery:{}", person.id);
        self.take_code(person, &counter).await?;
        let now = self.context.now();
        let told = |who| MailKind::RecoveryUsed { who };
        let effects = self.came_back(person, ("recovery.used", "used a recovery code"), told).await?;
        let print = self.recovery_print(&read_printed(typed));
        let cookie = Secret::new(&*self.context.random);
        let comeback = Comeback { person: person.id, session: &session.hash, cookie: &cookie.hash(), at: now };
        if !self.context.store.use_recovery_code(comeback, &print, effects).await? {
            return Err(Refusal::Wrong);
        }
        throttle::succeeded(&self.context, &counter).await?;
        Ok(cookie)
    }

    fn recovery_print(&self, code: &str) -> SecretHash {
        self.context.vault.fingerprint(PURPOSE, code.as_bytes())
    }
}
