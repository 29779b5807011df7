//! What follows when somebody comes back without a key, by whichever way: the log, and who is told.

use idp_domain::audit::AuditEntry;
use idp_domain::person::Person;
use idp_store::Effects;
use idp_store::mails::MailKind;

use crate::{Refusal, SignIn};

impl SignIn {
    /// The person is told, the DSLs of their schools, and who manages identities in the trusts of these; the log of each
    /// school says so. `mail` is about the reader when it is given no name.
    pub(super) async fn came_back(
        &self,
        person: &Person,
        (event, did): (&str, &str),
        mail: fn(String) -> MailKind,
    ) -> Result<Effects, Refusal> {
        let now = self.context.now();
        let entry =
            || AuditEntry::new(now, event, format!("{} {did}", person.full_name())).by(person.id).about(person.id);
        let places = self.context.places_of(person.id).await?;
        let mut effects = self.context.tell_guardians(Effects::none(), (person, &places), mail).await?;
        effects.audit.extend(places.iter().map(|site| entry().at_site(site.id).in_trust(site.trust)));
        if places.is_empty() {
            effects.audit.push(entry());
        }
        Ok(effects)
    }
}
