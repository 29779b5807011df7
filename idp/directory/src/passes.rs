//! Temporary passes for people who have lost every key, and lifting the hold that follows at another trust's sites.

use idp_domain::PersonId;
use idp_domain::membership::State;
use idp_domain::person::PersonStatus;
use idp_store::Effects;
use idp_store::mails::MailKind;
use idp_store::recovery::Pass;

use crate::Directory;
use crate::asker::{Asker, SeenSite};
use crate::error::{DirectoryError, FieldFault, Result};

/// How the asker made sure who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// In one room.
    FaceToFace,
    /// On a screen.
    Video,
}

impl Seen {
    /// Reads the word of the form; a telephone call is not one of them.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "face" => Some(Self::FaceToFace),
            "video" => Some(Self::Video),
            _ => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::FaceToFace => "face to face",
            Self::Video => "by video",
        }
    }
}

/// A pass that was made.
#[derive(Debug)]
pub struct MadePass {
    /// Whose it is.
    pub name: String,
    /// Its code, shown this once.
    pub code: String,
    /// Minutes for which it works, as the trusts of its owner say.
    pub minutes: i64,
}

impl Directory {
    /// Makes a pass for somebody at one of the asker's sites. They are told, and who guards their schools.
    pub async fn make_pass(&self, asker: &Asker, login: &str, seen: Option<Seen>) -> Result<MadePass> {
        let fault = |field, words: &str| DirectoryError::Faults(vec![FieldFault::new(field, words)]);
        let nobody = || fault("login", "Nobody at your sites signs in with that. Check the email address.");
        let seen =
            seen.ok_or_else(|| fault("seen", "Choose how you made sure who it is. A telephone call is not enough."))?;
        let folded = login.trim().to_lowercase();
        let person = self.context.store.person_by_login(&folded).await?.ok_or_else(nobody)?;
        let place = self.vouching_site(asker, person.id).await?.ok_or_else(nobody)?;
        self.may(asker.person, place, asker.elevated, ("vouch", Some(person.id), None))?;
        if person.status != PersonStatus::Active {
            return Err(DirectoryError::no("Their access has been removed. A pass would not help."));
        }
        let now = self.context.now();
        let minutes = self.context.settings_of(person.id).await?.pass_minutes;
        let (pass, code) =
            Pass::make(&self.context, (person.id, asker.person), place.site.place(), now.plus(minutes * 60));
        let sentence =
            format!("{} made a temporary pass for {}, seen {}", asker.name, person.full_name(), seen.words());
        let entry = self.entry("pass.made", sentence, &place.site).by(asker.person).about(person.id);
        let places = self.context.places_of(person.id).await?;
        let told = |who| MailKind::PassMade { who, by: asker.name.clone() };
        let effects = self.context.tell_guardians(Effects::audit(entry), (&person, &places), told).await?;
        self.context.store.add_pass(&pass, effects).await?;
        Ok(MadePass { name: person.full_name(), code, minutes })
    }

    /// A site at which the asker may vouch, and where the person works now.
    async fn vouching_site<'a>(&self, asker: &'a Asker, person: PersonId) -> Result<Option<&'a SeenSite>> {
        let now = self.context.now();
        let places = self.context.store.memberships_of(person).await?;
        let works = |site| places.iter().any(|place| place.site == site && place.state(now) == State::Live);
        let own = asker.sites.iter().chain(&asker.approves).filter(|seen| works(seen.site.id));
        Ok(own.into_iter().find(|seen| self.may(asker.person, seen, true, ("vouch", Some(person), None)).is_ok()))
    }

    /// Confirms at the asker's own place that somebody's new key is theirs, after another trust vouched for it.
    pub async fn lift_hold(&self, asker: &Asker, id: PersonId) -> Result<()> {
        let seen = self.person(asker, id).await?;
        let holds = self.context.store.holds_of(id).await?;
        for membership in &seen.memberships {
            let Some(place) = asker.sites.iter().find(|one| one.site.id == membership.site) else { continue };
            if !holds.contains(&place.site.place()) {
                continue;
            }
            self.allowed(asker, membership.site, "edit", id)?;
            let sentence = format!("{} confirmed the new key of {}", asker.name, seen.person.full_name());
            let entry = self.entry("hold.lifted", sentence, &place.site).by(asker.person).about(id);
            let effects = Effects::audit(entry).signal(crate::memberships::claims_change(&seen.person, &place.site));
            self.context.store.lift_hold(id, &place.site.place(), effects).await?;
        }
        Ok(())
    }
}
