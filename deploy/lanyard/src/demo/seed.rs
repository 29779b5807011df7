//! Filling an empty database with the invented trust, as far as possible through the product's own operations.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, anyhow};
use idp_directory::asker::Asker;
use idp_directory::grants::{Wanted, regrant};
use idp_domain::client::{Client, ClientAuth, ClientKind, ClientOptions, IdTokenAlg};
use idp_domain::email::EmailAddress;
use idp_domain::key::{Key, KeyKind};
use idp_domain::key_policy::{KeyPolicy, KeyRule};
use idp_domain::membership::{Membership, MembershipStatus, Source};
use idp_domain::person::{Person, PersonStatus};
use idp_domain::scope::Scope;
use idp_domain::site::{Class, Site, SiteSettings};
use idp_domain::trust::{Helpdesk, Trust, TrustRole, TrustSeat, TrustSettings};
use idp_domain::{KeyId, MembershipId, PersonId, SiteId, Slug, Timestamp, TrustId, london};
use idp_store::Effects;

use super::data::SITES;
use super::people::{PASSWORD, PEOPLE, PersonRow};
use crate::assemble::Assembled;

const STAFF_LIST: &[u8] = include_bytes!("../../demo/staff-list.csv");

/// Fills the database if it is empty; brings the addresses of the demonstration's own servers up to date.
pub(super) async fn seed(assembled: &Assembled, upstream: &str, bookworm: &str) -> Result<()> {
    let store = &assembled.context.store;
    if store.sites().await?.is_empty() {
        Seeder { assembled, now: assembled.context.now() }.fill().await?;
    }
    for site in store.sites().await? {
        if site.settings.upstream != upstream {
            let settings = SiteSettings { upstream: upstream.to_owned(), ..site.settings.clone() };
            store.save_site(&Site { settings, ..site }, Effects::none()).await?;
        }
    }
    let client = bookworm_client(bookworm);
    if store.client(&client.id).await?.as_ref() != Some(&client) {
        store.save_client(&client, Effects::none()).await?;
    }
    Ok(())
}

/// The app that delegates login: a public client with PKCE.
fn bookworm_client(origin: &str) -> Client {
    Client {
        id: super::bookworm::CLIENT_ID.to_owned(),
        name: "Bookworm".to_owned(),
        auth: ClientAuth::None,
        redirect_uris: vec![format!("{origin}/callback")],
        post_logout_redirect_uris: vec![format!("{origin}/")],
        scopes: ["openid", "profile", "email", "offline_access"].map(str::to_owned).to_vec(),
        refresh: true,
        kind: ClientKind::App,
        sector: Some(super::bookworm::CLIENT_ID.to_owned()),
        id_token_alg: IdTokenAlg::RS256,
        disabled: false,
        options: ClientOptions {
            backchannel_logout_uri: Some(format!("{origin}/signed-out-elsewhere")),
            ..ClientOptions::default()
        },
        app: None,
    }
}

/// Only passkeys and security keys elevate.
const STRONG: KeyPolicy = KeyPolicy { rule: KeyRule::ToElevate, strong: true };

struct Seeder<'a> {
    assembled: &'a Assembled,
    now: Timestamp,
}

impl Seeder<'_> {
    async fn fill(&self) -> Result<()> {
        let context = &self.assembled.context;
        let trust = TrustId::new(&*context.clock, &*context.random);
        let name = "Tamberwell Learning Trust".to_owned();
        let key_floor = KeyPolicy { rule: KeyRule::ToElevate, strong: false };
        let settings = TrustSettings { key_floor, ..TrustSettings::default() };
        let domain = "tamberwell.example".to_owned();
        let helpdesk = Helpdesk { email: format!("helpdesk@{domain}"), phone: "01632 960199".to_owned() };
        context.store.add_trust(&Trust { id: trust, name, domain, settings, draft: None, helpdesk }).await?;
        let mut sites = BTreeMap::new();
        for row in &SITES {
            let site = self.add_site(row, trust).await?;
            sites.insert(row.slug, site);
        }
        let hash =
            self.assembled.signin.hasher.hash(PASSWORD).await.map_err(|_| anyhow!("the password pool is busy"))?;
        let imported = |row: &PersonRow| row.places.starts_with("import");
        for row in PEOPLE.iter().filter(|row| !imported(row)) {
            let person = self.add_person(row).await?;
            self.add_roles(row, person, trust).await?;
        }
        self.import().await?;
        for row in &PEOPLE {
            let person = self.person_of(row).await?;
            for place in row.places.split(';').filter(|place| !place.is_empty() && *place != "import") {
                self.add_place(place, person.id, &sites).await?;
            }
            if row.ready {
                context.store.rehash_password(person.id, None, &hash).await?;
            }
            if row.key {
                self.add_key(&person).await?;
            }
        }
        self.approve_all().await?;
        self.special_dates().await?;
        for row in &PEOPLE {
            // What made the demonstration is news to nobody.
            context.store.read_notices(self.person_of(row).await?.id, context.now()).await?;
        }
        Ok(())
    }

    async fn person_of(&self, row: &PersonRow) -> Result<Person> {
        let login = if row.email.is_empty() { "cholloway-idris".to_owned() } else { row.email.to_lowercase() };
        let found = self.assembled.context.store.person_by_login(&login).await?;
        found.with_context(|| format!("{login} is missing"))
    }

    async fn add_site(&self, row: &super::data::SiteRow, trust: TrustId) -> Result<SiteId> {
        let context = &self.assembled.context;
        let id = SiteId::new(&*context.clock, &*context.random);
        let settings = SiteSettings {
            short_name: row.short.to_owned(),
            colour: row.colour.to_owned(),
            key_rule: if row.key_to_sign_in { KeyRule::ToSignIn } else { KeyRule::ToElevate },
            phishing_resistant_only: false,
            elevation_idle: row.elevation.1 * 60,
            elevation_absolute: row.elevation.0 * 60,
            carry_over: 900,
            support_email: format!("office@{}.example", row.slug),
            support_phone: "01632 960123".to_owned(),
            upstream: String::new(),
            bar: true,
            former_mail_domains: Vec::new(),
            mail_domain: match row.in_trust {
                true => format!("{}.tamberwell.example", row.slug.trim_start_matches("tamberwell-")),
                false => format!("{}.example", row.slug),
            },
            alerts: true,
            concern_path: "/concerns".to_owned(),
            api_path: "/api".to_owned(),
            dsl_contact: "DSL’s mobile 07700 900123".to_owned(),
            hide_on_blur: false,
            key_sign_in_elevates: false,
            group_keys: row.strong_groups.iter().map(|group| ((*group).to_owned(), STRONG)).collect(),
        };
        let slug = Slug::parse(row.slug)?;
        let site = Site { id, trust: row.in_trust.then_some(trust), slug, name: row.name.to_owned(), settings };
        context.store.add_site(&site, Effects::none()).await?;
        for class in row.classes.split_whitespace() {
            let (name, year) = class.split_once(':').unwrap_or((class, ""));
            let class = Class { site: id, code: name.to_lowercase(), name: name.to_owned(), year: year.to_owned() };
            context.store.save_class(&class).await?;
        }
        Ok(id)
    }

    async fn add_person(&self, row: &PersonRow) -> Result<PersonId> {
        let context = &self.assembled.context;
        let person = Person {
            id: PersonId::new(&*context.clock, &*context.random),
            first_name: row.first.to_owned(),
            last_name: row.last.to_owned(),
            email: Some(EmailAddress::parse(row.email)?),
            username: None,
            password: None,
            status: PersonStatus::Active,
            epoch: 1,
            created_at: self.now,
            text_size: idp_domain::TextSize::default(),
            contact: idp_domain::contact::Contact::default(),
            language: idp_domain::Language::default(),
        };
        context.store.add_person(&person, Effects::none()).await?;
        Ok(person.id)
    }

    async fn add_roles(&self, row: &PersonRow, person: PersonId, trust: TrustId) -> Result<()> {
        for role in row.roles.split_whitespace() {
            let role = TrustRole::parse(role).with_context(|| format!("{role} is no role"))?;
            self.assembled.context.store.add_seat(&TrustSeat { person, trust, role }, Effects::none()).await?;
        }
        Ok(())
    }

    /// The dirty spreadsheet, by the same code as the product's import.
    async fn import(&self) -> Result<()> {
        let directory = &self.assembled.directory;
        let asker = self.asker("c.threadgold@tamberwell.example").await?;
        let id = directory.upload(&asker, "staff-list.csv", self.shifted_list().into_bytes()).await?;
        let plan = directory.import_plan(&asker, id).await?;
        let answers = plan.questions.iter().map(|question| {
            let first = question.options.first().map(|(value, _)| value.clone());
            let answer = question.suggested.clone().or(first).unwrap_or_default();
            (question.id.clone(), answer)
        });
        directory.answer_import(&asker, id, answers.collect()).await?;
        directory.apply_import(&asker, id).await?;
        Ok(())
    }

    /// The spreadsheet with its dates moved by whole weeks, so that the invented September is this month.
    fn shifted_list(&self) -> String {
        let text = String::from_utf8_lossy(STAFF_LIST).into_owned();
        let anchor = london::day_of(2026, 9, 7).unwrap_or(time::Date::MIN);
        let weeks = (london::date(self.now) - anchor).whole_weeks();
        let moved = |cell: &str| -> Option<String> {
            let parts: Vec<&str> = cell.split('/').collect();
            let [day, month, year] = parts.as_slice() else { return None };
            let day = london::day_of(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
            let day = day.checked_add(time::Duration::weeks(weeks))?;
            Some(format!("{:02}/{:02}/{}", day.day(), u8::from(day.month()), day.year()))
        };
        let line = |line: &str| {
            let cells = line.split(',').map(|cell| moved(cell).unwrap_or_else(|| cell.to_owned()));
            cells.collect::<Vec<_>>().join(",")
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    async fn asker(&self, login: &str) -> Result<Asker> {
        let person =
            self.assembled.context.store.person_by_login(login).await?.with_context(|| format!("no {login}"))?;
        Ok(self.assembled.directory.asker(&person, true).await?)
    }

    async fn add_place(&self, place: &str, person: PersonId, sites: &BTreeMap<&str, SiteId>) -> Result<()> {
        let context = &self.assembled.context;
        let parts: Vec<&str> = place.split_whitespace().collect();
        let [slug, groups, classes, years, end] = parts.as_slice() else { return Err(anyhow!("{place} is no place")) };
        let site = *sites.get(slug).with_context(|| format!("no site {slug}"))?;
        let list = |text: &str| text.split(',').filter(|part| *part != "-").map(str::to_owned).collect::<Vec<_>>();
        let scope = Scope::listed(list(classes), list(years));
        let found = context.store.person(person).await?.context("nobody")?;
        let wanted = Wanted { groups: list(groups), scope };
        let membership = Membership {
            id: MembershipId::new(&*context.clock, &*context.random),
            person,
            site,
            account: idp_directory::memberships::account_of(&found),
            status: MembershipStatus::Active,
            starts_at: None,
            ends_at: end.parse::<i64>().ok().map(|days| self.day(days)),
            source: Source::Manual,
            last_used_at: None,
            main_contact: groups.contains("site-admin"),
            created_at: self.now,
            grants: regrant(context, &[], &wanted, person),
        };
        Ok(context.store.save_membership(&membership, Effects::none()).await?)
    }

    /// The end of a day that lies so many days after the Monday of this week.
    fn day(&self, days: i64) -> Timestamp {
        let today = london::date(self.now);
        let monday = today - time::Duration::days(i64::from(today.weekday().number_days_from_monday()));
        london::end_of(monday + time::Duration::days(days))
    }

    async fn add_key(&self, person: &Person) -> Result<()> {
        let context = &self.assembled.context;
        let mut secret = [0_u8; 20];
        context.random.fill(&mut secret);
        let key = Key {
            id: KeyId::new(&*context.clock, &*context.random),
            person: person.id,
            kind: KeyKind::Soft,
            name: "Demo phone".to_owned(),
            material: context.vault.seal(idp_signin::factors::soft_key::SEAL, &secret),
            last_step: 0,
            created_at: self.now,
            last_used_at: None,
            suspended_at: None,
            spent: false,
        };
        Ok(context.store.add_key(&key, None, Effects::none()).await?)
    }

    /// What a spreadsheet cannot say: a long absence, and an end in the afternoon.
    async fn special_dates(&self) -> Result<()> {
        let store = &self.assembled.context.store;
        let site = store.site_by_slug(&Slug::parse("larkmoor")?).await?.context("no larkmoor")?;
        let place = async |login: &str| -> Result<Membership> {
            let person = store.person_by_login(login).await?.with_context(|| format!("no {login}"))?;
            store.membership_at(person.id, site.id).await?.with_context(|| format!("{login} is not at Larkmoor"))
        };
        let mut mikolaj = place("m.strand@larkmoor.tamberwell.example").await?;
        mikolaj.status = MembershipStatus::Paused { until: Some(self.day(119)) };
        store.save_membership(&mikolaj, Effects::none()).await?;
        let mut lorcan = place("lorcan.abiodun@agency-demo.example").await?;
        // Supply until half past four on the first Friday that is still to come.
        let friday = (0..=14).map(|day| self.day(day)).find(|end| {
            london::date(end.plus(-1)).weekday() == time::Weekday::Friday && end.plus(-8 * 3600) > self.now
        });
        lorcan.ends_at = friday.map(|end| end.plus(-(7 * 3600 + 30 * 60)));
        Ok(store.save_membership(&lorcan, Effects::none()).await?)
    }

    /// A second person approves what was granted, as the rules ask.
    async fn approve_all(&self) -> Result<()> {
        let second = self.asker("m.osei-lind@tamberwell.example").await?;
        for waiting in self.assembled.directory.waiting(&second).await? {
            self.assembled.directory.decide(&second, waiting.grant.id, true).await?;
        }
        // The school without a trust: its own people were granted by themselves at the start, so approve directly.
        let context = &self.assembled.context;
        for site in context.store.sites().await?.iter().filter(|site| site.trust.is_none()) {
            for (_, grant) in context.store.waiting_at(&[site.id]).await? {
                context.store.approve(grant, second.person, Effects::none()).await?;
            }
        }
        Ok(())
    }
}
