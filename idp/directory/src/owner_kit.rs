//! The sealed kit of a trust's owners. Three people each keep a code; any two of them, at the server's console, bring an
//! owner back who has lost everything. Everybody who manages anything in the trust is told.

use idp_domain::audit::AuditEntry;
use idp_domain::person::{Person, PersonStatus};
use idp_domain::random::read_printed;
use idp_domain::site::place_of;
use idp_domain::trust::{Trust, TrustRole};
use idp_domain::{PersonId, TrustId};
use idp_store::links::Link;
use idp_store::mails::MailKind;
use idp_store::owner_kit::WayBack;
use idp_store::recovery::Pass;
use idp_store::{Effects, Signal};

use crate::Directory;
use crate::asker::Asker;
use crate::error::{DirectoryError, Result};

/// Characters of a code: more than can be guessed, since a kit lies in a drawer for years.
const LENGTH: usize = 20;
const PURPOSE: &str = "owner code";

/// What an owner who comes back is given; both are shown once.
#[derive(Debug)]
pub struct Opened {
    /// Their name.
    pub name: String,
    /// Address at which they create a new password.
    pub link: String,
    /// The pass with which they add a key.
    pub pass: String,
}

impl Directory {
    /// Makes the three codes of a trust. Older ones stop working.
    pub async fn make_owner_kit(&self, asker: &Asker, id: TrustId) -> Result<[String; 3]> {
        let trust = self.trust(asker, id).await?;
        if !self.owns(asker.person, id).await? {
            return Err(DirectoryError::no("Only an owner of the trust can make its recovery kit."));
        }
        asker.must_be_elevated()?;
        let codes = [(); 3].map(|()| self.context.random.readable(LENGTH));
        let prints = codes.each_ref().map(|code| self.print(code));
        let sentence = format!("{} made a new recovery kit for {}", asker.name, trust.name);
        let now = self.context.now();
        let entry = AuditEntry::new(now, "owner-kit.made", sentence).by(asker.person).in_trust(Some(id));
        self.context.store.replace_owner_codes(id, &prints, now, Effects::audit(entry)).await?;
        Ok(codes)
    }

    /// Opens the kit of the trust that a person owns, with two of its codes. For the server's console only: whoever runs
    /// this can read the data anyway.
    pub async fn open_owner_kit(&self, login: &str, codes: [&str; 2]) -> Result<Opened> {
        let folded = login.trim().to_lowercase();
        let person = self
            .context
            .store
            .person_by_login(&folded)
            .await?
            .ok_or_else(|| DirectoryError::no("Nobody signs in with that."))?;
        let seats = self.context.store.seats_of(person.id).await?;
        let seat = seats.iter().find(|seat| seat.role == TrustRole::Owner);
        let trust = seat.ok_or_else(|| DirectoryError::no("This person is not an owner of a trust."))?.trust;
        let trust = self.context.store.trust(trust).await?.ok_or(DirectoryError::NotFound)?;
        if person.status != PersonStatus::Active {
            return Err(DirectoryError::no("This person is suspended. A recovery kit would not help."));
        }
        let (way, opened) = self.way_back(&person, &trust).await?;
        let sentence = format!("{} came back at the console with the recovery kit of {}", opened.name, trust.name);
        let entry = AuditEntry::new(self.context.now(), "owner-kit.opened", sentence).about(person.id);
        let effects = Effects::audit(entry.in_trust(Some(trust.id))).signal(Signal::SessionRevoked {
            person: person.id,
            sid: None,
            site: None,
        });
        let effects = self.alarm(effects, &person, &trust).await?;
        let prints = codes.map(|code| self.print(&read_printed(code)));
        if self.context.store.open_owner_kit(trust.id, &prints, &way, effects).await? {
            return Ok(opened);
        }
        Err(DirectoryError::no("These are not two different codes of the trust’s newest kit. Nothing has changed."))
    }

    async fn way_back(&self, person: &Person, trust: &Trust) -> Result<(WayBack, Opened)> {
        let settings = self.context.settings_of(person.id).await?;
        let (link, secret) = Link::make(&self.context, person.id, false, &settings);
        // As long as the link: the new password comes first.
        let (pass, code) = Pass::make(&self.context, (person.id, person.id), place_of(trust.id), link.expires_at);
        let link_address = self.link_address(&secret);
        let opened = Opened { name: person.full_name(), link: link_address, pass: code };
        Ok((WayBack { link, pass }, opened))
    }

    /// A mail to everybody who has a seat in the trust or manages one of its sites, the person included.
    async fn alarm(&self, effects: Effects, person: &Person, trust: &Trust) -> Result<Effects> {
        let mut told: Vec<Person> = Vec::new();
        for role in TrustRole::ALL {
            for seat in self.context.store.seats_in(trust.id, role).await? {
                told.extend(self.context.store.person(seat.person).await?);
            }
        }
        for site in self.context.store.sites().await?.iter().filter(|site| site.trust == Some(trust.id)) {
            told.extend(self.context.admins_of(site).await?);
        }
        told.sort_by_key(|one| one.id);
        told.dedup_by_key(|one| one.id);
        let what = MailKind::OwnerCameBack { who: person.full_name(), trust: trust.name.clone() };
        Ok(told.iter().fold(effects, |effects, one| effects.tell(one, what.clone())))
    }

    async fn owns(&self, person: PersonId, trust: TrustId) -> Result<bool> {
        let seats = self.context.store.seats_of(person).await?;
        Ok(seats.iter().any(|seat| seat.trust == trust && seat.role == TrustRole::Owner))
    }

    fn print(&self, code: &str) -> idp_domain::SecretHash {
        self.context.vault.fingerprint(PURPOSE, code.as_bytes())
    }
}
