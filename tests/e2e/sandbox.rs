//! A maker of apps tries an app in the sandbox as people who are invented, and nobody else is anybody else.

use http::Method;
use idp_directory::apps::seen_as;
use idp_domain::TrustId;
use idp_domain::client::{AppFacts, AppStage, Client, ClientAuth};
use idp_store::Effects;
use serde_json::Value;
use tests::oauth::{authorize, claims, redeeming, request_of, token};
use tests::system::{ADAEZE, CALLUM, TOBIAS};
use tests::{Browser, Page, System};

const APP: &str = "app-planner";

async fn trust(system: &System) -> TrustId {
    let person = system.person(TOBIAS).await.id;
    system.demo.assembled.context.store.seats_of(person).await.unwrap().first().unwrap().trust
}

async fn register(system: &System, stage: AppStage) {
    let store = &system.demo.assembled.context.store;
    let plain = store.client("bookworm").await.unwrap().unwrap();
    let (made_by, made_at) = (system.person(TOBIAS).await.id, system.demo.assembled.context.now());
    let app = Some(AppFacts { trust: trust(system).await, made_by, made_at, stage, touched_by: vec![made_by] });
    let (id, auth) = (APP.to_owned(), ClientAuth::None);
    store.save_client(&Client { id, auth, refresh: true, app, ..plain }, Effects::none()).await.unwrap();
}

/// Answers the consent page of the app as somebody; what the browser is sent back with.
async fn agree_as(system: &System, browser: &mut Browser, persona: &str) -> Page {
    let id = system.origin("id");
    let page = authorize(system, browser, &request_of(system, APP)).await;
    assert!(page.location().contains("/consent"), "{} {}", page.status, page.location());
    let page = browser.open(&format!("{id}{}", page.location())).await;
    let attempt = page.body.split("name=\"attempt\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let body = format!("attempt={attempt}&decision=allow&persona={persona}");
    browser.send(Method::POST, &format!("{id}/consent"), Some(body), &[("origin", &id), ("accept", "text/html")]).await
}

async fn tokens_as(system: &System, browser: &mut Browser, persona: &str) -> Value {
    let page = agree_as(system, browser, persona).await;
    let (code, back) = (page.location_param("code").unwrap(), format!("{}/callback", system.origin("bookworm")));
    let form = redeeming((APP, &code, &back));
    let (status, tokens) = token(system, &form).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

fn told(tokens: &Value) -> Value {
    claims(tokens.get("id_token").and_then(Value::as_str).unwrap())
}

async fn refreshed(system: &System, tokens: &Value) -> (u16, Value) {
    let refresh = tokens.get("refresh_token").and_then(Value::as_str).unwrap();
    token(system, &[("grant_type", "refresh_token"), ("client_id", APP), ("refresh_token", refresh)]).await
}

fn is(claims: &Value, name: &str, value: &str) -> bool {
    claims.get(name).and_then(Value::as_str) == Some(value)
}

#[tokio::test]
async fn a_maker_tries_an_app_as_people_who_are_invented() {
    let system = System::start().await;
    register(&system, AppStage::Sandbox).await;
    let mut tobias = system.admin(TOBIAS).await;
    let own = told(&tokens_as(&system, &mut tobias, "").await);
    assert!(is(&own, "name", "Tobias Quennell"), "{own}");
    let tokens = tokens_as(&system, &mut tobias, "accents").await;
    let first = told(&tokens);
    assert!(is(&first, "name", "Siân O’Brien-Llŷr") && is(&first, "locale", "cy"), "{first}");
    let again = told(&tokens_as(&system, &mut tobias, "accents").await);
    assert!(first.get("sub") == again.get("sub") && first.get("sub") != own.get("sub"), "the same each time: {again}");
    let access = format!("Bearer {}", tokens.get("access_token").and_then(Value::as_str).unwrap());
    let url = format!("{}/userinfo", system.origin("id"));
    let page = tobias.send(Method::GET, &url, None, &[("authorization", &access)]).await;
    assert!(page.status == 200 && page.body.contains("sian.obrien@people.example"), "{}", page.body);
    assert_eq!(refreshed(&system, &tokens).await.0, 200);
    let none = told(&tokens_as(&system, &mut tobias, "no-email").await);
    assert!(none.get("email").is_none() && is(&none, "name", "Kit Marlowe"), "{none}");
    // Nobody signs in as them in any other way.
    let store = &system.demo.assembled.context.store;
    assert!(store.person_by_login("sian.obrien@people.example").await.unwrap().is_none());
    assert_eq!(agree_as(&system, &mut tobias, "headteacher").await.status, 400);
}

#[tokio::test]
async fn nobody_else_is_somebody_else_and_what_was_tried_ends_with_the_sandbox() {
    let system = System::start().await;
    register(&system, AppStage::Sandbox).await;
    let mut tobias = system.admin(TOBIAS).await;
    tokens_as(&system, &mut tobias, "").await;
    let tokens = tokens_as(&system, &mut tobias, "plain").await;
    assert_eq!(refreshed(&system, &tokens).await.0, 200);
    let tokens = tokens_as(&system, &mut tobias, "plain").await;
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let page = authorize(&system, &mut adaeze, &request_of(&system, APP)).await;
    assert_eq!(page.location_param("error").as_deref(), Some("access_denied"), "nobody outside tries it");
    // It is opened to everybody.
    let directory = &system.demo.assembled.directory;
    let maker = directory.maker(&system.person(TOBIAS).await, true).await.unwrap().unwrap();
    directory.ask_app(&maker, APP).await.unwrap();
    let other = directory.maker(&system.person(CALLUM).await, true).await.unwrap().unwrap();
    let client = system.demo.assembled.context.store.client(APP).await.unwrap().unwrap();
    directory.approve_app(&other, APP, &seen_as(&client)).await.unwrap();
    let (status, answer) = refreshed(&system, &tokens).await;
    assert!(status == 400 && is(&answer, "error", "invalid_grant"), "{answer}");
    // From now on everybody is themselves, whatever they send.
    let page = agree_as(&system, &mut adaeze, "plain").await;
    assert_eq!(page.status, 404, "{} {}", page.location(), page.body);
    let page = authorize(&system, &mut tobias, &request_of(&system, APP)).await;
    assert!(page.location_param("code").is_some(), "nor is a maker asked again: {}", page.location());
}
