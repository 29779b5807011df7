//! What people are told when something is wrong: the product page's words, and nothing is lost.

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
        ("000000", "That code is not right"),
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
    assert!(answer.body.contains("You have used this code already"), "{}", answer.body);
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
