//! A school app that delegates login.

use serde_json::Value;
use tests::System;
use tests::oauth::{claims, code, redeem, request, request_of, token};
use tests::system::TOBIAS;

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
    assert!(
        page.body.contains("Sign out of Copperwick") && page.body.contains("Sign out of Larkmoor"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn apps_learn_of_a_sign_out_and_one_that_never_answers_holds_up_nobody() {
    let system = System::start().await;
    let id = system.origin("id");
    let store = system.demo.assembled.context.store.clone();
    // An app whose server takes calls and says nothing.
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut dead = store.client("bookworm").await.unwrap().unwrap();
    dead.id = "dead".to_owned();
    dead.options.backchannel_logout_uri = Some(format!("http://{}/out", mute.local_addr().unwrap()));
    store.save_client(&dead, idp_store::Effects::none()).await.unwrap();
    let mut browser = system.admin(TOBIAS).await;
    let waiting = code(&system, &mut browser, &request_of(&system, "dead")).await;
    let redirect = format!("{}/callback", system.origin("bookworm"));
    let form = [("grant_type", "authorization_code"), ("client_id", "dead"), ("code", &waiting)];
    let form = [&form[..], &[("redirect_uri", &redirect), ("code_verifier", tests::oauth::VERIFIER)]].concat();
    assert_eq!(token(&system, &form).await.0, 200);

    let home = format!("{}/", system.origin("bookworm"));
    let page = browser.open(&format!("{}/login", system.origin("bookworm"))).await;
    let page = browser.fill(&page, "consent", &[("decision", "allow")]).await;
    assert!(page.body.contains("Hello Tobias"), "{}", page.body);
    let mut elsewhere = system.admin(TOBIAS).await;
    elsewhere.open(&format!("{}/login", system.origin("bookworm"))).await;
    let page = browser.open(&format!("{id}/signout")).await;
    browser.fill(&page, "signout", &[]).await;
    for _ in 0..100 {
        if !browser.open(&home).await.body.contains("Hello Tobias") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(!browser.open(&home).await.body.contains("Hello Tobias"), "Bookworm was told within 5 seconds");
    assert!(elsewhere.open(&home).await.body.contains("Hello Tobias"), "the other browser’s session goes on");
    let knocked = tokio::time::timeout(std::time::Duration::from_secs(5), mute.accept()).await;
    assert!(knocked.is_ok(), "the other app was called, too");
    // Everything that a person has ends everywhere.
    system.demo.assembled.signin.end_everywhere(&system.person(TOBIAS).await).await.unwrap();
    for _ in 0..100 {
        if !elsewhere.open(&home).await.body.contains("Hello Tobias") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("Bookworm was not told that all has ended");
}

#[tokio::test]
async fn s_11_an_app_believes_only_a_logout_token_of_its_own_and_of_this_moment() {
    let system = System::start().await;
    let mut browser = system.admin(TOBIAS).await;
    let page = browser.open(&format!("{}/login", system.origin("bookworm"))).await;
    browser.fill(&page, "consent", &[("decision", "allow")]).await;
    let (provider, clock) = (&system.demo.assembled.provider, &system.clock);
    let person = system.person(TOBIAS).await;
    let client = system.demo.assembled.context.store.client("bookworm").await.unwrap().unwrap();
    let now = idp_domain::Clock::now(&**clock).0;
    let good = serde_json::json!({
        "iss": provider.issuer, "aud": "bookworm", "sub": provider.subject(&client, person.id), "iat": now,
        "exp": now + 60, "jti": "1", "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    let tell = async |typ: &str, changed: &[(&str, Value)]| {
        let mut claims = good.clone();
        for (name, value) in changed {
            claims[*name] = value.clone();
        }
        let token = provider.keys.sign_as(client.id_token_alg, typ, &claims).unwrap();
        let url = format!("{}/signed-out-elsewhere", system.origin("bookworm"));
        system.browser().send(http::Method::POST, &url, Some(format!("logout_token={token}")), &[]).await.status
    };
    for (name, value) in [
        ("aud", Value::from("other")),
        ("iss", Value::from("https://evil.example")),
        ("events", serde_json::json!({})),
        ("nonce", Value::from("n")),
        ("exp", Value::from(now - 60)),
    ] {
        assert_eq!(tell("logout+jwt", &[(name, value)]).await, 400, "{name}");
    }
    assert_eq!(tell("JWT", &[]).await, 400, "an ID token is none");
    let home = format!("{}/", system.origin("bookworm"));
    assert!(browser.open(&home).await.body.contains("Hello Tobias"), "nothing has ended");
    assert_eq!(tell("logout+jwt", &[]).await, 200);
    assert!(!browser.open(&home).await.body.contains("Hello Tobias"));
}
