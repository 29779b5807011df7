//! Day passes: reception lets somebody in who covers today. Base access until six in the evening, records nothing else.

use idp_domain::key_policy::KeyRule;
use idp_domain::membership::{Membership, Source};
use idp_domain::person::Person;
use idp_domain::scope::Scope;
use idp_domain::site::Site;
use idp_domain::{Slug, Timestamp, london};
use idp_store::day_passes::{DAY_PASS_LENGTH, DAY_PASS_PURPOSE, DayPass};

use crate::Directory;
use crate::asker::Asker;
use crate::error::{DirectoryError, FieldFault, Result};
use crate::grants::{Wanted, regrant};
use crate::memberships::{Batch, claims_change};

/// The group of everybody who holds a pass: records a concern, reads nothing.
const GROUP: &str = "recorder";
/// Least time for which a pass is worth making, in seconds.
const SHORTEST: i64 = 10 * 60;

/// Who is to be let in.
#[derive(Clone, Debug, Default)]
pub struct DayPassWish {
    /// Where.
    pub site: Option<Slug>,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Who sends them.
    pub agency: String,
    /// Telephone number or address, in case one has to ask later.
    pub contact: String,
    /// Code of the class that they cover; may be empty.
    pub class: String,
}

/// A pass that was made. The code is shown this once.
#[derive(Debug)]
pub struct MadePass {
    /// Whose.
    pub person: Person,
    /// Where.
    pub site: Site,
    /// What they type.
    pub code: String,
    /// Until when.
    pub until: Timestamp,
}

impl Directory {
    /// Makes a pass for today.
    pub async fn make_day_pass(&self, asker: &Asker, wish: &DayPassWish) -> Result<MadePass> {
        let seen = wish.site.as_ref().and_then(|slug| asker.site(slug));
        let seen = seen.ok_or_else(|| faulty("site", "Choose a site"))?;
        let site = seen.site.clone();
        self.may(asker.person, seen, asker.elevated, ("edit", None, None))?;
        let until = self.checked_pass(&site, wish).await?;
        let username = format!("day-pass-{}", self.context.random.readable(8).to_lowercase());
        let person = self.new_person((&wish.first_name, &wish.last_name), None, Some(username));
        let scope = match wish.class.trim() {
            "" => Scope::None,
            class => Scope::listed([class.to_lowercase()], []),
        };
        let wanted = Wanted { groups: vec![GROUP.to_owned()], scope };
        let grants = regrant(&self.context, &[], &wanted, asker.person);
        let account = self.free_account(site.id, &person, &[]).await?;
        let place = self.new_membership(&person, &site, Source::Pass, (None, Some(until)));
        let code = self.context.random.readable(DAY_PASS_LENGTH);
        let fingerprint = self.context.vault.fingerprint(DAY_PASS_PURPOSE, code.as_bytes());
        let mut batch = Batch::default();
        batch.day_passes.push(DayPass { fingerprint, person: person.id, expires_at: until });
        batch.memberships.push(Membership { grants, account, ..place });
        let sentence = told(asker, &person, &site, wish, until);
        batch.effects.audit.push(self.entry("day-pass.made", sentence, &site).by(asker.person).about(person.id));
        batch.effects = batch.effects.signal(claims_change(&person, &site));
        batch.people.push(person.clone());
        self.save_batch(&batch).await?;
        Ok(MadePass { person, site, code, until })
    }

    /// Until when the pass works, if nothing is wrong with the wish.
    async fn checked_pass(&self, site: &Site, wish: &DayPassWish) -> Result<Timestamp> {
        let mut faults = Vec::new();
        for (field, value, words) in [
            ("first_name", &wish.first_name, "Enter a first name"),
            ("last_name", &wish.last_name, "Enter a last name"),
            ("agency", &wish.agency, "Enter who sends them, for example the name of the agency"),
            ("contact", &wish.contact, "Enter a telephone number or email address"),
        ] {
            if value.trim().is_empty() || value.chars().count() > 80 || value.chars().any(char::is_control) {
                faults.push(FieldFault::new(field, words));
            }
        }
        let class = wish.class.trim().to_lowercase();
        let classes = self.context.store.classes(site.id).await?;
        if !class.is_empty() && !classes.iter().any(|one| one.code == class) {
            let words = format!("“{}” is not a class at {}", wish.class.trim(), site.settings.short_name);
            faults.push(FieldFault::new("class", words));
        }
        if !faults.is_empty() {
            return Err(DirectoryError::Faults(faults));
        }
        let floor = self.context.settings_at(site).await?.key_floor;
        if site.settings.key_policy_of([&GROUP.to_owned()], floor).rule >= KeyRule::ToSignIn {
            return Err(DirectoryError::no(
                "Everybody needs a key here, so a day pass would not open it. Invite them.",
            ));
        }
        let (now, until) = (self.context.now(), london::evening_of(self.context.now()));
        if until.since(now) < SHORTEST {
            return Err(DirectoryError::no("Day passes end at 6:00pm. Make one on the day it is needed."));
        }
        Ok(until)
    }
}

fn faulty(field: &'static str, words: &str) -> DirectoryError {
    DirectoryError::Faults(vec![FieldFault::new(field, words)])
}

fn told(asker: &Asker, person: &Person, site: &Site, wish: &DayPassWish, until: Timestamp) -> String {
    format!(
        "{} made a day pass for {} ({}, {}) at {} until {}",
        asker.name,
        person.full_name(),
        wish.agency.trim(),
        wish.contact.trim(),
        site.name,
        london::show(until)
    )
}
