//! Streams of Shared Signals: an app hears what happens to the people who have agreed to it, and to nobody else, when it asks or
//! by push; one that is dead slows no other.

use axum::http::StatusCode;
use http::Method;
use idp_domain::client::{Client, ClientAuth, ClientOptions};
use idp_domain::{Secret, SystemRandom};
use idp_store::Effects;
use serde_json::{Value, json};
use tests::called::Called;
use tests::oauth::{claims, code, request_of, token};
use tests::system::{SAMINA, TOBIAS};
use tests::{Page, System};

const REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";
const PUSH: &str = "urn:ietf:rfc:8935";

/// An app that hears, with its token for that; Tobias has agreed to it, Samina has not.
struct App {
    name: &'static str,
    bearer: String,
}

async fn app(system: &System, name: &'static str) -> App {
    let store = &system.demo.assembled.context.store;
    let plain = store.client("bookworm").await.unwrap().unwrap();
    let secret = Secret::new(&SystemRandom);
    let auth = ClientAuth::Secret { hash: secret.hash(), before: None };
    let options = ClientOptions { signals: true, ..ClientOptions::default() };
    let client =
        Client { id: name.to_owned(), name: name.to_owned(), sector: Some(name.to_owned()), auth, options, ..plain };
    store.save_client(&client, Effects::none()).await.unwrap();
    let mut browser = system.admin(TOBIAS).await;
    code(system, &mut browser, &request_of(system, name)).await;
    App { name, bearer: scoped(system, name, &secret, "ssf.manage").await }
}

async fn scoped(system: &System, name: &str, secret: &Secret, scope: &str) -> String {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", name),
        ("client_secret", secret.reveal()),
        ("scope", scope),
    ];
    let (status, answer) = token(system, &form).await;
    assert_eq!(status, 200, "{answer}");
    format!("Bearer {}", answer.get("access_token").and_then(Value::as_str).unwrap())
}

async fn call(system: &System, bearer: &str, (method, path): (Method, &str), body: &Value) -> Page {
    let headers = [("authorization", bearer), ("content-type", "application/json")];
    let url = format!("{}{path}", system.origin("id"));
    system.browser().send_bytes(method, &url, body.to_string().into_bytes(), &headers).await
}

fn read(page: &Page) -> Value {
    serde_json::from_str(&page.body).unwrap_or_default()
}

impl App {
    async fn call(&self, system: &System, how: (Method, &str), body: Value) -> Page {
        call(system, &self.bearer, how, &body).await
    }

    /// What waits, by the names of the events; each with its token.
    async fn poll(&self, system: &System, ack: &[String]) -> Vec<(String, Value)> {
        let asked = json!({ "returnImmediately": true, "ack": ack });
        let page = self.call(system, (Method::POST, "/ssf/poll"), asked).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let sets = read(&page).get("sets").and_then(Value::as_object).cloned().unwrap();
        sets.into_iter().map(|(jti, set)| (jti, claims(set.as_str().unwrap()))).collect()
    }

    /// The same once something waits.
    async fn hears(&self, system: &System) -> Vec<(String, Value)> {
        for _ in 0..100 {
            let heard = self.poll(system, &[]).await;
            if !heard.is_empty() {
                return heard;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        unreachable!("nothing is heard")
    }
}

async fn sign_out_everywhere(system: &System, login: &str) {
    let person = system.person(login).await;
    system.demo.assembled.signin.end_everywhere(&person).await.unwrap();
}

#[tokio::test]
async fn an_app_asks_for_what_happened_until_it_says_that_it_has_it() {
    let system = System::start().await;
    let app = app(&system, "desk").await;
    let config = read(&system.browser().open(&format!("{}/.well-known/ssf-configuration", system.origin("id"))).await);
    assert_eq!(config["configuration_endpoint"], format!("{}/ssf/stream", system.origin("id")));
    assert_eq!(app.call(&system, (Method::GET, "/ssf/stream"), json!({})).await.status, 404, "it has none yet");
    let made = app.call(&system, (Method::POST, "/ssf/stream"), json!({ "events_requested": [REVOKED, "x"] })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(read(&made)["events_delivered"], json!([REVOKED]));
    assert_eq!(app.call(&system, (Method::POST, "/ssf/stream"), json!({})).await.status, 409, "one for each app");
    sign_out_everywhere(&system, SAMINA).await;
    sign_out_everywhere(&system, TOBIAS).await;
    let heard = app.hears(&system).await;
    let store = &system.demo.assembled.context.store;
    let client = store.client("desk").await.unwrap().unwrap();
    let sub = system.demo.assembled.provider.subject(&client, system.person(TOBIAS).await.id);
    assert_eq!(heard.len(), 1, "what happens to somebody else is not told: {heard:?}");
    let (jti, set) = &heard[0];
    assert_eq!((set["aud"].as_str(), set["sub_id"]["sub"].as_str()), (Some("desk"), Some(sub.as_str())), "{set}");
    assert!(set["events"][REVOKED]["event_timestamp"].is_number() && set["jti"] == *jti, "{set}");
    assert_eq!(app.poll(&system, &["nonsense".to_owned()]).await.len(), 1, "it waits until it is acknowledged");
    let system = system.restart().await;
    assert_eq!(app.poll(&system, &[]).await.len(), 1, "after a restart as well");
    assert!(app.poll(&system, std::slice::from_ref(jti)).await.is_empty());
    let verify = app.call(&system, (Method::POST, "/ssf/verify"), json!({ "stream_id": "desk", "state": "s1" })).await;
    assert_eq!(verify.status, 204);
    let heard = app.hears(&system).await;
    assert_eq!(heard[0].1["events"][VERIFICATION]["state"], "s1");
    for number in 0..60 {
        let verify = app.call(&system, (Method::POST, "/ssf/verify"), json!({})).await;
        assert_eq!(verify.status, if number < 59 { 204 } else { 400 }, "{number}");
    }
    // What nobody asks for in a week is dropped.
    system.clock.advance(7 * 86_400);
    system.demo.assembled.sql.sweep().await.unwrap();
    let store = &system.demo.assembled.context.store;
    assert!(store.streamed("desk", 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_stream_is_paused_stopped_and_taken_away() {
    let system = System::start().await;
    let app = app(&system, "desk").await;
    app.call(&system, (Method::POST, "/ssf/stream"), json!({})).await;
    let set = async |status: &str| app.call(&system, (Method::POST, "/ssf/status"), json!({ "status": status })).await;
    assert_eq!(read(&set("paused").await)["status"], "paused");
    sign_out_everywhere(&system, TOBIAS).await;
    system.settle().await;
    assert!(app.poll(&system, &[]).await.is_empty(), "nothing comes while it is paused");
    set("enabled").await;
    assert_eq!(app.hears(&system).await.len(), 1, "and nothing was lost");
    set("disabled").await;
    sign_out_everywhere(&system, TOBIAS).await;
    system.settle().await;
    set("enabled").await;
    assert!(app.poll(&system, &[]).await.is_empty(), "what happened while it was off is not kept");
    let asked = json!({ "events_requested": [] });
    let changed = app.call(&system, (Method::PATCH, "/ssf/stream"), asked).await;
    assert_eq!(read(&changed)["events_delivered"], json!([]), "{}", changed.body);
    assert_eq!(app.call(&system, (Method::DELETE, "/ssf/stream"), json!({})).await.status, 204);
    assert_eq!(app.call(&system, (Method::GET, "/ssf/status"), json!({})).await.status, 404);
}

#[tokio::test]
async fn nobody_touches_a_stream_that_is_not_theirs() {
    let system = System::start().await;
    let app = app(&system, "desk").await;
    app.call(&system, (Method::POST, "/ssf/stream"), json!({})).await;
    let other = json!({ "stream_id": "other", "status": "disabled" });
    assert_eq!(app.call(&system, (Method::POST, "/ssf/status"), other).await.status, 404);
    assert_eq!(app.call(&system, (Method::GET, "/ssf/stream?stream_id=other"), json!({})).await.status, 404);
    for (bearer, status) in [("Bearer nonsense", 401), ("", 401)] {
        let page = call(&system, bearer, (Method::GET, "/ssf/stream"), &json!({})).await;
        assert_eq!(page.status, status, "{bearer}");
    }
    let store = &system.demo.assembled.context.store;
    let client = store.client("desk").await.unwrap().unwrap();
    let secret = Secret::new(&SystemRandom);
    let auth = ClientAuth::Secret { hash: secret.hash(), before: None };
    store.save_client(&Client { auth, ..client.clone() }, Effects::none()).await.unwrap();
    let looks = scoped(&system, "desk", &secret, "ssf.read").await;
    assert_eq!(call(&system, &looks, (Method::GET, "/ssf/stream"), &json!({})).await.status, 200);
    assert_eq!(call(&system, &looks, (Method::DELETE, "/ssf/stream"), &json!({})).await.status, 403);
    for wish in [
        json!({ "delivery": { "method": PUSH, "endpoint_url": "http://desk.example/events" } }),
        json!({ "delivery": { "method": PUSH, "endpoint_url": "https://me:x@desk.example/" } }),
        json!({ "delivery": { "method": PUSH, "endpoint_url": "https://desk.example/", "authorization_header": "a\r\nb: c" } }),
        json!({ "delivery": { "method": "urn:x" } }),
        json!([]),
    ] {
        let page = app.call(&system, (Method::PATCH, "/ssf/stream"), wish.clone()).await;
        assert_eq!(page.status, 400, "{wish}: {}", page.body);
    }
    // Whoever takes their agreement back is heard of no more, and an app that may no longer hear hears nothing.
    let person = system.person(TOBIAS).await.id;
    store.withdraw_consent(person, "desk", system.demo.assembled.context.now(), Effects::none()).await.unwrap();
    sign_out_everywhere(&system, TOBIAS).await;
    system.settle().await;
    assert!(app.poll(&system, &[]).await.is_empty());
    let client = store.client("desk").await.unwrap().unwrap();
    let options = ClientOptions { signals: false, ..client.options.clone() };
    store.save_client(&Client { options, ..client }, Effects::none()).await.unwrap();
    assert_eq!(app.call(&system, (Method::GET, "/ssf/stream"), json!({})).await.status, 403);
}

#[tokio::test]
async fn events_are_pushed_until_they_are_taken_and_a_dead_receiver_slows_nobody() {
    let system = System::start().await;
    let mute = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (dead, live) = (app(&system, "dead").await, app(&system, "live").await);
    let called = Called::start(StatusCode::ACCEPTED).await;
    let nowhere = format!("http://{}/events", mute.local_addr().unwrap());
    for (app, endpoint) in [(&dead, &nowhere), (&live, &called.address)] {
        let header = format!("Bearer of {}", app.name);
        let delivery = json!({ "method": PUSH, "endpoint_url": endpoint, "authorization_header": header });
        let made = app.call(&system, (Method::POST, "/ssf/stream"), json!({ "delivery": delivery })).await;
        assert!(made.status == 201 && !made.body.contains("Bearer of"), "{}", made.body);
    }
    sign_out_everywhere(&system, TOBIAS).await;
    let heard = called.twice(&system).await;
    let headers = (heard[1].authorization.as_str(), heard[1].content_type.as_str());
    assert_eq!(headers, ("Bearer of live", "application/secevent+jwt"));
    let (first, second) = (claims(&heard[0].body), claims(&heard[1].body));
    assert_eq!(first["jti"], second["jti"], "the same event once more");
    assert!(second["events"][REVOKED].is_object() && second["aud"] == "live", "{second}");
}

#[tokio::test]
async fn an_app_takes_somebody_out_of_its_stream_and_puts_them_in_again() {
    let system = System::start().await;
    let (app, other) = (app(&system, "desk").await, app(&system, "till").await);
    for app in [&app, &other] {
        assert_eq!(app.call(&system, (Method::POST, "/ssf/stream"), json!({})).await.status, 201);
    }
    let client = system.demo.assembled.context.store.client("desk").await.unwrap().unwrap();
    let sub_of = async |login| system.demo.assembled.provider.subject(&client, system.person(login).await.id);
    let (tobias, samina) = (sub_of(TOBIAS).await, sub_of(SAMINA).await);
    let set = async |path: &str, more: Value| {
        let mut body = json!({
            "stream_id": "desk", "subject": { "format": "iss_sub", "iss": system.origin("id"), "sub": tobias },
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        app.call(&system, (Method::POST, path), body).await.status
    };
    let (add, remove) = ("/ssf/subjects/add", "/ssf/subjects/remove");
    assert_eq!(set(remove, json!({})).await, 204);
    assert_eq!(set(remove, json!({})).await, 204, "twice is as good as once");
    sign_out_everywhere(&system, TOBIAS).await;
    assert!(!other.hears(&system).await.is_empty(), "another app has its own");
    assert!(app.poll(&system, &[]).await.is_empty(), "it does not want to hear");
    // A change of the stream keeps them out.
    assert_eq!(app.call(&system, (Method::PATCH, "/ssf/stream"), json!({})).await.status, 200);
    assert_eq!(set(add, json!({})).await, 200);
    sign_out_everywhere(&system, TOBIAS).await;
    assert_eq!(app.hears(&system).await.len(), 1);
    let named = |format: &str, iss: &str, sub: &str| json!({ "subject": { "format": format, "iss": iss, "sub": sub } });
    let id = system.origin("id");
    assert_eq!(set(add, named("iss_sub", &id, &samina)).await, 404, "she has not agreed to it");
    assert_eq!(set(add, named("iss_sub", "https://elsewhere.example", &tobias)).await, 404);
    assert_eq!(set(add, named("email", &id, &tobias)).await, 400);
    assert_eq!(set(add, json!({ "stream_id": "till" })).await, 404, "nor is another stream its own");
    assert_eq!(set(add, json!({ "subject": 7 })).await, 400);
}
