//! A, M: coming back without a key, addresses, browsers that are not known, and guesses.

use idp_domain::session::Method;
use tests::system::{ADAEZE, CALLUM, JOSS, SAMINA};
use tests::{Browser, Page, System};

/// Has a password and no key.
const KIT: &str = "k.sallowfield@high.tamberwell.example";
/// Works at Briarholt, and at Larkmoor of the trust.
const ROSALIND: &str = "r.achterberg@briarholt.example";

pub async fn at_signin(system: &System) -> (Browser, Page) {
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/signin?next=/me", system.origin("id"))).await;
    (browser, page)
}

pub async fn wrong(browser: &mut Browser, page: &Page, login: &str, password: &str) -> Page {
    browser.fill(page, "signin", &[("login", login), ("password", password)]).await
}

/// Signed in with a fresh proof, on the page of keys.
async fn fresh(system: &System, login: &str) -> Browser {
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/signin?next=/me/keys&key=1", system.origin("id"))).await;
    let page = system.type_password(&mut browser, &page, login).await;
    let code = system.code(login).await;
    let page = browser.fill(&page, "key", &[("code", &code)]).await;
    assert!(page.body.contains("Security keys"), "{}", page.body);
    browser
}

fn printed(page: &Page) -> Vec<String> {
    let list = page.body.split("id=\"codes\">").nth(1).unwrap().split("</ol>").next().unwrap();
    list.split("<code>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

async fn ask_key(system: &System, browser: &mut Browser) -> Page {
    browser.open(&format!("{}/signin?next=/me&key=1", system.origin("id"))).await
}

#[tokio::test]
async fn m_06_recovery_codes_work_once_and_a_new_set_replaces_the_old() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = fresh(&system, SAMINA).await;
    let ask = browser.open(&format!("{id}/me/recovery-codes")).await;
    let page = browser.fill(&ask, "make", &[]).await;
    let old = printed(&page);
    assert_eq!((old.len(), page.header("cache-control")), (8, "no-store"));
    let page = browser.fill(&ask, "make", &[]).await;
    let new = printed(&page);
    let mut other = system.signed_in(SAMINA, "larkmoor").await;
    let lost = other.open(&format!("{id}/signin/lost")).await;
    let using = |code: &str| vec![("recovery", code.to_lowercase().replace(' ', "-"))];
    for (code, works) in [(&old[0], false), (&new[0], true), (&new[0], false), (&new[1], true)] {
        let fields = using(code);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = other.fill(&lost, "recovery-form", &fields).await;
        assert_eq!(page.body.contains("You are back"), works, "{code}: {}", page.body);
    }
    for _ in 0..6 {
        other.fill(&lost, "recovery-form", &[("recovery", "AAAAAAAAAA")]).await;
    }
    let page = other.fill(&lost, "recovery-form", &[("recovery", &new[2])]).await;
    assert!(page.body.contains("too many wrong codes"), "a right one waits as well: {}", page.body);
}

#[tokio::test]
async fn m_07_a_recovery_code_is_no_key() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = fresh(&system, SAMINA).await;
    let page = browser.open(&format!("{id}/me/recovery-codes")).await;
    let codes = printed(&browser.fill(&page, "make", &[]).await);
    let mut other = system.signed_in(SAMINA, "larkmoor").await;
    let lost = other.open(&format!("{id}/signin/lost")).await;
    let page = other.fill(&lost, "recovery-form", &[("recovery", &codes[0])]).await;
    assert!(page.body.contains("You are back"), "{}", page.body);
    let page = ask_key(&system, &mut other).await;
    assert!(page.body.contains("id=\"key\""), "a key is still asked for: {}", page.body);
    let page = other.open(&format!("{}/.lanyard/elevate?return=/records", system.origin("larkmoor"))).await;
    let page = other.fill(&page, "elevate", &[]).await;
    assert!(page.body.contains("id=\"key\""), "elevating, too: {}", page.body);
    let page = other.open(&format!("{id}/me/address")).await;
    assert!(page.body.contains("id=\"key\""), "nor does it change an address: {}", page.body);
    let page = other.post(&format!("{id}/me/address"), &[("email", "thief@larkmoor.tamberwell.example")]).await;
    assert!(!page.body.contains("id=\"confirm\""), "{}", page.body);
    let keys = other.open(&format!("{id}/me/keys?recovered=1")).await;
    let page = other.fill(&keys, "/me/keys", &[("act", "suspend")]).await;
    assert!(page.body.contains("Suspended"), "the lost one is suspended with it: {}", page.body);
    let code = system.code(SAMINA).await;
    let page = ask_key(&system, &mut other).await;
    assert!(!page.body.contains("id=\"key\""), "a suspended key is not offered: {}", page.body);
    let page = other.post(&format!("{id}/signin/key"), &[("attempt", attempt(&lost, &page)), ("code", &code)]).await;
    assert!(!page.url.ends_with("/me"), "and proves nothing");
    let page = other.open(&format!("{id}/me/keys/soft")).await;
    assert!(page.body.contains("id=\"secret\""), "a new key can be added: {}", page.body);
}

fn attempt<'a>(_: &Page, page: &'a Page) -> &'a str {
    page.url.split("attempt=").nth(1).unwrap_or("none")
}

#[tokio::test]
async fn m_10_a_printed_card_is_a_key_whose_codes_work_once() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = fresh(&system, JOSS).await;
    let page = browser.open(&format!("{id}/me/keys/card")).await;
    let codes = printed(&browser.fill(&page, "make", &[("name", "Printed card")]).await);
    assert_eq!(codes.len(), 10);
    let mut other = system.signed_in(JOSS, "larkmoor").await;
    for (code, works) in [(&codes[0], true), (&codes[0], false), (&codes[1], true)] {
        system.clock.advance(301);
        let page = ask_key(&system, &mut other).await;
        let page = other.fill(&page, "card-form", &[("card", &code.to_lowercase())]).await;
        assert_eq!(page.url.ends_with("/me"), works, "{code}: {}", page.body);
    }
}

#[tokio::test]
async fn m_11_a_pass_is_vouched_for_and_holds_elevation_at_another_trust() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut callum = system.admin(CALLUM).await;
    let form = callum.open(&format!("{id}/admin/pass")).await;
    let page = callum.fill(&form, "pass", &[("login", ROSALIND)]).await;
    assert!(page.status == 422 && page.body.contains("A telephone call is not enough"), "{}", page.body);
    let page = callum.fill(&form, "pass", &[("login", "c.umeh@briarholt.example"), ("seen", "face")]).await;
    assert!(page.status == 422, "somebody who works elsewhere only: {}", page.body);
    let page = callum.fill(&form, "pass", &[("login", CALLUM), ("seen", "face")]).await;
    assert!(page.status != 200, "nobody vouches for themselves: {}", page.body);
    let page = callum.fill(&form, "pass", &[("login", ROSALIND), ("seen", "face")]).await;
    let code = page.body.split("id=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let mut rosalind = system.signed_in(ROSALIND, "briarholt").await;
    let lost = rosalind.open(&format!("{id}/signin/lost")).await;
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let theirs = adaeze.open(&format!("{id}/signin/lost")).await;
    let page = adaeze.fill(&theirs, "pass-form", &[("pass", &code)]).await;
    assert!(!page.body.contains("You are back"), "somebody else's pass: {}", page.body);
    let page = rosalind.fill(&lost, "pass-form", &[("pass", &code)]).await;
    assert!(page.body.contains("You are back"), "{}", page.body);
    let again = rosalind.fill(&lost, "pass-form", &[("pass", &code)]).await;
    assert!(!again.body.contains("You are back"), "it works once: {}", again.body);
    system.settle().await;
    let told = system.demo.mailbox.all();
    for lead in [SAMINA, "c.umeh@briarholt.example", ROSALIND] {
        for what in ["A temporary pass was made", "A temporary pass was used"] {
            let knows = |(to, subject, _): &(String, String, String)| to == lead && subject == what;
            assert!(told.iter().any(knows), "{lead} is told: {what}");
        }
    }
    let held = system.elevate(&mut rosalind, ROSALIND, "briarholt").await;
    assert_eq!(held.status, 403, "with a key that works: {}", held.body);
    let page = rosalind.open(&format!("{id}/me/access")).await;
    assert!(page.body.contains("Elevating is on hold until Briarholt"), "{}", page.body);
    let mut cedric = system.admin("c.umeh@briarholt.example").await;
    let person = system.person(ROSALIND).await;
    let page = cedric.open(&format!("{id}/admin/people/{}", person.id)).await;
    cedric.fill(&page, "confirm", &[]).await;
    // Word of it reaches the school.
    system.settle().await;
    let page = rosalind.open(&format!("{id}/me/access")).await;
    assert!(!page.body.contains("on hold"), "{}", page.body);
    let page = system.elevate(&mut rosalind, ROSALIND, "briarholt").await;
    assert_eq!(page.status, 200, "{}", page.body);
}

#[tokio::test]
async fn a_new_browser_is_confirmed_by_a_mailed_code() {
    let system = System::start().await;
    let (mut browser, page) = at_signin(&system).await;
    let page = browser.fill(&page, "signin", &[("login", KIT), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.body.contains("id=\"confirm\""), "{}", page.body);
    assert!(browser.cookie("id.lanyard.localhost", "lanyard").is_none(), "nobody is signed in yet");
    let home = browser.open(&format!("{}/me", system.origin("id"))).await;
    assert!(home.body.contains("id=\"signin\""), "and no page opens");
    let code = system.mailed_code(KIT).await;
    let mut stranger = system.browser();
    let elsewhere = stranger.open(&page.url).await;
    assert!(!elsewhere.body.contains("id=\"confirm\""), "the attempt belongs to its browser: {}", elsewhere.body);
    for guess in ["000000", "111111", "222222", "333333", "444444"] {
        assert!(browser.fill(&page, "confirm", &[("code", guess)]).await.body.contains("That code is not right"));
    }
    let page = browser.fill(&page, "confirm", &[("code", &code)]).await;
    assert!(page.body.contains("no longer works"), "five wrong tries use it up: {}", page.body);
    system.clock.advance(61);
    let page = browser.fill(&page, "resend", &[]).await;
    let code = system.mailed_code(KIT).await;
    let page = browser.fill(&page, "confirm", &[("code", &code)]).await;
    assert!(page.url.ends_with("/me"), "{} {}", page.url, page.body);
    system.clock.advance(2);
    let page = browser.open(&format!("{}/signin?again=1&next=/me", system.origin("id"))).await;
    let page = browser.fill(&page, "signin", &[("login", KIT), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.url.ends_with("/me"), "a known browser is not asked again: {}", page.body);
}

#[tokio::test]
async fn a_08_a_sprayed_password_waits_and_a_school_behind_one_address_does_not() {
    let system = System::start().await;
    let (mut browser, page) = at_signin(&system).await;
    for number in 0..20 {
        let last =
            wrong(&mut browser, &page, &format!("n.{number}@larkmoor.tamberwell.example"), "Autumn in 2026!").await;
        assert!(last.body.contains("Check your email address"), "{number}: {}", last.body);
    }
    let last = wrong(&mut browser, &page, "n.20@larkmoor.tamberwell.example", "Autumn in 2026!").await;
    assert!(last.body.contains("then try again"), "the same password again: {}", last.body);
    let (mut colleague, page) = at_signin(&system).await;
    let page = wrong(&mut colleague, &page, SAMINA, lanyard::demo::PASSWORD).await;
    assert!(page.url.ends_with("/me"), "a colleague behind the same address signs in: {}", page.body);
}

#[tokio::test]
async fn a_11_a_strangers_guesses_do_not_keep_the_head_out() {
    let system = System::start().await;
    let (mut own, page) = at_signin(&system).await;
    let page = wrong(&mut own, &page, SAMINA, lanyard::demo::PASSWORD).await;
    assert!(page.url.ends_with("/me"));
    let mut stranger = system.browser();
    for number in 0..10 {
        let form = stranger.open(&format!("{}/signin", system.origin("id"))).await;
        wrong(&mut stranger, &form, SAMINA, &format!("wrong {number}")).await;
        system.clock.advance(301);
    }
    let form = stranger.open(&format!("{}/signin", system.origin("id"))).await;
    let last = wrong(&mut stranger, &form, SAMINA, lanyard::demo::PASSWORD).await;
    assert!(last.body.contains("Password sign-in is paused until "), "{}", last.body);
    let ways = "on this device. You can use a passkey, a device you have used before, or reset your password.";
    assert!(last.body.contains(ways), "{}", last.body);
    system.settle().await;
    let told = system.demo.mailbox.all();
    assert!(told.iter().any(|(to, subject, _)| to == SAMINA && subject == "Someone tried to sign in as you"));
    let page = own.open(&format!("{}/signin?again=1&next=/me", system.origin("id"))).await;
    let page = wrong(&mut own, &page, SAMINA, lanyard::demo::PASSWORD).await;
    assert!(page.url.ends_with("/me"), "a browser that is known goes on: {}", page.body);
}

#[tokio::test]
async fn a_08_parallel_guesses_are_all_counted() {
    let system = System::start().await;
    let signin = system.demo.assembled.signin.clone();
    let tries = (0..500).map(|number| {
        let signin = signin.clone();
        tokio::spawn(async move {
            let browser = idp_domain::SecretHash(format!("browser {number}"));
            let from = idp_signin::throttle::TriedFrom { browser: &browser, address: None };
            let outcome = signin.check_password(SAMINA, "wrong", from).await;
            matches!(outcome, Err(idp_signin::Refusal::Wrong | idp_signin::Refusal::Busy))
        })
    });
    let mut let_through = 0;
    for one in tries.collect::<Vec<_>>() {
        let_through += usize::from(one.await.unwrap());
    }
    assert!(let_through <= 6, "{let_through} of 500 tries at once were looked at");
}

#[tokio::test]
async fn a_15_a_password_is_changed_with_the_old_one() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    let mut elsewhere = system.signed_in(SAMINA, "larkmoor").await;
    let form = browser.open(&format!("{id}/me/password")).await;
    let page = browser.fill(&form, "change", &[("old", "wrong"), ("password", "violet anchor meadow")]).await;
    assert!(page.status == 422 && page.body.contains("That is not your password"), "{}", page.body);
    let fields = [("old", lanyard::demo::PASSWORD), ("password", "short")];
    let page = browser.fill(&form, "change", &fields).await;
    assert!(
        page.body.contains("Password must be 12 characters or more. Three random words work well."),
        "{}",
        page.body
    );
    let fields = [("old", lanyard::demo::PASSWORD), ("password", "violet anchor meadow")];
    let page = browser.fill(&form, "change", &fields).await;
    assert!(page.url.ends_with("/me"), "this browser goes on: {}", page.body);
    let page = elsewhere.open(&format!("{id}/me")).await;
    assert!(page.body.contains("id=\"signin\""), "every other one is signed out");
}

#[tokio::test]
async fn a_16_an_address_is_changed_with_proofs_and_can_be_undone() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    let page = browser.open(&format!("{id}/me/address")).await;
    assert!(page.body.contains("id=\"key\""), "a fresh proof comes first: {}", page.body);
    let mut browser = fresh(&system, SAMINA).await;
    let form = browser.open(&format!("{id}/me/address")).await;
    let new = "samina.new@larkmoor.tamberwell.example";
    for (typed, words) in [
        ("samina", "in the correct format"),
        ("office@larkmoor.tamberwell.example", "shared mailbox"),
        (SAMINA, "use already"),
    ] {
        assert!(browser.fill(&form, "address", &[("email", typed)]).await.body.contains(words), "{typed}");
    }
    let before = system.mails_written().await;
    let page = browser.fill(&form, "address", &[("email", ADAEZE)]).await;
    assert!(page.body.contains("If the new address can be used"), "somebody's address looks like any other");
    assert_eq!(system.mails_written().await, before + 1, "and as much is written for it (A-06)");
    let page = browser.fill(&form, "address", &[("email", new)]).await;
    let code = system.mailed_code(new).await;
    let wrong = browser.fill(&page, "confirm", &[("code", "000000")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("That code is not right"), "{}", wrong.body);
    let page = browser.fill(&page, "confirm", &[("code", &code)]).await;
    assert!(page.body.contains(new), "{}", page.body);
    system.settle().await;
    let told = system.demo.mailbox.all();
    let notice = told.iter().rev().find(|(to, ..)| to == SAMINA).unwrap();
    assert_eq!(notice.1, "Your email address is changing");
    let undo = notice.2.lines().find(|line| line.contains("/undo-address?token=")).unwrap();
    let mut old = system.signed_in(SAMINA, "larkmoor").await;
    assert!(old.open(&format!("{id}/me")).await.body.contains(new), "the old address signs in, as an alias");
    // A second change would leave the owner of the first address with a link that undoes nothing.
    system.clock.advance(6 * 86_400);
    let mut thief = fresh(&system, new).await;
    let form = thief.open(&format!("{id}/me/address")).await;
    let again = thief.fill(&form, "address", &[("email", "thief@larkmoor.tamberwell.example")]).await;
    assert!(again.status == 422 && again.body.contains("7 days after"), "{}", again.body);
    let mut reader = system.browser();
    let page = reader.open(undo).await;
    assert!(system.person(new).await.email.unwrap().as_str() == new, "looking undoes nothing");
    let page = reader.fill(&page, "undo", &[]).await;
    assert!(page.body.contains("Your email address is back"), "{}", page.body);
    assert_eq!(system.person(SAMINA).await.email.unwrap().as_str(), SAMINA);
    assert!(browser.open(&format!("{id}/me")).await.body.contains("id=\"signin\""), "signed out everywhere");
    assert!(reader.open(undo).await.body.contains("has been used"));
}

#[tokio::test]
async fn a_17_a_mailbox_of_a_school_that_somebody_left_resets_nothing_and_can_be_somebody_elses() {
    let system = System::start().await;
    let id = system.origin("id");
    let adaeze = system.person(ADAEZE).await;
    let site = system.site("larkmoor").await;
    let store = &system.demo.assembled.context.store;
    let place = store.membership_at(adaeze.id, site.id).await.unwrap().unwrap();
    let mut joss = system.admin(JOSS).await;
    joss.post(&format!("{id}/admin/memberships/{}", place.id), &[("group", "teacher"), ("status", "ended")]).await;
    system.settle().await;
    let before = system.demo.mailbox.all().len();
    let mut browser = system.browser();
    let page = browser.open(&format!("{id}/first-time")).await;
    browser.fill(&page, "/first-time", &[("email", ADAEZE)]).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    system.settle().await;
    let mails: Vec<_> = system.demo.mailbox.all().into_iter().skip(before).filter(|(to, ..)| to == ADAEZE).collect();
    assert!(mails.is_empty(), "no link to a mailbox that she has left: {mails:?}");
    let fields = [
        ("site", "larkmoor"),
        ("first_name", "Ada"),
        ("last_name", "Fairbrass"),
        ("email", ADAEZE),
        ("group", "recorder"),
    ];
    let form = joss.open(&format!("{id}/admin/people/invite")).await;
    let page = joss.fill(&form, "/admin/people/invite", &fields).await;
    assert!(page.body.contains("Ada Fairbrass"), "{}", page.body);
    let heir = system.person(ADAEZE).await;
    assert_ne!(heir.id, adaeze.id, "a new identity, with nothing of the old one");
    assert!(heir.password.is_none() && store.keys_of(heir.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn amr_says_what_was_used() {
    let system = System::start().await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    system.elevate(&mut browser, SAMINA, "larkmoor").await;
    let store = &system.demo.assembled.context.store;
    let session = store.sessions_of(system.person(SAMINA).await.id).await.unwrap().remove(0);
    assert_eq!(session.method, Method::Password);
    let words = |amr: Vec<idp_domain::Amr>| serde_json::to_string(&amr).unwrap();
    assert_eq!(words(session.amr(session.key_proof.as_ref())), r#"["pwd","otp","mfa"]"#);
    assert_eq!(words(session.amr(None)), r#"["pwd"]"#);
}
