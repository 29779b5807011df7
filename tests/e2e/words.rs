//! What people are told when something is wrong: the product page's words, and nothing is lost.

use idp_domain::membership::Membership;
use idp_domain::{Clock, london};
use idp_store::Effects;
use tests::System;
use tests::system::{ADAEZE, SAMINA};

#[tokio::test]
async fn the_sign_in_page_says_what_to_mend() {
    let system = System::start().await;
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/signin", system.origin("id"))).await;
    let wrong = "Check your email address and password. If this is your first time";
    for (login, password, words) in [
        ("", "", "Enter your email address"),
        ("", "", "Enter your password"),
        ("a@b", "x", "Enter an email address in the correct format, like name@example.com"),
        (SAMINA, "not the password", wrong),
        ("nobody@larkmoor.example", "not the password", wrong),
    ] {
        let answer = browser.fill(&page, "signin", &[("login", login), ("password", password)]).await;
        assert!(answer.status == 422 && answer.body.contains(words), "{words}: {}", answer.body);
        assert!(answer.body.contains("<title>Error: "));
        assert!(!answer.body.contains("not the password"), "a password is never shown again");
    }
}

#[tokio::test]
async fn wrong_and_used_codes() {
    let system = System::start().await;
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let page = browser.open(&format!("{}/records", system.origin("larkmoor"))).await;
    let page = browser.fill(&page, "elevate", &[]).await;
    for (code, words) in [
        ("", "Enter the 6 digit security code"),
        ("12345", "Security code must be 6 numbers, you entered 5"),
        ("abcdef", "Security code must be 6 numbers"),
        (
            "000000",
            "That code is not right. Check you are using the entry called “Lanyard” and wait for the next code.",
        ),
    ] {
        let answer = browser.fill(&page, "key", &[("code", code)]).await;
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    let code = system.code(ADAEZE).await;
    browser.fill(&page, "key", &[("code", &code)]).await;
    let mut other = system.signed_in(ADAEZE, "larkmoor").await;
    let page = other.open(&format!("{}/records", system.origin("larkmoor"))).await;
    let page = other.fill(&page, "elevate", &[]).await;
    let answer = other.fill(&page, "key", &[("code", &code)]).await;
    let left = answer.body.split("You have used this code already. Wait for the next one, about ").nth(1).unwrap();
    let left: i64 = left.split(" seconds.").next().unwrap().parse().unwrap();
    assert!((1..=30).contains(&left), "{left}");
}

#[tokio::test]
async fn somebody_without_access_is_told_by_name_and_site() {
    let system = System::start().await;
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/", system.origin("fennick"))).await;
    let page = browser.fill(&page, "signin", &[("login", SAMINA), ("password", lanyard::demo::PASSWORD)]).await;
    // Fennick asks for a key to sign in.
    let code = system.code(SAMINA).await;
    let page = browser.fill(&page, "key", &[("code", &code)]).await;
    let words = format!("You are signed in as {SAMINA}, but you do not have access to Fennick House School.");
    assert!(page.status == 403 && page.body.contains(&words), "{}", page.body);
}

#[tokio::test]
async fn whoever_comes_too_early_or_too_late_reads_the_day() {
    let system = System::start().await;
    let (store, now) = (&system.demo.assembled.context.store, system.clock.now());
    let (person, site) = (system.person(ADAEZE).await, system.site("larkmoor").await);
    let place = store.membership_at(person.id, site.id).await.unwrap().unwrap();
    let morning = london::end_of(london::date(now.plus(30 * 86_400)));
    let day = london::show_weekday(morning, now);
    for (starts_at, ends_at, words) in [
        (Some(morning), None, format!("Your access starts on {day}. Talk to the school office.")),
        (None, Some(now), "Your access ended on ".to_owned()),
    ] {
        let changed = Membership { starts_at, ends_at, ..place.clone() };
        store.save_membership(&changed, Effects::none()).await.unwrap();
        let mut browser = system.browser();
        let page = browser.open(&format!("{}/", system.origin("larkmoor"))).await;
        let page = system.type_password(&mut browser, &page, ADAEZE).await;
        assert!(page.status == 403 && page.body.contains(&words), "{words}: {}", page.body);
    }
}
