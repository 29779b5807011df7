//! An app that proves itself by keys: pasted, or published at an address of its own and changed there.

use std::sync::{Arc, Mutex};

use axum::routing::get;
use tests::client_key::ClientKey;
use tests::oauth::{VERIFIER, challenge};
use tests::system::TOBIAS;
use tests::{Browser, Page, System};

const BACK: &str = "http://localhost:3000/callback";

async fn register(system: &System, browser: &mut Browser, keys: &str) -> Page {
    let form = browser.open(&format!("{}/developers/apps/new", system.origin("id"))).await;
    let trust = form.body.split("<option value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields =
        [("trust", trust.as_str()), ("name", "Register"), ("redirect_uris", BACK), ("kind", "server"), ("keys", keys)];
    browser.fill(&form, "app", &fields).await
}

fn client_of(page: &Page) -> String {
    page.url.rsplit('/').next().unwrap().to_owned()
}

/// Pushes a request, signed by a key; the status.
async fn push(system: &System, client: &str, (key, kid): (&ClientKey, &str)) -> u16 {
    let claims = serde_json::json!({
        "iss": client, "sub": client, "aud": system.origin("id"), "jti": tests::client_key::unique(),
        "exp": idp_domain::Clock::now(&*system.clock).0 + 60,
    });
    let assertion = key.sign(&serde_json::json!({ "alg": "ES256", "kid": kid }), &claims);
    let form = [
        ("client_assertion", assertion.as_str()),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", BACK),
        ("scope", "openid"),
        ("code_challenge", &challenge(VERIFIER)),
        ("code_challenge_method", "S256"),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let url = format!("{}/par", system.origin("id"));
    system.browser().send(http::Method::POST, &url, Some(body), &[]).await.status
}

/// A JWKS with the key's public half and one member more.
fn with(key: &ClientKey, name: &str, value: &str) -> String {
    let mut jwk = key.jwk.clone();
    jwk.as_object_mut().unwrap().insert(name.to_owned(), serde_json::json!(value));
    serde_json::json!({ "keys": [jwk] }).to_string()
}

fn named(key: &ClientKey, kid: &str) -> String {
    with(key, "kid", kid)
}

#[tokio::test]
async fn pasted_keys_take_the_place_of_a_secret() {
    let system = System::start().await;
    let mut tobias = system.admin(TOBIAS).await;
    let (key, other) = (ClientKey::default(), ClientKey::default());
    let refused = register(&system, &mut tobias, &with(&key, "d", "AAAA")).await;
    assert!(refused.status == 422 && refused.body.contains("This holds a private key"), "{}", refused.body);
    let page = register(&system, &mut tobias, &named(&key, "one")).await;
    assert!(page.body.contains("private_key_jwt") && !page.body.contains("Make a new secret"), "{}", page.body);
    let client = client_of(&page);
    assert_eq!(push(&system, &client, (&key, "one")).await, 201);
    assert_eq!(push(&system, &client, (&other, "one")).await, 401);
    let settings = [("name", "Register"), ("redirect_uris", BACK), ("keys", "")];
    let emptied = tobias.post(&format!("{}/developers/apps/{client}", system.origin("id")), &settings).await;
    assert!(emptied.status == 422 && emptied.body.contains("could not prove itself"), "{}", emptied.body);
}

#[tokio::test]
async fn published_keys_are_fetched_and_a_new_one_is_found() {
    let system = System::start().await;
    let mut tobias = system.admin(TOBIAS).await;
    let (old, new) = (ClientKey::default(), ClientKey::default());
    let published = Arc::new(Mutex::new(named(&old, "old")));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/jwks", listener.local_addr().unwrap());
    let shown = published.clone();
    let app = axum::Router::new().route("/jwks", get(move || async move { shown.lock().unwrap().clone() }));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let page = register(&system, &mut tobias, &address).await;
    let client = client_of(&page);
    assert!(page.body.contains(&address), "{}", page.body);
    assert_eq!(push(&system, &client, (&old, "old")).await, 201);
    *published.lock().unwrap() = named(&new, "new");
    assert_eq!(push(&system, &client, (&new, "new")).await, 401, "an address is not asked twice in a minute");
    system.clock.advance(61);
    assert_eq!(push(&system, &client, (&new, "new")).await, 201);
    assert_eq!(push(&system, &client, (&old, "old")).await, 401, "what is published no more counts no more");
}
