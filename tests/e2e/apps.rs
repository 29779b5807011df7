//! A school app that delegates login.

use tests::System;
use tests::oauth::{claims, code, redeem, request, token};

const TOBIAS: &str = "t.quennell@tamberwell.example";

#[tokio::test]
async fn bookworm_signs_people_in_with_consent_once() {
    let system = System::start().await;
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/login", system.origin("bookworm"))).await;
    let page = browser.fill(&page, "signin", &[("login", TOBIAS), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.body.contains("Bookworm") && page.body.contains("asks to know"), "{}", page.body);
    let page = browser.fill(&page, "consent", &[("decision", "allow")]).await;
    assert!(page.body.contains("Hello Tobias Quennell"), "{} {}", page.url, page.body);
    let page = browser.open(&format!("{}/login", system.origin("bookworm"))).await;
    assert!(page.body.contains("Hello Tobias Quennell"), "asked only once: {}", page.body);
}

#[tokio::test]
async fn tokens_say_what_they_should_and_refresh() {
    let system = System::start().await;
    let mut browser = system.admin(TOBIAS_ADMIN).await;
    let code = code(&system, &mut browser, &request(&system)).await;
    let (status, tokens) = redeem(&system, &code, tests::oauth::VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    let id = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(id["nonce"], "n1");
    assert_eq!(id["acr"], "urn:lanyard:acr:base");
    assert!(id.get("lanyard").is_none(), "an app is told nothing of any site");
    assert!(id["sid"].is_string() && id["auth_time"].is_number());
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let (status, again) =
        token(&system, &[("grant_type", "refresh_token"), ("client_id", "bookworm"), ("refresh_token", refresh)]).await;
    assert_eq!(status, 200, "{again}");
    assert_ne!(again["refresh_token"], tokens["refresh_token"]);
}

const TOBIAS_ADMIN: &str = TOBIAS;
