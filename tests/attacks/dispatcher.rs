//! I-29: random steps of random people from random tabs, held to a small model: no path leads to "signed in" or to a key
//! proof without what it takes.

use idp_domain::{Random, SeededRandom};
use tests::system::SAMINA;
use tests::{Browser, Page, System};

/// Has a password and no key: a new browser is confirmed by a mailed code.
const KIT: &str = "k.sallowfield@high.tamberwell.example";

/// Walks, and steps of each.
const WALKS: u64 = 12;
const STEPS: usize = 28;

/// What the model believes of one browser.
#[derive(Clone, Debug, Default, PartialEq)]
struct Belief {
    signed_in: Option<&'static str>,
    /// Whether a key was used in this session.
    key: bool,
    /// Whether Kit was confirmed here before.
    knows_kit: bool,
}

struct Walker {
    browser: Browser,
    /// Pages of attempts, as tabs that lie open.
    tabs: Vec<Page>,
    belief: Belief,
}

struct Walk<'a> {
    system: &'a System,
    dice: SeededRandom,
    walkers: Vec<Walker>,
}

impl Walk<'_> {
    fn roll(&self, sides: usize) -> usize {
        let mut byte = [0_u8; 1];
        self.dice.fill(&mut byte);
        usize::from(byte[0]) % sides
    }

    /// One step; its name, for the report.
    async fn step(&mut self) -> String {
        let id = self.system.origin("id");
        let (who, kind) = (self.roll(self.walkers.len()), self.roll(9));
        let other = (who + 1) % self.walkers.len();
        let tabs = self.walkers[who].tabs.len();
        let tab = self.roll(tabs.max(1));
        let page = self.walkers[who].tabs.get(tab).cloned();
        let walker = &mut self.walkers[who];
        match (kind, page) {
            (0, _) => {
                let page = walker.browser.open(&format!("{id}/signin?next=/me&again=1")).await;
                walker.tabs.push(page);
                format!("{who} opens a sign-in page")
            }
            (1, _) => {
                let page = walker.browser.open(&format!("{id}/signin?next=/me&key=1")).await;
                let arrived = page.url.ends_with("/me");
                assert!(!arrived || walker.belief.key, "{who} came to a page that needs a key: {:?}", walker.belief);
                walker.tabs.push(page);
                format!("{who} opens a page that needs a key")
            }
            (2, Some(page)) if page.body.contains("id=\"signin\"") => {
                let fields = [("login", SAMINA), ("password", lanyard::demo::PASSWORD)];
                let page = walker.browser.fill(&page, "signin", &fields).await;
                if page.status == 200 && !page.body.contains("open for a long time") {
                    walker.belief.signed_in = Some(SAMINA);
                    walker.belief.key = false;
                }
                walker.tabs.push(page);
                format!("{who} signs in as Samina in tab {tab}")
            }
            (3, Some(page)) if page.body.contains("id=\"signin\"") => {
                let fields = [("login", KIT), ("password", lanyard::demo::PASSWORD)];
                let page = walker.browser.fill(&page, "signin", &fields).await;
                if walker.belief.knows_kit && page.status == 200 && !page.body.contains("open for a long time") {
                    walker.belief.signed_in = Some(KIT);
                    walker.belief.key = false;
                }
                walker.tabs.push(page);
                format!("{who} types Kit's password in tab {tab}")
            }
            (4, Some(page)) if page.body.contains("id=\"confirm\"") => {
                let code = self.system.mailed_code(KIT).await;
                let page = walker.browser.fill(&page, "confirm", &[("code", &code)]).await;
                if page.status == 200 && (page.url.ends_with("/me") || page.body.contains("You need a key")) {
                    walker.belief = Belief { signed_in: Some(KIT), key: false, knows_kit: true };
                }
                walker.tabs.push(page);
                format!("{who} types Kit's mailed code in tab {tab}")
            }
            (5, Some(page)) if page.body.contains("id=\"key\"") => {
                let code = self.system.code(SAMINA).await;
                let page = walker.browser.fill(&page, "key", &[("code", &code)]).await;
                // The code proves Samina's key, in her own session only.
                walker.belief.key |= walker.belief.signed_in == Some(SAMINA) && page.url.ends_with("/me");
                format!("{who} types Samina's code in tab {tab}")
            }
            (6, Some(page)) if page.body.contains("<form") && page.url.contains("attempt=") => {
                let (form, fields): (_, &[(&str, &str)]) = match page.body.contains("id=\"signin\"") {
                    true => ("signin", &[("login", SAMINA), ("password", lanyard::demo::PASSWORD)]),
                    false => ("/signin/key", &[("code", "000000")]),
                };
                if page.body.contains(form) {
                    // A stolen attempt: whatever comes of it, the other browser's belief does not change by it.
                    let answer = self.walkers[other].browser.fill(&page, form, fields).await;
                    self.walkers[other].tabs.push(answer);
                }
                format!("{other} sends a form of {who}")
            }
            (7, _) => {
                let page = walker.browser.open(&format!("{id}/signout")).await;
                if page.body.contains("id=\"signout\"") {
                    walker.browser.fill(&page, "signout", &[]).await;
                }
                walker.belief.signed_in = None;
                walker.belief.key = false;
                format!("{who} signs out")
            }
            (_, Some(page)) => {
                for path in ["signin/key", "signin/browser", "signin/passkey", "signin/with-passkey", "signin/lost"] {
                    let attempt = page.url.split("attempt=").nth(1).unwrap_or("none");
                    let fields = [("attempt", attempt), ("code", "000000"), ("credential", "{}"), ("recovery", "A")];
                    walker.browser.post(&format!("{id}/{path}"), &fields).await;
                    // Few tries each: the counters of wrong codes are another test's.
                    self.system.clock.advance(61);
                }
                format!("{who} throws nonsense at every step")
            }
            _ => "nothing".to_owned(),
        }
    }

    /// What the provider believes, compared with the model.
    async fn compare(&mut self, trail: &[String]) {
        let id = self.system.origin("id");
        for (who, walker) in self.walkers.iter_mut().enumerate() {
            let page = walker.browser.open(&format!("{id}/me")).await;
            let name = match walker.belief.signed_in {
                Some(SAMINA) => "Signed in as Samina",
                Some(_) => "Signed in as Kit",
                None => "id=\"signin\"",
            };
            assert!(
                page.body.contains(name),
                "{who} should be {:?}\n{}\n{}",
                walker.belief,
                trail.join("\n"),
                page.body
            );
            let page = walker.browser.open(&format!("{id}/signin?next=/me&key=1")).await;
            let arrived = page.url.ends_with("/me");
            assert!(!arrived || walker.belief.key, "{who} has a key proof too many\n{}", trail.join("\n"));
        }
    }
}

#[tokio::test]
async fn i_29_no_path_is_shorter_than_its_proofs() {
    let system = System::start().await;
    let (mut entered, mut keyed) = (0, 0);
    for seed in 0..WALKS {
        let walker = || Walker { browser: system.browser(), tabs: Vec::new(), belief: Belief::default() };
        let mut walk = Walk { system: &system, dice: SeededRandom::new(seed), walkers: vec![walker(), walker()] };
        let mut trail = vec![format!("seed {seed}")];
        for _ in 0..STEPS {
            trail.push(walk.step().await);
            // A stolen form may sign its thief in with the password that they typed: that is their own proof.
            for walker in &mut walk.walkers {
                let page = walker.browser.open(&format!("{}/me", system.origin("id"))).await;
                let stole = trail.last().is_some_and(|step| step.contains("sends a form of"));
                if stole && page.body.contains("Signed in as Samina") && walker.belief.signed_in != Some(SAMINA) {
                    panic!("a form of another browser signed somebody in\n{}", trail.join("\n"));
                }
            }
            walk.compare(&trail).await;
            entered += usize::from(walk.walkers.iter().any(|walker| walker.belief.signed_in.is_some()));
            keyed += usize::from(walk.walkers.iter().any(|walker| walker.belief.key));
        }
    }
    assert!(entered > 50 && keyed > 3, "the walks get somewhere: {entered} signed in, {keyed} with a key");
}
