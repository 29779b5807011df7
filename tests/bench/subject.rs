//! The measured process: a running system that does what lines on its standard input say, and answers a line for each.

use std::io::BufRead;
use std::time::Instant;

use idp_domain::client::{Client, ClientAuth, IdTokenAlg};
use idp_domain::email::EmailAddress;
use idp_domain::membership::{Membership, MembershipStatus, Source};
use idp_domain::person::{Person, PersonStatus};
use idp_domain::session::Method;
use idp_domain::site::Site;
use idp_domain::{Clock, MembershipId, PersonId, Secret, SiteId, Slug};
use idp_signin::sessions::Beginning;
use idp_signin::throttle::TriedFrom;
use idp_store::Effects;
use idp_store::imports::Batch;
use tests::System;
use tests::system::SAMINA;

use super::machine::cpu;

/// Wrong passwords of one person until the right one comes in between.
const ROW: usize = 50;
/// Tokens that are signed to see how long one takes.
const SIGNED: u32 = 500;

/// Runs until its input ends.
pub fn run(database: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let postgres = (database == "postgresql").then(tests::servers::postgres);
        let url = postgres.as_ref().map(|server| server.url.clone());
        let mut subject = Subject { system: System::start_with(url, None).await, people: Vec::new() };
        for line in std::io::stdin().lock().lines() {
            let line = line.unwrap();
            println!("{}", subject.answer(&line).await);
        }
    });
}

/// A sign-in with a password, in a browser that is remembered.
fn beginning(browser: &idp_domain::SecretHash) -> Beginning<'_> {
    Beginning {
        method: Method::Password,
        shared: false,
        proven_at: None,
        until: None,
        proof: None,
        browser,
        agent: "",
        confirmed: true,
        shown: true,
    }
}

struct Subject {
    system: System,
    /// People who were added, each with the slug of their site.
    people: Vec<(Person, String)>,
}

impl Subject {
    async fn answer(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |text: &str| text.parse::<usize>().unwrap();
        match words.as_slice() {
            ["site", upstream] => self.site(upstream).await,
            ["sign-ins"] => self.sign_ins().await,
            ["times", tries] => self.times(number(tries)).await,
            ["clients", secret] => self.clients(secret).await,
            ["sign"] => self.sign(),
            ["codes", count] => self.codes(number(count)).await,
            ["fill", count] => self.fill(number(count)).await,
            ["attempt"] => self.attempt().await,
            ["trust", sites, people] => self.trust(number(sites), number(people)).await,
            ["sessions", count] => self.sessions(number(count)).await,
            _ => "unknown".to_owned(),
        }
    }

    /// Points a site at an upstream and signs somebody in there. Answers port and cookie.
    async fn site(&self, upstream: &str) -> String {
        // Signed in first: the page that an upstream does not have would not open.
        let browser = self.system.signed_in(SAMINA, "larkmoor").await;
        self.system.set_upstream("larkmoor", upstream).await;
        let cookie = browser.cookie("larkmoor.lanyard.localhost", "ln").unwrap();
        format!("{} {cookie}", self.system.address().port())
    }

    /// A client for itself and one for people, as the other side of the comparison has them. Answers the port.
    async fn clients(&self, secret: &str) -> String {
        let store = &self.system.demo.assembled.context.store;
        let plain = store.client("bookworm").await.unwrap().unwrap();
        let auth = ClientAuth::Secret { hash: Secret::presented(secret).hash(), before: None };
        let redirect_uris = vec!["https://app.example/callback".to_owned()];
        let app = Client { id: "app".to_owned(), auth, redirect_uris, id_token_alg: IdTokenAlg::ES256, ..plain };
        let scopes = vec!["service:bench".to_owned()];
        let svc = Client { id: "svc".to_owned(), scopes, redirect_uris: vec![], ..app.clone() };
        for client in [&app, &svc] {
            store.save_client(client, Effects::none()).await.unwrap();
        }
        self.system.address().port().to_string()
    }

    /// What it takes to sign an ID token, apart from everything else.
    fn sign(&self) -> String {
        let keys = &self.system.demo.assembled.provider.keys;
        let claims = serde_json::json!({
            "iss": "https://id.example.org", "aud": "app", "sub": "0123456789abcdefghijklmnop", "name": "Somebody",
            "exp": 1_800_000_000, "iat": 1_800_000_000, "sid": "01a2294e-a288-713d-a4e1-0ab8d72a3c58",
        });
        let took = [IdTokenAlg::ES256, IdTokenAlg::RS256].map(|alg| {
            let begun = Instant::now();
            for _ in 0..SIGNED {
                keys.sign_as(alg, "JWT", &claims).unwrap();
            }
            format!("{} {:.0} us", alg.name(), begun.elapsed().as_secs_f64() / f64::from(SIGNED) * 1e6)
        });
        took.join(", ")
    }

    /// Codes with which somebody who has agreed comes back.
    async fn codes(&self, count: usize) -> String {
        let mut browser = self.system.admin(SAMINA).await;
        let params = tests::oauth::request_of(&self.system, "app");
        let params = tests::oauth::with(&params, "redirect_uri", "https://app.example/callback");
        let mut codes = Vec::with_capacity(count);
        for _ in 0..count {
            codes.push(tests::oauth::code(&self.system, &mut browser, &params).await);
        }
        codes.join(" ")
    }

    /// Puts so many live access tokens into the database, each of a family of its own.
    async fn fill(&self, count: usize) -> String {
        let until = self.system.clock.now().plus(3600).0;
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
                   INSERT INTO access_tokens (hash, family, facts, expires_at, person_id, client_id, sid) \
                   SELECT 'filled' || i, 'family' || i, '{}', $2, 'person' || (i % 10000), 'app', 'sid' || i FROM n";
        let pool = self.system.pool().await;
        let count = i64::try_from(count).unwrap();
        let done = sqlx::query(sql).bind(count).bind(until).execute(&pool).await.unwrap();
        done.rows_affected().to_string()
    }

    /// A form to fill in: port, cookie of the browser, attempt.
    async fn attempt(&self) -> String {
        let mut browser = self.system.browser();
        let page = browser.open(&format!("{}/signin", self.system.origin("id"))).await;
        let attempt = page.url.split("attempt=").nth(1).unwrap().to_owned();
        let cookie = browser.cookie("id.lanyard.localhost", "browser").unwrap();
        format!("{} {cookie} {attempt}", self.system.address().port())
    }

    /// Seconds that a wrong password takes for people who exist and for people who do not, in turns, as
    /// `known,known,… unknown,unknown,…`.
    async fn times(&self, tries: usize) -> String {
        let people = self.with_password().await;
        let mut browser = self.system.browser();
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for number in 0..tries {
            let page = browser.open(&format!("{}/signin", self.system.origin("id"))).await;
            let person = people.get(number % people.len()).unwrap().login();
            if number / people.len() % ROW == ROW - 1 {
                // A row of a hundred wrong passwords would lead to a reset; the right one begins it anew.
                let browser = idp_domain::SecretHash("bench".to_owned());
                let from = TriedFrom { browser: &browser, address: None };
                let signin = &self.system.demo.assembled.signin;
                signin.check_password(&person, lanyard::demo::PASSWORD, from).await.unwrap();
            }
            let nobody = person.replace('@', &format!(".x{number}@"));
            for (login, times) in [(&person, &mut known), (&nobody, &mut unknown)] {
                // Apart, so that neither a person nor the address is slowed down; and no password comes twice.
                self.system.clock.advance(40);
                let password = format!("no such words {number} {login}");
                let begun = Instant::now();
                let answer = browser.fill(&page, "signin", &[("login", login), ("password", &password)]).await;
                times.push(begun.elapsed().as_secs_f64().to_string());
                assert!(answer.body.contains("Check your email address and password"), "{}", answer.body);
            }
        }
        format!("{} {}", known.join(","), unknown.join(","))
    }

    /// Everybody whose password is the demonstration's.
    async fn with_password(&self) -> Vec<Person> {
        let store = &self.system.demo.assembled.context.store;
        let mut people = Vec::new();
        for site in store.sites().await.unwrap() {
            for place in store.memberships_at(site.id).await.unwrap() {
                people.extend(store.person(place.person).await.unwrap());
            }
        }
        people.retain(|person| person.password.is_some());
        people.sort_by_key(|person| person.id);
        people.dedup_by_key(|person| person.id);
        people
    }

    /// Bare hashes as a share of whole sign-ins, as many of each, all at once: of the time, and of the CPU.
    async fn sign_ins(&self) -> String {
        let signin = &self.system.demo.assembled.signin;
        let stored = self.system.person(SAMINA).await.password.unwrap();
        let people = self.with_password().await;
        let own = std::process::id();
        let (begun, before) = (Instant::now(), cpu(own));
        let mut set = tokio::task::JoinSet::new();
        for _ in 0..people.len() {
            let (hasher, stored) = (signin.hasher.clone(), stored.clone());
            set.spawn(async move { hasher.check(lanyard::demo::PASSWORD, Some(&stored)).await.unwrap() });
        }
        set.join_all().await;
        let bare = (begun.elapsed(), cpu(own) - before);
        let (begun, before) = (Instant::now(), cpu(own));
        let mut set = tokio::task::JoinSet::new();
        for person in &people {
            let (signin, login) = (signin.clone(), person.login());
            set.spawn(async move {
                let browser = idp_domain::SecretHash("bench".to_owned());
                let from = TriedFrom { browser: &browser, address: None };
                let person = signin.check_password(&login, lanyard::demo::PASSWORD, from).await.unwrap();
                signin.start_session(&person, person.epoch, beginning(&browser)).await.unwrap();
            });
        }
        assert_eq!(set.join_all().await.len(), people.len());
        let whole = (begun.elapsed(), cpu(own) - before);
        format!("{} {}", bare.0.as_secs_f64() / whole.0.as_secs_f64(), bare.1 / whole.1)
    }

    /// Adds sites like Larkmoor, and people spread over them.
    async fn trust(&mut self, sites: usize, people: usize) -> String {
        let context = self.system.demo.assembled.context.clone();
        let model = self.system.site("larkmoor").await;
        let pattern = context.store.memberships_at(model.id).await.unwrap().first().cloned().unwrap();
        let mut added = Vec::new();
        for number in 0..sites {
            let slug = Slug::parse(&format!("school-{number}")).unwrap();
            let id = SiteId::new(&*context.clock, &*context.random);
            let site = Site { id, slug, name: format!("School {number}"), ..model.clone() };
            context.store.add_site(&site, Effects::none()).await.unwrap();
            added.push(site);
        }
        let mut batch = Batch::default();
        for (number, site) in added.iter().cycle().take(people).enumerate() {
            let person = Person {
                id: PersonId::new(&*context.clock, &*context.random),
                first_name: "Person".to_owned(),
                last_name: format!("Number {number}"),
                email: Some(EmailAddress::parse(&format!("person.{number}@school.example")).unwrap()),
                username: None,
                password: None,
                status: PersonStatus::Active,
                epoch: 1,
                created_at: context.now(),
                language: idp_domain::Language::default(),
                text_size: idp_domain::TextSize::default(),
                contact: idp_domain::contact::Contact::default(),
            };
            batch.memberships.push(Membership {
                id: MembershipId::new(&*context.clock, &*context.random),
                person: person.id,
                site: site.id,
                account: format!("person{number}"),
                status: MembershipStatus::Active,
                source: Source::Manual,
                grants: idp_directory::grants::regrant(
                    &context,
                    &[],
                    &idp_directory::grants::Wanted {
                        groups: vec!["teacher".to_owned()],
                        scope: idp_domain::scope::Scope::All,
                    },
                    person.id,
                ),
                ..pattern.clone()
            });
            self.people.push((person.clone(), site.slug.to_string()));
            batch.people.push(person);
        }
        context.store.apply(&batch).await.unwrap();
        let gateway = &self.system.demo.gateway;
        self.system.demo.assembled.register_gateway(&gateway.public_point()).await.unwrap();
        assert!(gateway.refresh_registry().await);
        "added".to_owned()
    }

    /// Signs so many people in at their sites, each in a browser of their own. Answers how many sessions live.
    async fn sessions(&self, count: usize) -> String {
        let signin = &self.system.demo.assembled.signin;
        for (person, slug) in self.people.iter().take(count) {
            let known = idp_domain::SecretHash("bench".to_owned());
            let secret = signin.start_session(person, person.epoch, beginning(&known)).await.unwrap();
            let mut browser = self.system.browser();
            browser
                .cookies
                .insert(("id.lanyard.localhost".to_owned(), "lanyard".to_owned()), secret.reveal().to_owned());
            browser.open(&format!("{}/.lanyard/held?x", self.system.origin(slug))).await;
            assert!(browser.cookie(&format!("{slug}.lanyard.localhost"), "ln").is_some(), "no session at {slug}");
        }
        self.system.demo.gateway.live_sessions().to_string()
    }
}
