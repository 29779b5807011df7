//! I-29: random steps of random people from random tabs, held to a small model: no path leads to "signed in" or to a key
//! proof without what it takes. Passwords, mailed codes and links, soft keys, cards, passkeys, recovery codes, temporary and
//! day passes, an account elsewhere, keys that are added, removed and suspended, time that passes, lies and stolen forms.

use idp_domain::key::KeyKind;
use idp_domain::{Clock, Random, SeededRandom};
use tests::system::{ADAEZE, SAMINA};
use tests::two::Two;
use tests::{Page, System};

use super::walker::{Belief, KIT, OTTILIE, Samina, Walker, day_pass};

/// Walks, and steps of each.
const WALKS: u64 = 16;
const STEPS: usize = 40;

const KINDS: [KeyKind; 3] = [KeyKind::Soft, KeyKind::Passkey, KeyKind::Card];

struct Walk<'a> {
    two: &'a Two,
    system: &'a System,
    dice: SeededRandom,
    walkers: [Walker; 2],
    samina: &'a mut Samina,
}

impl Walk<'_> {
    fn roll(&self, sides: usize) -> usize {
        let mut byte = [0_u8; 1];
        self.dice.fill(&mut byte);
        usize::from(byte[0]) % sides
    }

    /// One step; its name, for the report. Most throws of the dice ask for a page that does not lie open.
    async fn step(&mut self) -> String {
        for _ in 0..12 {
            if let Some(step) = self.throw().await {
                return step;
            }
        }
        "nothing".to_owned()
    }

    async fn throw(&mut self) -> Option<String> {
        let (second, mut kind, tab) = (self.roll(2) == 1, self.roll(30), self.roll(4));
        let (lie, which) = (self.roll(4) == 0, *KINDS.get(self.roll(3)).unwrap());
        // What ends a session comes seldom, so that something grows in between.
        if [7, 13, 16, 17].contains(&kind) && self.roll(3) > 0 {
            kind = 2;
        }
        let [one, two] = &mut self.walkers;
        let (walker, other) = if second { (two, one) } else { (one, two) };
        if let Some(step) = about_both((walker, other), (self.system, self.samina), (kind, which)).await {
            return Some(step);
        }
        if let Some(step) = anywhere(walker, (self.system, self.samina), kind).await {
            return Some(step);
        }
        // One of the tabs that were opened last.
        let page = walker.tabs.iter().rev().nth(tab % walker.tabs.len().clamp(1, 4)).cloned()?;
        match page {
            page if kind == 14 && page.body.contains("id=\"with-county\"") => {
                let thief = if lie { Some(other) } else { None };
                let stolen = if lie { ", and the way back is stolen" } else { "" };
                walker.come_from_elsewhere(self.two, &page, thief).await;
                Some(format!("{} comes from elsewhere as Adaeze{stolen}", walker.name))
            }
            page => on_a_page((walker, other), (self.system, self.samina), (kind, lie), &page).await,
        }
    }

    /// What the provider believes, compared with the model.
    async fn compare(&mut self, trail: &[String]) {
        let id = self.system.origin("id");
        let suspended: Vec<KeyKind> = self.samina.suspended.into_iter().collect();
        assert_eq!(self.samina.suspended_keys(self.system).await, suspended, "{}", trail.join("\n"));
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
            let is = page.body.contains(name);
            assert!(is, "{who} should be {:?}\n{}\n{}", walker.belief, trail.join("\n"), page.body);
            let wanted = walker.belief.key;
            if walker.belief.signed_in.is_some() {
                let proven = walker.proven_key(self.system).await;
                assert_eq!(proven, wanted, "the key that {who} has proven\n{}", trail.join("\n"));
            }
            let page = walker.browser.open(&format!("{id}/signin?next=/me&key=1")).await;
            let arrived = page.url.ends_with("/me");
            assert!(!arrived || wanted.is_some(), "{who} has a key proof too many\n{}", trail.join("\n"));
        }
    }
}

/// Steps that may change what is believed of the other browser as well.
async fn about_both(
    (walker, other): (&mut Walker, &mut Walker),
    (system, samina): (&System, &mut Samina),
    (kind, which): (usize, KeyKind),
) -> Option<String> {
    let who = walker.name;
    Some(match kind {
        16 => {
            system.clock.advance(31 * 60);
            walker.belief.leaves();
            other.belief.leaves();
            "half an hour goes by".to_owned()
        }
        17 => {
            let person = system.person(SAMINA).await;
            system.demo.assembled.signin.ask_link(&person.email?).await.unwrap();
            system.settle().await;
            if !walker.take_link(&system.mailed_link(SAMINA).await).await {
                return Some("no link is left for this hour".to_owned());
            }
            if other.belief.signed_in == Some(SAMINA) {
                other.belief.leaves();
            }
            let knows_kit = walker.belief.knows_kit;
            walker.belief = Belief { signed_in: Some(SAMINA), knows_kit, ..Belief::default() };
            format!("{who} sets Samina's password by a mailed link")
        }
        18 | 20 => {
            let (kind, suspend) = samina.suspended.map_or((which, true), |kind| (kind, false));
            let done = walker.change_key((system, samina), (kind, suspend)).await;
            if done {
                samina.suspended = suspend.then_some(kind);
            }
            if done && suspend {
                for walker in [walker, other] {
                    walker.belief.key = walker.belief.key.filter(|(key, _)| *key != samina.id(kind));
                }
            }
            let (what, how) =
                (if suspend { "suspends" } else { "switches on again" }, if done { "" } else { " in vain" });
            format!("{who} {what} the {kind:?} of Samina{how}")
        }
        24 | 25 if samina.spare.is_none() => {
            let done = walker.add_spare((system, samina)).await;
            for walker in [walker, other].into_iter().filter(|_| done) {
                // Nobody is without a key any more.
                walker.belief.recovered = None;
            }
            format!("{who} adds a key to those of Samina{}", if done { "" } else { " in vain" })
        }
        24 | 25 => {
            let (spare, done) = (samina.spare.as_ref().map(|(id, _)| *id), walker.remove_spare((system, samina)).await);
            for walker in [walker, other].into_iter().filter(|_| done) {
                walker.belief.key = walker.belief.key.filter(|(key, _)| Some(*key) != spare);
            }
            if done {
                samina.spare = None;
            }
            format!("{who} removes a key of Samina{}", if done { "" } else { " in vain" })
        }
        _ => return None,
    })
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
        1 | 19 => {
            let page = walker.browser.open(&format!("{id}/signin?next=/me&key=1")).await;
            let arrived = page.url.ends_with("/me");
            assert!(!arrived || walker.belief.key.is_some(), "{who} came to a page of keys: {:?}", walker.belief);
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
        26 => {
            walker.recover_by_pass(system).await;
            format!("{who} uses a temporary pass of Samina")
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
) -> Option<String> {
    let who = walker.name;
    let shows = |what: &str| page.body.contains(&format!("id=\"{what}\""));
    Some(match kind {
        2 | 23 | 29 if shows("signin") => {
            walker.sign_in(system, page, SAMINA).await;
            format!("{who} signs in as Samina")
        }
        3 if shows("signin") => {
            walker.sign_in(system, page, KIT).await;
            format!("{who} types Kit's password")
        }
        4 if shows("confirm") => {
            walker.confirm(page, &system.mailed_code(KIT).await).await;
            format!("{who} confirms the browser for Kit")
        }
        5 | 21 if shows("key") => {
            let code = system.code(SAMINA).await;
            walker.use_key((system, samina), page, (KeyKind::Soft, &code)).await;
            format!("{who} types Samina's code")
        }
        15 | 22 if shows("card-form") && !samina.card.is_empty() => {
            let code = samina.card.pop().unwrap_or_default();
            walker.use_key((system, samina), page, (KeyKind::Card, &code)).await;
            format!("{who} types a code of Samina's card")
        }
        27 | 28 if shows("card-form") && samina.spare.as_ref().is_some_and(|(_, codes)| !codes.is_empty()) => {
            walker.use_spare((system, samina), page).await;
            format!("{who} types a code of the card that was added")
        }
        11 | 12 if shows("with-passkey") || shows("passkey") => {
            let form = if shows("with-passkey") { "with-passkey" } else { "passkey" };
            walker.use_passkey((system, samina), page, (form, lie)).await;
            format!("{who} answers {form} {} Samina's passkey", if lie { "untruly with" } else { "with" })
        }
        6 if shows("signin") || shows("key") => {
            other.steal(page).await;
            format!("{} sends a form of {who}", other.name)
        }
        8 => {
            walker.throw_nonsense(system, page).await;
            format!("{who} throws nonsense at every step")
        }
        _ => return None,
    })
}

/// How often the walks got somewhere: without that, they show nothing.
#[derive(Debug, Default)]
struct Somewhere {
    entered: usize,
    keyed: [usize; 3],
    elsewhere: usize,
    for_a_day: usize,
    by_link: usize,
    added: usize,
    removed: usize,
    by_added: usize,
    suspended: usize,
    in_vain: usize,
}

impl Somewhere {
    fn count(&mut self, walk: &Walk<'_>, step: &str) {
        let any = |is: &dyn Fn(&Belief) -> bool| usize::from(walk.walkers.iter().any(|walker| is(&walker.belief)));
        self.entered += any(&|belief| belief.signed_in.is_some());
        for (count, kind) in self.keyed.iter_mut().zip(KINDS) {
            *count += any(&|belief| belief.key.is_some_and(|(key, _)| key == walk.samina.id(kind)));
        }
        self.elsewhere += any(&|belief| belief.signed_in == Some(ADAEZE));
        self.for_a_day += any(&|belief| belief.signed_in == Some(OTTILIE));
        self.by_link += usize::from(step.ends_with("by a mailed link"));
        self.added += usize::from(step.ends_with("to those of Samina"));
        self.removed += usize::from(step.contains(" removes ") && step.ends_with("Samina"));
        let spare = walk.samina.spare.as_ref().map(|(id, _)| *id);
        self.by_added += any(&|belief| belief.key.is_some_and(|(key, _)| Some(key) == spare));
        self.suspended += usize::from(step.contains(" suspends ") && step.ends_with("Samina"));
        self.in_vain += usize::from(step.ends_with("in vain"));
    }

    fn is_far(&self) -> bool {
        let keyed = self.keyed.iter().all(|times| *times > 5);
        keyed
            && self.entered > 50
            && self.elsewhere > 5
            && self.for_a_day > 5
            && self.by_link > 5
            && self.added > 5
            && self.removed > 2
            && self.by_added > 2
            && self.suspended > 2
            && self.in_vain > 5
    }
}

#[tokio::test]
async fn i_29_no_path_is_shorter_than_its_proofs() {
    let two = Two::start(&[]).await;
    let system = &two.below;
    let mut samina = Samina::with_passkey_and_codes(system).await;
    two.linked(ADAEZE).await;
    let mut somewhere = Somewhere::default();
    for seed in 0..WALKS {
        samina.day_pass = day_pass(system).await;
        samina.finds_what_was_lost(system).await;
        let walker = |name| Walker { name, browser: system.browser(), tabs: Vec::new(), belief: Belief::default() };
        let walkers = [walker("one"), walker("two")];
        let mut walk = Walk { two: &two, system, dice: SeededRandom::new(seed), walkers, samina: &mut samina };
        let mut trail = vec![format!("seed {seed}")];
        for _ in 0..STEPS {
            let step = walk.step().await;
            trail.push(step.clone());
            // A stolen form may sign its thief in with the password that they typed: that is their own proof.
            for walker in &mut walk.walkers {
                let page = walker.browser.open(&format!("{}/me", system.origin("id"))).await;
                let entered = page.body.contains("Signed in as Samina") && walker.belief.signed_in != Some(SAMINA);
                let stole = step.contains("sends a form of");
                assert!(!(stole && entered), "a form of another browser signed somebody in\n{}", trail.join("\n"));
            }
            walk.compare(&trail).await;
            somewhere.count(&walk, &step);
            // The provider elsewhere lives in the same time.
            two.above.clock.advance(system.clock.now().since(two.above.clock.now()));
        }
    }
    assert!(somewhere.is_far(), "the walks get somewhere: {somewhere:?}");
}
