//! The way back of the only admin of a school without a trust, who has lost every key: at the supplier's console two people
//! vouch, each with a code of their own; everybody who leads at the school is told; and a day passes, unless the headteacher
//! cuts it short from their own mailbox, or stops it.

use idp_domain::person::{Person, PersonStatus};
use idp_domain::random::read_printed;
use idp_domain::rights::SiteRights;
use idp_domain::site::Site;
use idp_domain::{Secret, Slug, Timestamp};
use idp_store::Effects;
use idp_store::mails::MailKind;
use idp_store::recovery::Pass;
use idp_store::rescues::Rescue;

use crate::Directory;
use crate::error::{DirectoryError, Result};
use crate::passes::MadePass;

/// Characters of a supporter's code, which is kept for years.
const LENGTH: usize = 20;
const PURPOSE: &str = "supporter code";
/// How long everybody at the school has to object, in seconds.
const WAIT: i64 = 24 * 3600;
/// How long the pass works that ends it, in seconds.
const PASS_LIFE: i64 = 30 * 60;

/// How far a rescue is.
#[derive(Debug)]
pub enum Progress {
    /// It goes on at this moment, or when the headteacher says so.
    Waits(Timestamp),
    /// The pass, shown this once.
    Made(MadePass),
}

impl Directory {
    /// Gives somebody of the supplier's a code with which they vouch. For the server's console only.
    pub async fn add_supporter(&self, name: &str) -> Result<String> {
        let name = name.trim();
        if !(1..=80).contains(&name.chars().count()) {
            return Err(DirectoryError::no("Enter a name, up to 80 characters."));
        }
        let code = self.context.random.readable(LENGTH);
        let print = self.context.vault.fingerprint(PURPOSE, code.as_bytes());
        self.context.store.add_supporter(name, &print, self.context.now()).await?;
        Ok(code)
    }

    /// How far the rescue of somebody is: nothing when there is none. What is ready ends with a pass.
    pub async fn rescue(&self, slug: &Slug, login: &str) -> Result<Option<Progress>> {
        let (person, site) = self.only_admin(slug, login).await?;
        let Some(rescue) = self.context.store.rescue_of(person.id).await? else { return Ok(None) };
        let now = self.context.now();
        if now < rescue.ready_at {
            return Ok(Some(Progress::Waits(rescue.ready_at)));
        }
        let (pass, code) = Pass::make(&self.context, (person.id, person.id), site.place(), now.plus(PASS_LIFE));
        let words =
            format!("{} made a temporary pass for {}, seen by the supplier", rescue.vouched_by, person.full_name());
        let entry = self.entry("pass.made", words, &site).about(person.id);
        let told = |who| MailKind::PassMade { who, by: rescue.vouched_by.clone() };
        let effects = self.context.tell_guardians(Effects::audit(entry), (&person, &[site]), told).await?;
        if !self.context.store.finish_rescue(&pass, now, effects).await? {
            return Err(DirectoryError::no("It was stopped, or ended elsewhere, a moment ago."));
        }
        Ok(Some(Progress::Made(MadePass { name: person.full_name(), code, minutes: PASS_LIFE / 60 })))
    }

    /// Begins a rescue, with the codes of two different supporters. Answers from when on it can be ended.
    pub async fn begin_rescue(&self, slug: &Slug, login: &str, codes: [&str; 2]) -> Result<Timestamp> {
        let (person, site) = self.only_admin(slug, login).await?;
        let prints = codes.map(|code| self.context.vault.fingerprint(PURPOSE, read_printed(code).as_bytes()));
        let vouching = self.context.store.supporters(&prints).await?;
        let [first, second] = &vouching[..] else {
            return Err(DirectoryError::no("These are not the codes of two different people. Nothing has changed."));
        };
        let (now, secret) = (self.context.now(), Secret::new(&*self.context.random));
        let rescue = Rescue {
            person: person.id,
            site: site.id,
            vouched_by: format!("{first} and {second}"),
            token: secret.hash(),
            asked_at: now,
            ready_at: now.plus(WAIT),
        };
        let sentence =
            format!("{} vouched at the console for {}, who has lost every key", rescue.vouched_by, person.full_name());
        let effects = Effects::audit(self.entry("rescue.asked", sentence, &site).about(person.id));
        let effects = self.tell_of_rescue(effects, (&person, &site), &rescue, &secret).await?;
        if self.context.store.ask_rescue(&rescue, effects).await? {
            Ok(rescue.ready_at)
        } else {
            Err(DirectoryError::no("Somebody has asked for that already."))
        }
    }

    /// What the headteacher's link is about: the person and the school.
    pub async fn rescue_seen(&self, token: &str) -> Result<Option<(Person, Site, Rescue)>> {
        let store = &self.context.store;
        let Some(rescue) = store.rescue_by(&Secret::presented(token).hash()).await? else { return Ok(None) };
        let (person, site) = (store.person(rescue.person).await?, store.site(rescue.site).await?);
        Ok(person.zip(site).map(|(person, site)| (person, site, rescue)))
    }

    /// The headteacher cuts the wait short, or stops it. False when there is nothing left to decide.
    pub async fn answer_rescue(&self, token: &str, go_on: bool) -> Result<bool> {
        let Some((person, site, _)) = self.rescue_seen(token).await? else { return Ok(false) };
        let store = &self.context.store;
        let hash = Secret::presented(token).hash();
        let verb = if go_on { "confirmed" } else { "stopped" };
        let sentence = format!("The headteacher {verb} the way back of {}", person.full_name());
        let event = if go_on { "rescue.hastened" } else { "rescue.stopped" };
        let effects = Effects::audit(self.entry(event, sentence, &site).about(person.id));
        Ok(match go_on {
            true => store.hasten_rescue(&hash, self.context.now(), effects).await?,
            false => store.stop_rescue(&hash, effects).await?,
        })
    }

    /// The admin of a school without a trust, where nobody else could make them a pass.
    async fn only_admin(&self, slug: &Slug, login: &str) -> Result<(Person, Site)> {
        let store = &self.context.store;
        let site = store.site_by_slug(slug).await?.ok_or_else(|| DirectoryError::no("There is no such site."))?;
        let person = store.person_by_login(&login.trim().to_lowercase()).await?;
        let person = person.ok_or_else(|| DirectoryError::no("Nobody signs in with that."))?;
        if site.trust.is_some() {
            return Err(DirectoryError::no("This school has a trust: an identity admin of the trust makes a pass."));
        }
        let now = self.context.now();
        let mut others = Vec::new();
        let mut administers = false;
        for place in store.memberships_at(site.id).await? {
            let Ok(rights) = SiteRights::of(&place, now) else { continue };
            let vouches = rights.administers() || rights.groups.iter().any(|group| group == "dsl");
            if place.person == person.id {
                administers = rights.administers();
            } else if vouches {
                others.push(place.person);
            }
        }
        if !administers || person.status != PersonStatus::Active {
            return Err(DirectoryError::no("This person is not an admin of that school."));
        }
        if !store.working_keys_of(&others).await?.is_empty() {
            return Err(DirectoryError::no("Somebody else at the school has a key and can make a pass."));
        }
        Ok((person, site))
    }

    /// A mail to everybody who leads at the school, the person included; with the secret for who is its headteacher.
    async fn tell_of_rescue(
        &self,
        mut effects: Effects,
        (person, site): (&Person, &Site),
        rescue: &Rescue,
        secret: &Secret,
    ) -> Result<Effects> {
        let now = self.context.now();
        for place in self.context.store.memberships_at(site.id).await? {
            let Ok(rights) = SiteRights::of(&place, now) else { continue };
            let is = |id: &str| rights.groups.iter().any(|group| group == id);
            if !(is("slt") || is("dsl") || rights.administers()) {
                continue;
            }
            let link =
                if is("slt") { format!("{}/rescue?token={}", self.origin, secret.reveal()) } else { String::new() };
            let what =
                MailKind::Rescue { who: person.full_name(), site: site.name.clone(), ready: rescue.ready_at, link };
            if let Some(reader) = self.context.store.person(place.person).await? {
                effects = effects.tell_from(site, &reader, what);
            }
        }
        Ok(effects)
    }
}
