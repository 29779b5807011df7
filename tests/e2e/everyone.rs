//! Pages of everybody: requests, notifications, how pages look, service status, the concern form on paper.

use tests::system::{ADAEZE, JOSS, SAMINA};
use tests::{Browser, System};

/// Site admin of Copperwick.
const ISOLDE: &str = "i.karimi@copperwick.tamberwell.example";

/// Teaches at the high school, and writes concerns down at Copperwick.
const PAVEL: &str = "p.lindqvist-roe@high.tamberwell.example";
/// Site admin of the high school.
const FREYA: &str = "f.montague-diallo@high.tamberwell.example";

async fn ask(system: &System, browser: &mut Browser, reason: &str) {
    let page = browser.open(&format!("{}/ask-access?site=copperwick", system.origin("id"))).await;
    browser.fill(&page, "ask", &[("reason", reason)]).await;
}

#[tokio::test]
async fn a_request_is_seen_by_who_asked_and_by_who_decides() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    ask(&system, &mut adaeze, "I cover 3A on Fridays").await;
    ask(&system, &mut adaeze, "Once more").await;
    system.settle().await;
    let asked = |to: &str| {
        let mails = system.demo.mailbox.all();
        mails.iter().filter(|(one, subject, _)| one == to && subject.starts_with("Someone asks")).count()
    };
    assert_eq!(asked(ISOLDE), 1, "asking again before anybody has answered tells nobody");
    let own = adaeze.open(&format!("{id}/me/requests")).await.body;
    assert!(own.contains("Access to Copperwick Junior Academy") && own.contains("Waiting for a decision"), "{own}");
    assert!(!own.contains("To approve"), "{own}");

    let mut stranger = system.admin(JOSS).await;
    let elsewhere = stranger.open(&format!("{id}/admin/approvals")).await.body;
    assert!(!elsewhere.contains("3A on Fridays"), "another school's requests: {elsewhere}");

    let mut isolde = system.admin(ISOLDE).await;
    let todo = isolde.open(&format!("{id}/me/requests")).await.body;
    assert!(todo.contains("1 request waits for you."), "{todo}");
    let page = isolde.open(&format!("{id}/admin/approvals")).await;
    assert!(
        page.body.contains("Adaeze Fairbrass asks for Copperwick") && page.body.contains("I cover 3A"),
        "{}",
        page.body
    );
    let faulty = isolde.fill(&page, "/admin/requests", &[("reason", " ")]).await;
    assert!(faulty.status == 422 && faulty.body.contains("Enter a reason, up to 500 characters"), "{}", faulty.body);
    let request = page.body.split("name=\"request\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let foreign = stranger.post(&format!("{id}/admin/requests"), &[("request", &request), ("reason", "No")]).await;
    assert_eq!(foreign.status, 404, "{}", foreign.body);
    isolde.fill(&page, "/admin/requests", &[("reason", "Fridays are covered")]).await;
    system.settle().await;
    let mails = system.demo.mailbox.all();
    let mail = mails.iter().rev().find(|(to, ..)| to == ADAEZE).unwrap();
    assert!(mail.1.contains("was not approved") && mail.2.contains("Fridays are covered"), "{mail:?}");
    let own = adaeze.open(&format!("{id}/me/requests")).await.body;
    assert!(own.contains("Not approved: Fridays are covered"), "{own}");
}

#[tokio::test]
async fn a_request_is_answered_by_giving_access() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    ask(&system, &mut adaeze, "I cover 3B too").await;
    let mut isolde = system.admin(ISOLDE).await;
    let page = isolde.open(&format!("{id}/admin/approvals")).await;
    let give = page.body.split("href=\"/admin/people/invite?").nth(1).unwrap().split('"').next().unwrap();
    let give = give.replace("&#38;", "&");
    let form = isolde.open(&format!("{id}/admin/people/invite?{give}")).await;
    let filled = form.body.contains(&format!("value=\"{ADAEZE}\"")) && form.body.contains("value=\"Fairbrass\"");
    assert!(filled, "{}", form.body);
    let fields = [
        ("site", "copperwick"),
        ("first_name", "Adaeze"),
        ("last_name", "Fairbrass"),
        ("email", ADAEZE),
        ("group", "recorder"),
    ];
    isolde.fill(&form, "/admin/people/invite", &fields).await;
    let own = adaeze.open(&format!("{id}/me/requests")).await.body;
    assert!(own.contains("Approved"), "{own}");
    assert!(!isolde.open(&format!("{id}/admin/approvals")).await.body.contains("3B too"));
}

#[tokio::test]
async fn notifications_tell_what_happened_until_they_are_read() {
    let system = System::start().await;
    // What made the demonstration is read; this is later.
    system.clock.advance(5);
    let id = system.origin("id");
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let page = adaeze.open(&format!("{id}/me/notifications")).await;
    assert!(page.body.contains("You signed in somewhere new"), "{}", page.body);
    let page = adaeze.fill(&page, "read", &[]).await;
    assert!(!page.body.contains("Mark all as read") && !page.body.contains(">New<"), "{}", page.body);
    system.clock.advance(5);
    let mut joss = system.admin(JOSS).await;
    let person = system.person(ADAEZE).await;
    let page = joss.open(&format!("{id}/admin/people/{}", person.id)).await;
    let form = page.body.split("action=\"/admin/memberships/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("group", "teacher"), ("scope", "listed"), ("class", "elm"), ("status", "active")];
    let saved = joss.post(&format!("{id}/admin/memberships/{form}"), &fields).await;
    assert!(saved.status < 400, "{}", saved.body);
    let home = adaeze.open(&format!("{id}/")).await.body;
    assert!(home.contains("You have 1 new notification."), "{home}");
    let list = adaeze.open(&format!("{id}/me/notifications")).await.body;
    assert!(list.contains("Your access was changed") && list.contains("Joss Winterbourne changed"), "{list}");
    assert!(adaeze.open(&format!("{id}/me")).await.body.contains("1 new"));
    system.settle().await;
    let mails = system.demo.mailbox.all();
    let (_, _, text) =
        mails.iter().rev().find(|(to, subject, _)| to == ADAEZE && subject.contains("has changed")).unwrap();
    assert!(text.contains("They are now: Class teacher (elm)."), "{text}");
}

#[tokio::test]
async fn a_site_admin_hears_of_the_keys_of_those_who_may_see_records_at_that_school() {
    let system = System::start().await;
    system.clock.advance(5);
    let id = system.origin("id");
    let rename = async |login: &str| {
        let person = system.person(login).await.id;
        let key = system.demo.assembled.context.store.keys_of(person).await.unwrap().first().unwrap().id.to_string();
        let mut browser = system.admin(login).await;
        let fields = [("key", key.as_str()), ("act", "rename"), ("name", "Blue key")];
        let page = browser.post(&format!("{id}/me/keys"), &fields).await;
        assert!(page.body.contains("Blue key"), "{}", page.body);
    };
    let hears = async |admin: &str, name: &str| {
        let list = system.admin(admin).await.open(&format!("{id}/me/notifications")).await.body;
        list.contains("A colleague renamed a key") && list.contains(&format!("{name} renamed a key"))
    };
    // Leads safeguarding at Larkmoor and Copperwick, and is nobody at the high school.
    rename(SAMINA).await;
    assert!(hears(JOSS, "Samina Dalgleish").await && hears(ISOLDE, "Samina Dalgleish").await);
    assert!(!hears(FREYA, "Samina Dalgleish").await && !hears(ADAEZE, "Samina Dalgleish").await);
    // Teaches at the high school, and only writes concerns down at Copperwick.
    rename(PAVEL).await;
    assert!(hears(FREYA, "Pavel Lindqvist-Roe").await && !hears(ISOLDE, "Pavel Lindqvist-Roe").await);
    // One's own keys are one's own news.
    rename(JOSS).await;
    let list = system.admin(JOSS).await.open(&format!("{id}/me/notifications")).await.body;
    assert!(list.contains("Joss Winterbourne renamed a key"), "{list}");
    assert_eq!(list.matches("Joss Winterbourne renamed a key").count(), 1, "{list}");
}

#[tokio::test]
async fn language_and_text_size_hold_here_and_come_along() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let page = adaeze.open(&format!("{id}/me/display")).await;
    assert!(page.body.contains("class=\"text-normal\""), "{}", page.body);
    let wrong = adaeze.fill(&page, "display", &[("language", "xx"), ("size", "huge")]).await;
    assert_eq!(wrong.status, 400);
    let page = adaeze.fill(&page, "display", &[("language", "cy"), ("size", "larger")]).await;
    assert!(page.body.contains("<html lang=\"cy\" class=\"text-larger\">"), "{}", page.body);
    let mut home = system.browser();
    let page = home.open(&format!("{id}/signin")).await;
    assert!(page.body.contains("class=\"text-normal\""), "a browser that is not known: {}", page.body);
    let fields = [("login", ADAEZE), ("password", lanyard::demo::PASSWORD)];
    home.fill(&page, "signin", &fields).await;
    let page = home.open(&format!("{id}/me")).await;
    assert!(page.body.contains("<html lang=\"cy\" class=\"text-larger\">"), "{}", page.body);
}

#[tokio::test]
async fn the_status_page_says_what_is_late() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.browser();
    let page = browser.open(&format!("{id}/status")).await.body;
    assert!(page.contains("Signing in") && !page.contains("Not working"), "{page}");
    let mail = idp_store::Mail {
        to: "x@larkmoor.example".to_owned(),
        name: "X".to_owned(),
        what: idp_store::mails::MailKind::WrongCodes,
        language: idp_domain::Language::En,
        sender: String::new(),
        person: None,
    };
    let store = &system.demo.assembled.context.store;
    // Claimed before the worker gets it, as by one that died with it in hand.
    loop {
        store.record(idp_store::Effects::none().mail(mail.clone())).await.unwrap();
        if !store.claim("mail", idp_domain::Clock::now(&*system.clock), 7200, 1).await.unwrap().is_empty() {
            break;
        }
    }
    assert!(browser.open(&format!("{id}/status")).await.body.contains("Working"), "a mail under way is not late");
    system.clock.advance(11 * 60);
    let page = browser.open(&format!("{id}/status")).await.body;
    assert!(page.contains("Not working") && page.contains("Emails are late"), "{page}");
}

#[tokio::test]
async fn a_concern_can_be_written_on_paper_without_signing_in() {
    let system = System::start().await;
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/concern-form?site=larkmoor", system.origin("id"))).await;
    assert!(page.body.contains("Larkmoor Primary School") && page.body.contains("Received by (DSL)"), "{}", page.body);
    let page = browser.open(&format!("{}/concern-form?site=nowhere", system.origin("id"))).await;
    assert!(page.status == 200 && page.body.contains("Concern form"), "{}", page.body);
}
