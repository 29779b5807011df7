//! I-29: random steps of random people from random tabs, held to a small model: no path leads to "signed in" or to a key
//! proof without what it takes. Passwords, mailed codes, soft keys, cards, passkeys, recovery codes, day passes, an account
//! elsewhere, lies and stolen forms.

use idp_domain::{Clock, Random, SeededRandom, london};
use tests::authenticator::{Authenticator, Lie, asked};
use tests::oauth::{authorize, request};
use tests::system::{ADAEZE, JOSS, SAMINA};
use tests::two::Two;
use tests::{Browser, Page, System};

/// Has a password and no key: a new browser is confirmed by a mailed code.
const KIT: &str = "k.sallowfield@high.tamberwell.example";
/// Is here for a day, and has an account nowhere.
const OTTILIE: &str = "Ottilie";

/// Walks, and steps of each.
const WALKS: u64 = 14;
const STEPS: usize = 34;

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
    name: &'static str,
    browser: Browser,
    /// Pages of attempts, as tabs that lie open.
    tabs: Vec<Page>,
    belief: Belief,
}

impl Walker {
    /// Signs in with a form that lies open. Samina has a key; Kit has none, and is let in where he was confirmed.
    async fn sign_in(&mut self, page: &Page, login: &'static str) {
        let page = self.browser.fill(page, "signin", &[("login", login), ("password", lanyard::demo::PASSWORD)]).await;
        let may_enter = login == SAMINA || self.belief.knows_kit;
        if may_enter && page.status == 200 && !page.body.contains("open for a long time") {
            self.belief.signed_in = Some(login);
            self.belief.key = false;
        }
        self.tabs.push(page);
    }

    async fn confirm(&mut self, page: &Page, code: &str) {
        let page = self.browser.fill(page, "confirm", &[("code", code)]).await;
        if page.status == 200 && (page.url.ends_with("/me") || page.body.contains("You need a key")) {
            self.belief.signed_in = Some(KIT);
            self.belief.key = false;
            self.belief.knows_kit = true;
        }
        self.tabs.push(page);
    }

    async fn use_key(&mut self, page: &Page, code: &str) {
        let page = self.browser.fill(page, "key", &[("code", code)]).await;
        // The code proves Samina's key, in her own session only.
        self.belief.key |= self.belief.signed_in == Some(SAMINA) && page.url.ends_with("/me");
    }

    /// Answers with Samina's passkey, or with a lie about it: on a sign-in page it signs her in, on the page that asks for
    /// a key it proves one in her own session, and a lie does neither.
    async fn use_passkey(&mut self, page: &Page, (form, answer, true_one): (&str, &str, bool)) {
        let page = self.browser.fill(page, form, &[("credential", answer)]).await;
        let accepted = page.status == 200 && !page.body.contains("open for a long time");
        let signs_in = form == "with-passkey" && accepted;
        if signs_in && true_one {
            self.belief.signed_in = Some(SAMINA);
        }
        let arrived = page.url.ends_with("/me") || signs_in;
        self.belief.key |= true_one && self.belief.signed_in == Some(SAMINA) && arrived;
        self.tabs.push(page);
    }

    /// A day pass signs its holder in, and whoever was here out.
    async fn use_pass(&mut self, id: &str, code: &str) {
        let page = self.browser.open(&format!("{id}/pass")).await;
        // The school may still be hearing that whoever was here before has gone; what counts is who is here.
        self.browser.fill(&page, "pass", &[("code", code)]).await;
        self.belief.signed_in = Some(OTTILIE);
        self.belief.key = false;
    }

    /// Signs Adaeze in with her account elsewhere, from a form that lies open; a thief opens the way back first, and is
    /// nobody by it.
    async fn come_from_elsewhere(&mut self, two: &Two, page: &Page, thief: Option<&mut Self>) {
        let above = two.above.origin("id");
        // Whoever sits here signs in there anew; our own cookies are other ones.
        self.browser.cookies.retain(|(host, _), _| !above.ends_with(host));
        let there = self.browser.fill(page, "with-county", &[]).await;
        if !there.url.starts_with(&above) {
            self.tabs.push(there);
            return;
        }
        let back = two.way_back_from(&mut self.browser, &there, ADAEZE).await;
        if let Some(thief) = thief {
            let page = thief.browser.open(&back).await;
            thief.tabs.push(page);
        }
        let page = self.browser.open(&back).await;
        if page.status == 200 && !page.body.contains("id=\"signin\"") && !page.body.contains("took too long") {
            self.belief.signed_in = Some(ADAEZE);
            self.belief.key = false;
        }
        self.tabs.push(page);
    }

    /// A recovery code lets Samina change her keys; it signs nobody in, and is no key (M-07).
    async fn recover(&mut self, system: &System, code: &str) {
        self.browser.post(&format!("{}/signin/lost", system.origin("id")), &[("recovery", code)]).await;
    }

    /// An app asks silently for a key. What was proven for an account, or for a school, is nothing to it.
    async fn ask_silently(&mut self, system: &System) -> String {
        let mut params = request(system);
        params.push(("acr_values".to_owned(), "urn:lanyard:acr:key".to_owned()));
        params.push(("prompt".to_owned(), "none".to_owned()));
        params.push(("max_age".to_owned(), "900".to_owned()));
        let page = authorize(system, &mut self.browser, &params).await;
        page.location_param("error").unwrap_or_else(|| page.location().to_owned())
    }

    /// Sends a form that another browser opened: whatever comes of it, nobody's belief changes by it.
    async fn steal(&mut self, page: &Page) {
        let (form, fields): (_, &[(&str, &str)]) = match page.body.contains("id=\"signin\"") {
            true => ("signin", &[("login", SAMINA), ("password", lanyard::demo::PASSWORD)]),
            false => ("/signin/key", &[("code", "000000")]),
        };
        let there = [format!("id=\"{form}\""), format!("action=\"{form}\"")];
        if there.iter().any(|mark| page.body.contains(mark)) {
            let answer = self.browser.fill(page, form, fields).await;
            self.tabs.push(answer);
        }
    }

    async fn sign_out(&mut self, id: &str) {
        let page = self.browser.open(&format!("{id}/signout")).await;
        if page.body.contains("id=\"signout\"") {
            self.browser.fill(&page, "signout", &[]).await;
        }
        self.belief.signed_in = None;
        self.belief.key = false;
    }

    async fn throw_nonsense(&mut self, system: &System, page: &Page) {
        for path in ["signin/key", "signin/browser", "signin/passkey", "signin/with-passkey", "signin/lost"] {
            let attempt = page.url.split("attempt=").nth(1).unwrap_or("none");
            let fields = [("attempt", attempt), ("code", "000000"), ("credential", "{}"), ("recovery", "A")];
            self.browser.post(&format!("{}/{path}", system.origin("id")), &fields).await;
            // Few tries each: the counters of wrong codes are another test's.
            system.clock.advance(61);
        }
    }
}

struct Walk<'a> {
    two: &'a Two,
    system: &'a System,
    dice: SeededRandom,
    walkers: [Walker; 2],
    samina: &'a mut Samina,
}

/// Reception makes a day pass, on the morning after the last one.
async fn day_pass(system: &System) -> String {
    let now = system.clock.now();
    system.clock.advance(london::end_of(london::date(now)).plus(8 * 3600).since(now));
    let mut joss = system.admin(JOSS).await;
    let form = joss.open(&format!("{}/admin/day-pass", system.origin("id"))).await;
    let fields = [
        ("site", "larkmoor"),
        ("first_name", OTTILIE),
        ("last_name", "Marchbank"),
        ("agency", "Cover Agency"),
        ("contact", "01632 960123"),
        ("class", "Elm"),
    ];
    let made = joss.fill(&form, "day-pass", &fields).await;
    made.body.split("id=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

/// What Samina has beside her password and her telephone.
struct Samina {
    passkey: Authenticator,
    codes: Vec<String>,
    /// Codes of her printed card.
    card: Vec<String>,
    /// A card that lies at reception.
    day_pass: String,
}

impl Samina {
    async fn with_passkey_and_codes(system: &System) -> Self {
        let id = system.origin("id");
        let mut browser = system.admin(SAMINA).await;
        let page = browser.open(&format!("{id}/me/keys/passkey")).await;
        let (passkey, answer) = Authenticator::create(&asked(&page), &id, &Lie::default());
        let page = browser.fill(&page, "add", &[("name", "Laptop"), ("credential", &answer)]).await;
        assert!(page.body.contains("Laptop"), "{}", page.body);
        let person = system.person(SAMINA).await;
        let codes = system.demo.assembled.signin.new_recovery_codes(&person, "").await.unwrap();
        let page = browser.open(&format!("{id}/me/keys/card")).await;
        let page = browser.fill(&page, "make", &[("name", "Card")]).await;
        let card: Vec<_> = page.body.split("<code>").skip(1).filter_map(|part| part.split('<').next()).collect();
        assert_eq!(card.len(), 10, "{}", page.body);
        let card = card.into_iter().map(str::to_owned).collect();
        Self { passkey, codes, card, day_pass: String::new() }
    }
}

impl Walk<'_> {
    fn roll(&self, sides: usize) -> usize {
        let mut byte = [0_u8; 1];
        self.dice.fill(&mut byte);
        usize::from(byte[0]) % sides
    }

    /// One step; its name, for the report.
    async fn step(&mut self) -> String {
        let (second, kind, tab) = (self.roll(2) == 1, self.roll(16), self.roll(64));
        let lie = self.roll(4) == 0;
        let [one, two] = &mut self.walkers;
        let (walker, other) = if second { (two, one) } else { (one, two) };
        if let Some(step) = anywhere(walker, (self.system, self.samina), kind).await {
            return step;
        }
        match walker.tabs.get(tab % walker.tabs.len().max(1)).cloned() {
            Some(page) if kind == 14 && page.body.contains("id=\"with-county\"") => {
                let thief = if lie { Some(other) } else { None };
                let stolen = if lie { ", and the way back is stolen" } else { "" };
                walker.come_from_elsewhere(self.two, &page, thief).await;
                format!("{} comes from elsewhere as Adaeze{stolen}", walker.name)
            }
            Some(page) => on_a_page((walker, other), (self.system, self.samina), (kind, lie), &page).await,
            None => "nothing".to_owned(),
        }
    }

    /// What the provider believes, compared with the model.
    async fn compare(&mut self, trail: &[String]) {
        let id = self.system.origin("id");
        for walker in &mut self.walkers {
            let who = walker.name;
            let page = walker.browser.open(&format!("{id}/me")).await;
            let name = match walker.belief.signed_in {
                Some(SAMINA) => "Signed in as Samina",
                Some(ADAEZE) => "Signed in as Adaeze",
                Some(OTTILIE) => "A day pass opens the school’s site and nothing else.",
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

/// Steps for which no page has to lie open.
async fn anywhere(walker: &mut Walker, (system, samina): (&System, &mut Samina), kind: usize) -> Option<String> {
    let (id, who) = (system.origin("id"), walker.name);
    Some(match kind {
        0 => {
            let page = walker.browser.open(&format!("{id}/signin?next=/me&again=1")).await;
            walker.tabs.push(page);
            format!("{who} opens a sign-in page")
        }
        1 => {
            let page = walker.browser.open(&format!("{id}/signin?next=/me&key=1")).await;
            let arrived = page.url.ends_with("/me");
            assert!(!arrived || walker.belief.key, "{who} came to a page that needs a key: {:?}", walker.belief);
            walker.tabs.push(page);
            format!("{who} opens a page that needs a key")
        }
        7 => {
            walker.sign_out(&id).await;
            format!("{who} signs out")
        }
        9 => {
            let code = samina.codes.pop()?;
            walker.recover(system, &code).await;
            format!("{who} uses a recovery code of Samina")
        }
        13 => {
            walker.use_pass(&id, &samina.day_pass).await;
            format!("{who} types the code of a day pass")
        }
        10 => {
            let answer = walker.ask_silently(system).await;
            assert!(answer.ends_with("_required"), "{who} has a key for an app: {answer}");
            format!("an app asks {who} silently for a key")
        }
        _ => return None,
    })
}

/// Steps on a page that lies open.
async fn on_a_page(
    (walker, other): (&mut Walker, &mut Walker),
    (system, samina): (&System, &mut Samina),
    (kind, lie): (usize, bool),
    page: &Page,
) -> String {
    let who = walker.name;
    let shows = |what: &str| page.body.contains(what);
    match kind {
        2 if shows("id=\"signin\"") => {
            walker.sign_in(page, SAMINA).await;
            format!("{who} signs in as Samina")
        }
        3 if shows("id=\"signin\"") => {
            walker.sign_in(page, KIT).await;
            format!("{who} types Kit's password")
        }
        4 if shows("id=\"confirm\"") => {
            walker.confirm(page, &system.mailed_code(KIT).await).await;
            format!("{who} confirms the browser for Kit")
        }
        5 if shows("id=\"key\"") => {
            walker.use_key(page, &system.code(SAMINA).await).await;
            format!("{who} types Samina's code")
        }
        15 if shows("id=\"key\"") && !samina.card.is_empty() => {
            walker.use_key(page, &samina.card.pop().unwrap_or_default()).await;
            format!("{who} types a code of Samina's card")
        }
        11 | 12 if shows("id=\"with-passkey\"") || shows("id=\"passkey\"") => {
            let form = if shows("id=\"with-passkey\"") { "with-passkey" } else { "passkey" };
            let lies = Lie { unverified: lie, ..Lie::default() };
            let answer = samina.passkey.get(&asked(page), &lies);
            walker.use_passkey(page, (form, &answer, !lie)).await;
            format!("{who} answers {form} {} Samina's passkey", if lie { "untruly with" } else { "with" })
        }
        6 if shows("<form") && page.url.contains("attempt=") => {
            other.steal(page).await;
            format!("{} sends a form of {who}", other.name)
        }
        8 => {
            walker.throw_nonsense(system, page).await;
            format!("{who} throws nonsense at every step")
        }
        _ => "nothing".to_owned(),
    }
}

#[tokio::test]
async fn i_29_no_path_is_shorter_than_its_proofs() {
    let two = Two::start(&[]).await;
    let system = &two.below;
    let mut samina = Samina::with_passkey_and_codes(system).await;
    two.linked(ADAEZE).await;
    let (mut entered, mut keyed, mut by_passkey, mut elsewhere, mut for_a_day) = (0, 0, 0, 0, 0);
    for seed in 0..WALKS {
        samina.day_pass = day_pass(system).await;
        let walker = |name| Walker { name, browser: system.browser(), tabs: Vec::new(), belief: Belief::default() };
        let walkers = [walker("one"), walker("two")];
        let mut walk = Walk { two: &two, system, dice: SeededRandom::new(seed), walkers, samina: &mut samina };
        let mut trail = vec![format!("seed {seed}")];
        for _ in 0..STEPS {
            trail.push(walk.step().await);
            by_passkey += usize::from(trail.last().is_some_and(|step| step.ends_with("passkey with Samina's passkey")));
            // A stolen form may sign its thief in with the password that they typed: that is their own proof.
            for walker in &mut walk.walkers {
                let page = walker.browser.open(&format!("{}/me", system.origin("id"))).await;
                let stole = trail.last().is_some_and(|step| step.contains("sends a form of"));
                let entered = page.body.contains("Signed in as Samina") && walker.belief.signed_in != Some(SAMINA);
                assert!(!(stole && entered), "a form of another browser signed somebody in\n{}", trail.join("\n"));
            }
            walk.compare(&trail).await;
            entered += usize::from(walk.walkers.iter().any(|walker| walker.belief.signed_in.is_some()));
            keyed += usize::from(walk.walkers.iter().any(|walker| walker.belief.key));
            let is = |who| usize::from(walk.walkers.iter().any(|walker| walker.belief.signed_in == Some(who)));
            elsewhere += is(ADAEZE);
            for_a_day += is(OTTILIE);
            // The provider elsewhere lives in the same time.
            two.above.clock.advance(system.clock.now().since(two.above.clock.now()));
        }
    }
    let somewhere = entered > 50 && keyed > 20 && by_passkey > 5 && elsewhere > 5 && for_a_day > 5;
    assert!(
        somewhere,
        "the walks get somewhere: {entered} signed in, {keyed} with a key, {by_passkey} by a passkey, {elsewhere} from \
         elsewhere, {for_a_day} with a day pass"
    );
}
