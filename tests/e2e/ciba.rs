//! An app asks a person in their account (CIBA): they agree or refuse there, and the app learns of it by asking or by a call.

use axum::http::StatusCode;
use idp_domain::client::{Client, ClientAuth, ClientOptions};
use idp_domain::{Secret, SystemRandom};
use idp_store::Effects;
use serde_json::Value;
use tests::called::Called;
use tests::oauth::{claims, code, request_of, token};
use tests::system::{SAMINA, TOBIAS};
use tests::{Browser, System};

const GRANT: &str = "urn:openid:params:grant-type:ciba";

struct Desk {
    system: System,
    browser: Browser,
    secret: Secret,
}

/// A help desk that asks people by telephone whether they are who they say; Tobias has agreed to it.
async fn desk(notify: Option<String>) -> Desk {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let plain = store.client("bookworm").await.unwrap().unwrap();
    let secret = Secret::new(&SystemRandom);
    let auth = ClientAuth::Secret { hash: secret.hash(), before: None };
    let options = ClientOptions { ciba: true, ciba_notify: notify, ..ClientOptions::default() };
    let client = Client { id: "desk".to_owned(), name: "Help desk".to_owned(), auth, options, ..plain };
    store.save_client(&client, Effects::none()).await.unwrap();
    let mut browser = system.admin(TOBIAS).await;
    code(&system, &mut browser, &request_of(&system, "desk")).await;
    Desk { system, browser, secret }
}

impl Desk {
    async fn ask(&self, more: &[(&str, &str)]) -> (u16, Value) {
        let usual = [
            ("client_id", "desk"),
            ("client_secret", self.secret.reveal()),
            ("scope", "openid profile"),
            ("login_hint", TOBIAS),
            ("binding_message", "K4-88"),
        ];
        let given = |name: &str| more.iter().any(|(other, _)| *other == name);
        let kept = usual.into_iter().filter(|(name, _)| !given(name));
        let form: Vec<(&str, &str)> = kept.chain(more.iter().copied().filter(|(_, value)| !value.is_empty())).collect();
        let page = self.system.browser().post(&format!("{}/bc-authorize", self.system.origin("id")), &form).await;
        (page.status, serde_json::from_str(&page.body).unwrap_or_default())
    }

    async fn asked(&self) -> String {
        let (status, answer) = self.ask(&[]).await;
        let text = |name: &str| answer.get(name).cloned().unwrap_or_default();
        assert_eq!((status, text("interval").as_i64()), (200, Some(5)), "{answer}");
        text("auth_req_id").as_str().unwrap().to_owned()
    }

    async fn tokens(&self, id: &str) -> Value {
        let secret = self.secret.reveal();
        let form = [("grant_type", GRANT), ("client_id", "desk"), ("client_secret", secret), ("auth_req_id", id)];
        token(&self.system, &form).await.1
    }

    async fn decide(&mut self, decision: &str) -> String {
        let url = format!("{}/me/requests", self.system.origin("id"));
        let page = self.browser.open(&url).await;
        self.browser.fill(&page, "answer", &[("decision", decision)]).await.body
    }
}

#[tokio::test]
async fn somebody_agrees_in_their_account_and_the_app_is_handed_tokens_once() {
    let mut desk = desk(None).await;
    let id = desk.asked().await;
    desk.system.settle().await;
    let mails = desk.system.demo.mailbox.all();
    let mail = mails.iter().rfind(|(to, subject, _)| to == TOBIAS && subject == "An app asks for your answer").unwrap();
    assert!(
        mail.2.contains("Help desk asks") && mail.2.contains("/me/requests") && !mail.2.contains(&id),
        "{}",
        mail.2
    );
    assert_eq!(desk.tokens(&id).await["error"], "authorization_pending");
    assert_eq!(desk.tokens(&id).await["error"], "slow_down");
    let page = desk.browser.open(&format!("{}/me/requests", desk.system.origin("id"))).await;
    assert!(
        page.body.contains("Help desk asks you now") && page.body.contains("<strong>K4-88</strong>"),
        "{}",
        page.body
    );
    assert!(!page.body.contains(&id), "what the app holds is the app’s alone");
    assert!(desk.decide("allow").await.contains("You have agreed"));
    let tokens = desk.tokens(&id).await;
    let said = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!((said["name"].as_str(), said["acr"].as_str()), (Some("Tobias Quennell"), Some("urn:lanyard:acr:base")));
    assert_eq!(desk.tokens(&id).await["error"], "expired_token", "handed out once");
    let page = desk.browser.open(&format!("{}/me/requests", desk.system.origin("id"))).await;
    assert!(!page.body.contains("asks you now"), "{}", page.body);
    // The same person once more, by an ID token that the app has of them.
    let (status, _) = desk.ask(&[("login_hint", ""), ("id_token_hint", tokens["id_token"].as_str().unwrap())]).await;
    assert_eq!(status, 200);
    let activity = desk.browser.open(&format!("{}/me/activity", desk.system.origin("id"))).await;
    assert!(activity.body.contains("Tobias Quennell agreed to what Help desk asked"), "{}", activity.body);
}

#[tokio::test]
async fn whoever_refuses_or_does_nothing_signs_nobody_in() {
    let mut desk = desk(None).await;
    let id = desk.asked().await;
    assert!(desk.decide("deny").await.contains("You have refused"));
    assert_eq!(desk.tokens(&id).await["error"], "access_denied");
    let id = desk.asked().await;
    // Somebody else neither sees the question nor answers it.
    let page = desk.browser.open(&format!("{}/me/requests", desk.system.origin("id"))).await;
    let handle = page.body.split("name=\"question\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut samina = desk.system.admin(SAMINA).await;
    let url = format!("{}/me/requests", desk.system.origin("id"));
    assert!(!samina.open(&url).await.body.contains("asks you now"));
    let foreign = samina.post(&format!("{url}/app"), &[("question", &handle), ("decision", "allow")]).await;
    assert!(foreign.status == 403 && foreign.body.contains("does not wait any more"), "{}", foreign.body);
    assert_eq!(desk.tokens(&id).await["error"], "authorization_pending");
    // Nobody answers: it is over after five minutes, and answering it then does nothing.
    desk.system.clock.advance(300);
    assert_eq!(desk.tokens(&id).await["error"], "expired_token");
    let late = desk.browser.fill(&page, "answer", &[("decision", "allow")]).await;
    assert_eq!(late.status, 403, "{}", late.body);
    // Whoever is stopped after they agreed gets nobody in.
    let id = desk.asked().await;
    desk.decide("allow").await;
    let person = desk.system.person(TOBIAS).await;
    desk.system.demo.assembled.signin.end_everywhere(&person).await.unwrap();
    assert_eq!(desk.tokens(&id).await["error"], "invalid_grant");
}

#[tokio::test]
async fn an_app_finds_out_about_nobody_and_asks_nobody_too_often() {
    let desk = desk(None).await;
    let long = "x".repeat(61);
    for (more, error) in [
        (vec![("login_hint", SAMINA)], "unknown_user_id"),
        (vec![("login_hint", "nobody@larkmoor.example")], "unknown_user_id"),
        (vec![("login_hint", "")], "invalid_request"),
        (vec![("id_token_hint", "a.b.c")], "invalid_request"),
        (vec![("login_hint", ""), ("id_token_hint", "a.b.c")], "invalid_request"),
        (vec![("login_hint", ""), ("login_hint_token", "x")], "invalid_request"),
        (vec![("scope", "profile")], "invalid_scope"),
        (vec![("binding_message", long.as_str())], "invalid_binding_message"),
        (vec![("binding_message", "<b>")], "invalid_binding_message"),
        (vec![("requested_expiry", "-1")], "invalid_request"),
        (vec![("client_secret", "wrong")], "invalid_client"),
    ] {
        let (status, answer) = desk.ask(&more).await;
        assert!(status >= 400 && answer["error"] == error, "{more:?}: {status} {answer}");
    }
    for _ in 0..3 {
        desk.asked().await;
    }
    assert_eq!(desk.ask(&[]).await.1["error"], "access_denied", "three wait already");
    for _ in 0..2 {
        desk.system.clock.advance(301);
        for _ in 0..3 {
            desk.ask(&[]).await;
        }
    }
    desk.system.clock.advance(301);
    assert_eq!(desk.ask(&[]).await.1["error"], "access_denied", "ten in an hour");
    let store = &desk.system.demo.assembled.context.store;
    let client = store.client("desk").await.unwrap().unwrap();
    let options = ClientOptions::default();
    store.save_client(&Client { options, ..client }, Effects::none()).await.unwrap();
    assert_eq!(desk.ask(&[]).await.1["error"], "unauthorized_client");
}

#[tokio::test]
async fn an_app_in_ping_mode_is_called_until_it_answers() {
    let called = Called::start(StatusCode::NO_CONTENT).await;
    let mut desk = desk(Some(called.address.clone())).await;
    assert_eq!(desk.ask(&[]).await.1["error"], "invalid_request", "it has to say by what it knows us");
    let (_, answer) = desk.ask(&[("client_notification_token", "t0k3n")]).await;
    let id = answer["auth_req_id"].as_str().unwrap().to_owned();
    desk.decide("allow").await;
    let heard = called.twice(&desk.system).await;
    let body: Value = serde_json::from_str(&heard[1].body).unwrap();
    assert_eq!((heard[1].authorization.as_str(), body["auth_req_id"].as_str()), ("Bearer t0k3n", Some(id.as_str())));
    assert!(desk.tokens(&id).await["access_token"].is_string());
}
