//! What helps people on: mail that does not arrive, links that are over, a lost key, the wrong person at the computer, a
//! session that is about to end.

use idp_domain::Clock;
use tests::system::{ADAEZE, CALLUM, JOSS, SAMINA, WILF};
use tests::{Browser, System};

const KIT: &str = "k.sallowfield@high.tamberwell.example";

fn told(system: &System, to: &str, subject: &str) -> Option<String> {
    let mails = system.demo.mailbox.all();
    mails
        .iter()
        .rev()
        .find(|(address, about, _)| address == to && about.contains(subject))
        .map(|(.., text)| text.clone())
}

async fn with_fresh_key(system: &System, login: &str, next: &str) -> Browser {
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/signin?next={next}&key=1", system.origin("id"))).await;
    let page = system.type_password(&mut browser, &page, login).await;
    let code = system.code(login).await;
    browser.fill(&page, "key", &[("code", &code)]).await;
    browser
}

#[tokio::test]
async fn a_link_that_does_not_arrive_is_sent_again_or_the_school_is_asked() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(page.body.contains("/first-time?site=larkmoor"), "{}", page.body);
    let page = browser.open(&format!("{id}/first-time?site=larkmoor")).await;
    let sent = browser.fill(&page, "first-time", &[("email", "nobody@larkmoor.tamberwell.example")]).await;
    let early = browser.fill(&sent, "resend", &[]).await;
    assert!(early.status == 422 && early.body.contains("Email can take a few minutes"), "{}", early.body);
    system.clock.advance(61);
    let again = browser.fill(&sent, "resend", &[]).await;
    assert!(again.status == 200 && again.body.contains("we have sent a new link"), "{}", again.body);
    let page = browser.fill(&sent, "check", &[("name", "")]).await;
    assert!(page.status == 422 && page.body.contains("Enter your name"), "{}", page.body);
    let page = browser.fill(&sent, "check", &[("name", "Nora <b>Body</b>")]).await;
    assert!(page.body.contains("We have asked your school"), "{}", page.body);
    system.settle().await;
    let text = told(&system, JOSS, "needs a check").unwrap();
    assert!(text.contains("Nora <b>Body</b> says") && text.contains("nobody@larkmoor.tamberwell.example"), "{text}");
    for _ in 0..3 {
        browser.fill(&sent, "check", &[("name", "Nora")]).await;
    }
    system.settle().await;
    let count =
        system.demo.mailbox.all().iter().filter(|(to, about, _)| to == JOSS && about.contains("a check")).count();
    assert_eq!(count, 2, "an admin's mailbox is not bombed");
}

#[tokio::test]
async fn whoever_holds_an_old_invitation_has_a_new_one_sent_to_where_it_came_from() {
    let system = System::start().await;
    let link = system.mailed_link(WILF).await;
    system.clock.advance(15 * 24 * 3600);
    let mut browser = system.browser();
    let page = browser.open(&link).await;
    assert!(
        page.status == 410 && page.body.contains("This link stopped working after 14 days. We can send you a new one."),
        "{}",
        page.body
    );
    assert!(!page.body.contains(WILF), "whose it was is not shown: {}", page.body);
    let page = browser.fill(&page, "again", &[]).await;
    assert!(page.body.contains("sent a new one to the same address"), "{}", page.body);
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let new = system.mailed_link(WILF).await;
    assert_ne!(new, link);
    assert!(told(&system, WILF, "create or reset").unwrap().contains("for 14 days"), "an invitation stays one");
    let page = browser.open(&new).await;
    assert!(page.body.contains("This is for Wilf Attenbrow"), "{}", page.body);
    let page = browser.post(&format!("{}/link/again", system.origin("id")), &[("token", "nonsense")]).await;
    assert!(page.body.contains("sent a new one to the same address"), "the same answer: {}", page.body);
}

#[tokio::test]
async fn the_next_person_at_a_computer_goes_on_without_the_first_ones_session() {
    let system = System::start().await;
    let site = system.origin("larkmoor");
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let page = browser.open(&format!("{site}/.lanyard/elevate?return=/records")).await;
    let key = browser.fill(&page, "elevate", &[]).await;
    assert!(key.body.contains("You are signed in as Adaeze Fairbrass. Not you?"), "{}", key.body);
    let page = browser.fill(&key, "switch", &[]).await;
    assert!(page.body.contains("id=\"signin\"") && page.body.contains("Larkmoor"), "{}", page.body);
    let sessions = system.demo.assembled.context.store.sessions_of(system.person(ADAEZE).await.id).await.unwrap();
    assert!(sessions.is_empty());
    let page = system.type_password(&mut browser, &page, SAMINA).await;
    assert!(page.body.contains("You are signed in as Samina Dalgleish"), "{}", page.body);
}

#[tokio::test]
async fn a_lost_key_is_suspended_after_another_one_was_used() {
    let system = System::start().await;
    let (id, site) = (system.origin("id"), system.origin("larkmoor"));
    let store = &system.demo.assembled.context.store;
    let person = system.person(ADAEZE).await.id;
    let mut browser = with_fresh_key(&system, ADAEZE, "/me/keys").await;
    let page = browser.open(&format!("{id}/me/keys/card")).await;
    let page = browser.fill(&page, "make", &[("name", "Card")]).await;
    let code = page.body.split("<code>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let page = browser.open(&format!("{id}/me/keys")).await;
    assert!(page.body.contains("Not used yet") && page.body.contains("Counts at: Larkmoor"), "{}", page.body);
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let page = browser.open(&format!("{site}/.lanyard/elevate?return=/records")).await;
    let page = browser.fill(&page, "elevate", &[]).await;
    let attempt = page.url.split("attempt=").nth(1).unwrap().to_owned();
    let lost = browser.open(&format!("{id}/signin/lost?attempt={attempt}")).await;
    assert!(lost.body.contains(&format!("/signin/key?attempt={attempt}&amp;lost=1")), "{}", lost.body);
    let page = browser.open(&format!("{id}/signin/key?attempt={attempt}&lost=1")).await;
    let page = browser.fill(&page, "card-form", &[("card", &code)]).await;
    assert!(page.body.contains("Suspend the key that you lost"), "{}", page.body);
    let soft = store.keys_of(person).await.unwrap().into_iter().find(|key| key.last_step > 0).unwrap();
    let fields =
        [("key", soft.id.to_string()), ("act", "suspend".into()), ("lost", "1".into()), ("attempt", attempt.clone())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = browser.post(&format!("{id}/me/keys"), &fields).await;
    assert!(page.body.contains("id=\"carry-on\""), "{}", page.body);
    let keys = store.keys_of(person).await.unwrap();
    assert!(!keys.iter().find(|key| key.id == soft.id).unwrap().works());
    let page = browser.open(&format!("{id}/signin?attempt={attempt}")).await;
    assert!(page.url.starts_with(&site), "{} {}", page.url, page.body);
}

#[tokio::test]
async fn a_page_knows_when_its_session_ends_without_keeping_it() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let left = |page: &tests::Page| -> i64 {
        serde_json::from_str::<serde_json::Value>(&page.body).unwrap()["left"].as_i64().unwrap()
    };
    let before = left(&browser.open(&format!("{id}/session")).await);
    system.clock.advance(600);
    let after = left(&browser.open(&format!("{id}/session")).await);
    assert_eq!(before - after, 600, "looking is no use");
    let kept = left(&browser.post(&format!("{id}/session"), &[]).await);
    assert_eq!(kept, 30 * 60);
    system.clock.advance(30 * 60);
    assert_eq!(left(&browser.open(&format!("{id}/session")).await), 0);
    assert_eq!(left(&browser.post(&format!("{id}/session"), &[]).await), 0, "nothing brings it back");
    // The trust says how long before the end people are warned.
    let store = &system.demo.assembled.context.store;
    let mut trust = store.trust(system.site("larkmoor").await.trust.unwrap()).await.unwrap().unwrap();
    trust.settings.warning_seconds = 300;
    store.save_trust(&trust, idp_store::Effects::none()).await.unwrap();
    let mut again = system.signed_in(ADAEZE, "larkmoor").await;
    let told = again.open(&format!("{id}/session")).await.body;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&told).unwrap()["warn"], 300, "{told}");
    let page = browser.open(&format!("{id}/signed-out?late=1&next=//evil.example")).await;
    assert!(
        page.body.contains("after a while without use") && page.body.contains("/signin?next=%2F\""),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn an_older_address_can_be_given_up_once_the_change_cannot_be_undone() {
    let system = System::start().await;
    let id = system.origin("id");
    let new = "adaeze.fairbrass@larkmoor.tamberwell.example";
    let mut browser = with_fresh_key(&system, ADAEZE, "/me/address").await;
    let page = browser.open(&format!("{id}/me/address")).await;
    let page = browser.fill(&page, "address", &[("email", new)]).await;
    let code = system.mailed_code(new).await;
    browser.fill(&page, "code", &[("code", &code)]).await;
    let page = browser.open(&format!("{id}/me/address")).await;
    assert!(page.body.contains("Older addresses") && page.body.contains(ADAEZE), "{}", page.body);
    let give_up = [("login", ADAEZE)];
    let page = browser.fill(&page, "/me/address/alias", &give_up).await;
    assert!(page.status == 422 && page.body.contains("7 days after you changed it"), "{}", page.body);
    let page = browser.post(&format!("{id}/me/address/alias"), &[("login", SAMINA)]).await;
    assert_eq!(page.status, 404, "somebody else's");
    system.clock.advance(7 * 24 * 3600);
    let mut browser = with_fresh_key(&system, new, "/me/address").await;
    let page = browser.post(&format!("{id}/me/address/alias"), &give_up).await;
    assert!(page.status == 200 && !page.body.contains("Older addresses"), "{}", page.body);
    let store = &system.demo.assembled.context.store;
    assert!(store.person_by_login(ADAEZE).await.unwrap().is_none(), "it signs nobody in any more");
}

#[tokio::test]
async fn activity_is_read_page_by_page() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let (store, person) = (&system.demo.assembled.context.store, system.person(ADAEZE).await.id);
    for number in 0..150 {
        let entry = idp_domain::audit::AuditEntry::new(system.clock.now(), "test", format!("Event number {number}."));
        store.record(idp_store::Effects::audit(entry.about(person))).await.unwrap();
    }
    let first = browser.open(&format!("{id}/me/activity")).await;
    assert!(first.body.contains("Event number 149.") && !first.body.contains("Event number 49."), "{}", first.body);
    assert!(first.body.contains("/me/activity?page=2") && !first.body.contains("page=0"));
    let second = browser.open(&format!("{id}/me/activity?page=2")).await;
    assert!(second.body.contains("Event number 49.") && second.body.contains("Event number 0."), "{}", second.body);
    assert!(second.body.contains("page=1") && !second.body.contains("page=3"));
}

#[tokio::test]
async fn a_slow_telephone_is_named_while_its_key_is_added_and_a_second_phone_gets_a_number() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.browser();
    let page = browser.open(&format!("{id}/signin")).await;
    system.type_password(&mut browser, &page, KIT).await;
    for name in ["My phone", "My phone 2"] {
        let page = browser.open(&format!("{id}/me/keys/soft")).await;
        let secret = page.body.split("id=\"secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
        let early = tests::system::code_of(&secret, &system);
        system.clock.advance(120);
        let wrong = browser.fill(&page, "add", &[("name", "My phone"), ("code", &early)]).await;
        assert!(wrong.status == 422, "{}", wrong.body);
        let early = {
            system.clock.advance(-90);
            let code = tests::system::code_of(&secret, &system);
            system.clock.advance(120);
            code
        };
        let wrong = browser.fill(&page, "add", &[("name", "My phone"), ("code", &early)]).await;
        assert!(wrong.body.contains("Your phone’s clock is about"), "{}", wrong.body);
        let code = tests::system::code_of(&secret, &system);
        let page = browser.fill(&page, "add", &[("name", "My phone"), ("code", &code)]).await;
        assert!(page.body.contains(&format!("<h2>{name}")), "{}", page.body);
    }
}

#[tokio::test]
async fn one_site_is_opened_and_several_are_listed() {
    let system = System::start().await;
    let id = system.origin("id");
    for (login, own) in [(ADAEZE, Some("larkmoor")), (SAMINA, None)] {
        let mut browser = system.browser();
        let page = browser.open(&format!("{id}/signin")).await;
        let page = system.type_password(&mut browser, &page, login).await;
        browser.open(&format!("{id}/me/notifications")).await;
        browser.post(&format!("{id}/me/notifications"), &[]).await;
        let page = if own.is_some() { browser.open(&format!("{id}/start")).await } else { page };
        match own {
            Some(slug) => assert!(page.url.starts_with(&system.origin(slug)), "{} {}", page.url, page.body),
            None => assert!(page.body.contains("My sites"), "{}", page.body),
        }
        assert!(browser.open(&format!("{id}/")).await.body.contains("My sites"), "the list stays one click away");
    }
}

#[tokio::test]
async fn support_knows_the_school_and_who_asks() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut stranger = system.browser();
    let page = stranger.open(&format!("{id}/support?site=larkmoor")).await;
    assert!(page.body.contains("Who helps first") && page.body.contains("01632 960123"), "{}", page.body);
    stranger.fill(&page, "support", &[("from", "01632 960999"), ("text", "No mail comes")]).await;
    let mut samina = system.signed_in(SAMINA, "larkmoor").await;
    let page = samina.open(&format!("{id}/support")).await;
    assert!(page.body.contains("Which school is it about?") && page.body.contains(SAMINA), "{}", page.body);
    let fields = [("from", SAMINA), ("text", "The bar is gone"), ("site", "copperwick")];
    samina.fill(&page, "support", &fields).await;
    system.settle().await;
    let text = told(&system, "office@larkmoor.example", "Support request").unwrap();
    assert!(text.contains("Site: Larkmoor") && text.contains("No mail comes"), "{text}");
    let text = told(&system, "office@copperwick.example", "Support request").unwrap();
    assert!(text.contains("Signed in as: Samina Dalgleish") && text.contains("The bar is gone"), "{text}");
}

#[tokio::test]
async fn a_trusts_helpdesk_comes_after_the_school_and_before_the_supplier() {
    let system = System::start().await;
    let id = system.origin("id");
    let store = &system.demo.assembled.context.store;
    let trust = system.site("larkmoor").await.trust.unwrap();
    let mut callum = system.admin(CALLUM).await;
    let settings = format!("{id}/admin/trusts/{trust}");
    let form = callum.open(&settings).await;
    let wrong = [("helpdesk_email", "not an address"), ("helpdesk_phone", "01632 960777"), ("what", "helpdesk")];
    let page = callum.fill(&form, "helpdesk", &wrong).await;
    assert!(page.status == 422 && page.body.contains("in the correct format"), "{}", page.body);
    assert!(page.body.contains("not an address") && page.body.contains("01632 960777"), "what was typed is kept");
    assert_eq!(store.trust(trust).await.unwrap().unwrap().helpdesk.phone, "01632 960199", "and nothing was changed");
    let right = [("helpdesk_email", "it@tamberwell.example"), ("helpdesk_phone", "01632 960777"), ("what", "helpdesk")];
    callum.fill(&form, "helpdesk", &right).await;
    let mut joss = system.admin(JOSS).await;
    assert_eq!(joss.open(&settings).await.status, 404, "an admin of a school does not manage the trust");
    let page = joss.post(&format!("{settings}/helpdesk"), &right).await;
    assert_eq!(page.status, 404, "{}", page.body);
    let mut stranger = system.browser();
    let page = stranger.open(&format!("{id}/support?site=larkmoor")).await;
    let (school, helpdesk) = (page.body.find("01632 960123"), page.body.find("01632 960777"));
    assert!(school.is_some() && school < helpdesk, "{}", page.body);
    // A school without a mailbox of its own.
    let mut site = system.site("larkmoor").await;
    site.settings.support_email = String::new();
    store.save_site(&site, idp_store::Effects::none()).await.unwrap();
    stranger.fill(&page, "support", &[("from", "01632 960999"), ("text", "No mail comes")]).await;
    system.settle().await;
    assert!(told(&system, "it@tamberwell.example", "Support request").is_some());
}

#[tokio::test]
async fn somebody_new_has_a_week_to_add_the_key_that_their_role_needs() {
    let system = System::start().await;
    let id = system.origin("id");
    let store = &system.demo.assembled.context.store;
    let person = system.person(ADAEZE).await.id;
    for key in store.keys_of(person).await.unwrap() {
        store.suspend_key(person, key.id, Some(system.clock.now()), idp_store::Effects::none()).await.unwrap();
    }
    let membership = store.memberships_of(person).await.unwrap().remove(0);
    let due = membership.created_at.plus(7 * 86_400);
    assert!(system.clock.now() < due, "the demo's people came this morning");
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let page = browser.open(&format!("{id}/")).await;
    let words = format!("Add a key by {}", idp_domain::london::show_date(due));
    assert!(page.body.contains(&words), "{words}: {}", page.body);
    let mut callum = system.admin(CALLUM).await;
    let line = |body: &str| {
        let row = body.split("<tr>").find(|row| row.contains("Adaeze Fairbrass")).unwrap_or_default();
        row.contains("No key yet")
    };
    let people = callum.open(&format!("{id}/admin/people?text=Adaeze")).await;
    assert!(people.body.contains("Adaeze Fairbrass") && !line(&people.body), "not yet: {}", people.body);
    system.clock.advance(7 * 86_400);
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let page = browser.open(&format!("{id}/")).await;
    assert!(page.body.contains("Needs a key"), "{}", page.body);
    let mut callum = system.admin(CALLUM).await;
    let people = callum.open(&format!("{id}/admin/people?text=Adaeze")).await;
    assert!(line(&people.body), "{}", people.body);
    let sites = callum.open(&format!("{id}/admin/sites")).await;
    assert!(sites.body.contains("without a key"), "{}", sites.body);
}

#[tokio::test]
async fn a_printed_card_has_a_name_of_its_own() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = with_fresh_key(&system, ADAEZE, "/me/keys").await;
    let form = browser.open(&format!("{id}/me/keys/card")).await;
    let long = "x".repeat(41);
    for name in ["", "  ", &long] {
        let page = browser.fill(&form, "make", &[("name", name)]).await;
        assert!(page.status == 422 && page.body.contains("Enter a name for this key"), "{name}: {}", page.body);
        assert!(page.body.contains("<h1>Printed code card</h1>"), "{}", page.body);
    }
    browser.fill(&form, "make", &[("name", "Red purse")]).await;
    let page = browser.open(&format!("{id}/me/keys")).await;
    assert!(page.body.contains("Red purse"), "{}", page.body);
}

#[tokio::test]
async fn a_recovery_code_is_told_to_the_leads_and_the_trust() {
    let system = System::start().await;
    let person = system.person(ADAEZE).await;
    let codes = system.demo.assembled.signin.new_recovery_codes(&person, "").await.unwrap();
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let lost = browser.open(&format!("{}/signin/lost", system.origin("id"))).await;
    let page = browser.fill(&lost, "recovery-form", &[("recovery", &codes[0])]).await;
    assert!(page.body.contains("You are back"), "{}", page.body);
    system.settle().await;
    for (to, words) in [
        (ADAEZE, "One of your recovery codes"),
        (SAMINA, "Adaeze Fairbrass used a recovery code"),
        ("c.threadgold@tamberwell.example", "Adaeze Fairbrass used a recovery code"),
    ] {
        let text = told(&system, to, "A recovery code was used").unwrap_or_default();
        assert!(text.contains(words), "{to}: {text}");
    }
}
