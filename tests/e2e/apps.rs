//! A school app that delegates login.

use serde_json::Value;
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

/// What Bookworm is answered when it uses the refresh token of these tokens.
async fn refreshed(system: &System, tokens: &Value) -> (u16, Value) {
    let refresh = tokens.get("refresh_token").and_then(Value::as_str).unwrap();
    token(system, &[("grant_type", "refresh_token"), ("client_id", "bookworm"), ("refresh_token", refresh)]).await
}

#[tokio::test]
async fn tokens_say_what_they_should_and_refresh() {
    let system = System::start().await;
    let mut browser = system.admin(TOBIAS).await;
    let code = code(&system, &mut browser, &request(&system)).await;
    let (status, tokens) = redeem(&system, &code, tests::oauth::VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    let id = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(id["nonce"], "n1");
    assert_eq!(id["acr"], "urn:lanyard:acr:base");
    assert!(id.get("lanyard").is_none(), "an app is told nothing of any site");
    assert!(id["sid"].is_string() && id["auth_time"].is_number());
    let (status, again) = refreshed(&system, &tokens).await;
    assert_eq!(status, 200, "{again}");
    assert_ne!(again["refresh_token"], tokens["refresh_token"]);
}

#[tokio::test]
async fn an_app_is_disconnected_in_my_account_and_told_nothing_more() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.admin(TOBIAS).await;
    let code = code(&system, &mut browser, &request(&system)).await;
    let (_, tokens) = redeem(&system, &code, tests::oauth::VERIFIER).await;
    let page = browser.open(&format!("{id}/me/browsers")).await;
    assert!(page.body.contains("Bookworm") && page.body.contains("It stays connected"), "{}", page.body);
    let waiting = tests::oauth::code(&system, &mut browser, &request(&system)).await;
    let page = browser.fill(&page, "/me/apps/disconnect", &[]).await;
    assert!(page.body.contains("No app is connected"), "{}", page.body);
    let (status, answer) = refreshed(&system, &tokens).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")), "{answer}");
    let access = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let me = browser.send(http::Method::GET, &format!("{id}/userinfo"), None, &[("authorization", &access)]).await;
    assert_eq!(me.status, 401, "the access token ends with it");
    let (status, answer) = redeem(&system, &waiting, tests::oauth::VERIFIER).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")), "a code of before: {answer}");
    let asked = tests::oauth::authorize(&system, &mut browser, &request(&system)).await;
    assert!(asked.location().contains("/consent"), "it is asked again: {}", asked.location());
}

#[tokio::test]
async fn signing_a_browser_out_ends_what_apps_hold_from_it() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.admin(TOBIAS).await;
    let code = code(&system, &mut browser, &request(&system)).await;
    let (_, tokens) = redeem(&system, &code, tests::oauth::VERIFIER).await;
    let page = browser.open(&format!("{id}/me/browsers")).await;
    browser.fill(&page, "/me/browsers", &[]).await;
    let (status, answer) = refreshed(&system, &tokens).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")), "{answer}");
}

#[tokio::test]
async fn my_account_shows_which_sites_are_open_in_which_browser() {
    let system = System::start().await;
    let mut browser = system.signed_in(tests::system::SAMINA, "larkmoor").await;
    system.clock.advance(1);
    browser.open(&format!("{}/", system.origin("copperwick"))).await;
    let page = browser.open(&format!("{}/me/browsers", system.origin("id"))).await;
    assert!(page.body.contains("Open there: Copperwick, Larkmoor"), "{}", page.body);
}
