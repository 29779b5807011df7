//! Roles in a trust: owners give and take them. Everybody who owns the trust is told, and the person whose role it is.

use idp_domain::TrustId;
use idp_domain::audit::AuditEntry;
use idp_domain::email::EmailAddress;
use idp_domain::person::Person;
use idp_domain::trust::{Trust, TrustRole, TrustSeat};
use idp_store::links::Link;
use idp_store::mails::MailKind;
use idp_store::{Effects, Signal};

use crate::Directory;
use crate::asker::Asker;
use crate::error::{DirectoryError, FieldFault, Result};

/// Most owners of a trust.
const MOST_OWNERS: usize = 5;

/// Who is to hold a role.
#[derive(Clone, Debug, Default)]
pub struct SeatWish {
    /// Their address.
    pub email: String,
    /// Their name, for somebody who is not known here yet.
    pub first_name: String,
    /// Likewise.
    pub last_name: String,
    /// The role’s stored word.
    pub role: String,
}

impl Directory {
    /// Every role of a trust and who holds it.
    pub async fn roles(&self, asker: &Asker, id: TrustId) -> Result<Vec<(TrustRole, Person)>> {
        self.trust(asker, id).await?;
        let mut found = Vec::new();
        for role in TrustRole::ALL {
            for seat in self.context.store.seats_in(id, role).await? {
                found.extend(self.context.store.person(seat.person).await?.map(|person| (role, person)));
            }
        }
        Ok(found)
    }

    /// Gives a role. Only an owner does, and nobody to themselves. Somebody who is not known yet is invited.
    pub async fn give_role(&self, asker: &Asker, id: TrustId, wish: &SeatWish) -> Result<()> {
        let trust = self.owned(asker, id).await?;
        let fault = |field, words: &str| DirectoryError::Faults(vec![FieldFault::new(field, words)]);
        let role = TrustRole::parse(&wish.role).ok_or_else(|| fault("role", "Choose a role"))?;
        let email = EmailAddress::parse(&wish.email).map_err(|error| fault("email", &error.to_string()))?;
        let known = self.owner_of(&email).await?;
        if known.as_ref().is_some_and(|person| person.id == asker.person) {
            return Err(DirectoryError::no("Someone else needs to do this because it changes your own access."));
        }
        if role == TrustRole::Owner && self.context.store.seats_in(id, role).await?.len() >= MOST_OWNERS {
            return Err(fault("role", "A trust has 5 owners at most"));
        }
        let person = match known {
            Some(person) => person,
            None => self.invite_to_trust(asker, &trust, (&email, wish)).await?,
        };
        let effects = self.role_effects(asker, &trust, (&person, role), ("role.given", "gave")).await?;
        self.context.store.add_seat(&TrustSeat { person: person.id, trust: id, role }, effects).await?;
        Ok(())
    }

    /// Takes a role away, which takes one person and holds at once. A trust keeps an owner.
    pub async fn take_role(&self, asker: &Asker, id: TrustId, login: &str, role: &str) -> Result<()> {
        let trust = self.owned(asker, id).await?;
        let role = TrustRole::parse(role).ok_or(DirectoryError::NotFound)?;
        let person =
            self.context.store.person_by_login(&login.to_lowercase()).await?.ok_or(DirectoryError::NotFound)?;
        let seats = self.context.store.seats_in(id, role).await?;
        if !seats.iter().any(|seat| seat.person == person.id) {
            return Err(DirectoryError::NotFound);
        }
        let effects = self.role_effects(asker, &trust, (&person, role), ("role.taken", "took away")).await?;
        let gone = self.context.store.remove_seat(&TrustSeat { person: person.id, trust: id, role }, effects).await?;
        if gone { Ok(()) } else { Err(DirectoryError::no("Choose another owner before removing the last one")) }
    }

    /// A trust that the asker owns, with a key used a short while ago.
    async fn owned(&self, asker: &Asker, id: TrustId) -> Result<Trust> {
        let trust = self.trust(asker, id).await?;
        let owners = self.context.store.seats_in(id, TrustRole::Owner).await?;
        if !owners.iter().any(|seat| seat.person == asker.person) {
            return Err(DirectoryError::no("Only an owner of the trust gives and takes roles."));
        }
        asker.must_be_elevated()?;
        Ok(trust)
    }

    async fn invite_to_trust(
        &self,
        asker: &Asker,
        trust: &Trust,
        (email, wish): (&EmailAddress, &SeatWish),
    ) -> Result<Person> {
        let named = |name: &str| (1..=80).contains(&name.trim().chars().count());
        let faults: Vec<FieldFault> = [
            (named(&wish.first_name), FieldFault::new("first_name", "Enter a first name: they are not known here yet")),
            (named(&wish.last_name), FieldFault::new("last_name", "Enter a last name: they are not known here yet")),
            (
                !email.looks_shared(),
                FieldFault::new("email", "This looks like a shared mailbox. Each person needs their own address."),
            ),
        ]
        .into_iter()
        .filter_map(|(right, fault)| (!right).then_some(fault))
        .collect();
        if !faults.is_empty() {
            return Err(DirectoryError::Faults(faults));
        }
        self.free_address(email).await?;
        let person = self.new_person((&wish.first_name, &wish.last_name), Some(email.clone()), None);
        let (link, secret) = Link::make(&self.context, person.id, true, &trust.settings);
        let address = self.link_address(&secret);
        let (site, by, days) = (trust.name.clone(), asker.name.clone(), trust.settings.invite_days);
        let what = MailKind::Invite { site, by, link: address, days };
        let batch = crate::memberships::Batch {
            people: vec![person.clone()],
            links: vec![link],
            effects: Effects::none().tell(&person, what),
            ..Default::default()
        };
        self.save_batch(&batch).await?;
        Ok(person)
    }

    /// What follows from a change of roles: the log, a mail to every owner and to the person, and the gateway.
    async fn role_effects(
        &self,
        asker: &Asker,
        trust: &Trust,
        (person, role): (&Person, TrustRole),
        (event, verb): (&'static str, &str),
    ) -> Result<Effects> {
        let (name, title) = (person.full_name(), role.title());
        let to = if event == "role.given" { "to" } else { "from" };
        let sentence = format!("{} {verb} the role {title} {to} {name} in {}", asker.name, trust.name);
        let entry = AuditEntry::new(self.context.now(), event, sentence).by(asker.person).about(person.id);
        let mut effects = Effects::audit(entry.in_trust(Some(trust.id)))
            .signal(Signal::TokenClaimsChange { person: person.id, site: None });
        let given = event == "role.given";
        let what = MailKind::RoleChanged { trust: trust.name.clone(), who: name, role: title.to_owned(), given };
        let mut told = vec![person.clone()];
        for seat in self.context.store.seats_in(trust.id, TrustRole::Owner).await? {
            told.extend(self.context.store.person(seat.person).await?.filter(|owner| owner.id != person.id));
        }
        for one in &told {
            effects = effects.tell(one, what.clone());
        }
        Ok(effects)
    }
}
