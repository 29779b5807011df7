//! Apps that a program registers: with a token of a maker of apps, into the sandbox, and nothing without it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use idp_domain::client::AppStage;
use idp_store::audit::AuditQuery;
use serde_json::{Value, json};
use tests::oauth::{VERIFIER, challenge, registration_token};
use tests::system::{SAMINA, TOBIAS};
use tests::{Page, System};

async fn register(system: &System, token: &str, said: &Value) -> Page {
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let url = format!("{}/register", system.origin("id"));
    system.browser().send_bytes(Method::POST, &url, said.to_string().into_bytes(), &headers).await
}

fn read(page: &Page) -> Value {
    serde_json::from_str(&page.body).unwrap_or_default()
}

fn said() -> Value {
    json!({ "client_name": "Reading log", "redirect_uris": ["http://localhost:3000/callback"] })
}

#[tokio::test]
async fn a_program_registers_an_app_that_its_makers_trust_can_use_at_once() {
    let system = System::start().await;
    let id = system.origin("id");
    let token = registration_token(&system).await;
    let metadata = system.browser().open(&format!("{id}/.well-known/openid-configuration")).await;
    assert_eq!(read(&metadata)["registration_endpoint"], format!("{id}/register"));
    let mut wish = said();
    wish["grant_types"] = json!(["authorization_code", "refresh_token"]);
    wish["id_token_signed_response_alg"] = json!("EdDSA");
    let made = register(&system, &token, &wish).await;
    assert!(made.status == 201 && made.header("cache-control") == "no-store", "{}", made.body);
    let made = read(&made);
    let (client, secret) = (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    assert_eq!(made["client_secret_expires_at"], 0);
    assert_eq!(made["grant_types"], wish["grant_types"]);
    let kept = system.demo.assembled.context.store.client(client).await.unwrap().unwrap();
    let app = kept.app.clone().unwrap();
    assert_eq!((app.stage, app.made_by), (AppStage::Sandbox, system.person(TOBIAS).await.id));
    // It signs its maker in; somebody without a role in the trust it does not.
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", "http://localhost:3000/callback")
        .append_pair("scope", "openid profile")
        .append_pair("code_challenge", &challenge(VERIFIER))
        .append_pair("code_challenge_method", "S256")
        .finish();
    let mut samina = system.admin(SAMINA).await;
    let page = samina.send(Method::GET, &format!("{id}/authorize?{query}"), None, &[]).await;
    assert_eq!(page.location_param("error").as_deref(), Some("access_denied"), "{}", page.location());
    let mut tobias = system.admin(TOBIAS).await;
    let page = tobias.send(Method::GET, &format!("{id}/authorize?{query}"), None, &[("accept", "text/html")]).await;
    let page = tests::oauth::agree(&mut tobias, &id, page).await;
    let code = page.location_param("code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("client_secret", secret),
        ("code", &code),
        ("redirect_uri", "http://localhost:3000/callback"),
        ("code_verifier", VERIFIER),
    ];
    let answer = system.browser().post(&format!("{id}/token"), &form).await;
    assert!(answer.status == 200 && read(&answer)["id_token"].is_string(), "{}", answer.body);
    // What it did is in the log, under its maker's name.
    let store = &system.demo.assembled.context.store;
    let asked = AuditQuery { trust: Some(app.trust), event: "app.".to_owned(), limit: 10, ..AuditQuery::default() };
    let log = store.audit(&asked).await.unwrap();
    let sentences: Vec<&str> = log.iter().map(|entry| entry.sentence.as_str()).collect();
    assert!(sentences.iter().any(|one| one.ends_with("registered the app Reading log")), "{sentences:?}");
    assert!(sentences.iter().any(|one| one.ends_with("made a token that registers apps")), "{sentences:?}");
}

#[tokio::test]
async fn without_a_token_or_with_something_wrong_nothing_is_registered() {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let token = registration_token(&system).await;
    let before = store.clients().await.unwrap().len();
    for wrong in ["", "nonsense", &token[1..]] {
        let page = register(&system, wrong, &said()).await;
        assert_eq!((page.status, read(&page)["error"].as_str()), (401, Some("invalid_token")), "{wrong}");
    }
    for (name, value, code) in [
        ("redirect_uris", json!(["http://reading.example/callback"]), "invalid_redirect_uri"),
        ("redirect_uris", json!([]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["https://reading.example/#x"]), "invalid_redirect_uri"),
        ("client_name", json!("x".repeat(61)), "invalid_client_metadata"),
        ("grant_types", json!(["password"]), "invalid_client_metadata"),
        ("jwks", json!({ "keys": [] }), "invalid_client_metadata"),
    ] {
        let mut wish = said();
        wish[name] = value;
        if name == "jwks" {
            wish["token_endpoint_auth_method"] = json!("private_key_jwt");
        }
        let page = register(&system, &token, &wish).await;
        assert_eq!((page.status, read(&page)["error"].as_str()), (400, Some(code)), "{wish}: {}", page.body);
        assert!(read(&page)["error_description"].as_str().is_some_and(str::is_ascii), "{}", page.body);
    }
    assert_eq!(store.clients().await.unwrap().len(), before);
}

#[tokio::test]
async fn a_token_registers_ten_apps_within_a_day_while_its_maker_makes_apps() {
    let system = System::start().await;
    let first = registration_token(&system).await;
    for number in 0..10 {
        assert_eq!(register(&system, &first, &said()).await.status, 201, "{number}");
    }
    assert_eq!(register(&system, &first, &said()).await.status, 401, "the eleventh");
    let (late, orphan) = (registration_token(&system).await, registration_token(&system).await);
    let store = &system.demo.assembled.context.store;
    let tobias = system.person(TOBIAS).await.id;
    for seat in store.seats_of(tobias).await.unwrap() {
        store.remove_seat(&seat, idp_store::Effects::none()).await.unwrap();
    }
    assert_eq!(register(&system, &orphan, &said()).await.status, 401, "its maker makes no apps any more");
    system.clock.advance(86_400);
    assert_eq!(register(&system, &late, &said()).await.status, 401, "a day later");
}

#[tokio::test]
async fn a_token_is_made_with_a_fresh_key_and_for_an_own_trust_only() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut tobias = system.browser();
    let page = tobias.open(&format!("{id}/signin?next=/me")).await;
    system.type_password(&mut tobias, &page, TOBIAS).await;
    let page = tobias.post(&format!("{id}/developers/apps/token"), &[("trust", "x")]).await;
    assert_eq!(page.status, 400, "{}", page.body);
    let trust = system.site("larkmoor").await.trust.unwrap().to_string();
    let page = tobias.post(&format!("{id}/developers/apps/token"), &[("trust", &trust)]).await;
    assert!(!page.body.contains("id=\"token\">"), "{}", page.body);
    let mut elsewhere = system.admin(TOBIAS).await;
    let other = idp_domain::TrustId::new(&idp_domain::SystemClock, &idp_domain::SystemRandom).to_string();
    let page = elsewhere.post(&format!("{id}/developers/apps/token"), &[("trust", &other)]).await;
    assert_eq!(page.status, 404);
    let mut samina = system.admin(SAMINA).await;
    assert_eq!(samina.post(&format!("{id}/developers/apps/token"), &[("trust", &trust)]).await.status, 404);
}

#[tokio::test]
async fn apps_know_people_by_their_own_numbers_by_those_of_a_host_that_lists_them_or_by_public_ones() {
    let system = System::start().await;
    let token = registration_token(&system).await;
    let asked = Arc::new(AtomicUsize::default());
    let listing = async |list: Value| {
        let asked = asked.clone();
        let answer = async move || {
            asked.fetch_add(1, Ordering::Relaxed);
            list.to_string()
        };
        let app = axum::Router::new().route("/sector.json", axum::routing::get(answer));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/sector.json", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    };
    let listed = listing(json!(["http://localhost:3000/callback", "https://two.example/cb"])).await;
    let nothing = listing(json!({ "redirect_uris": [] })).await;
    let (store, provider) = (&system.demo.assembled.context.store, &system.demo.assembled.provider);
    let person = system.person(SAMINA).await.id;
    let made = async |more: Value| {
        let mut wish = said();
        wish.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        read(&register(&system, &token, &wish).await)
    };
    let known_as = async |made: &Value| {
        let client = store.client(made["client_id"].as_str().unwrap()).await.unwrap().unwrap();
        provider.subject(&client, person)
    };
    let own = made(json!({})).await;
    let of_host = made(json!({ "sector_identifier_uri": listed })).await;
    assert_eq!(of_host["sector_identifier_uri"], listed, "{of_host}");
    let beside = made(json!({ "sector_identifier_uri": listed, "redirect_uris": ["https://two.example/cb"] })).await;
    let public = made(json!({ "subject_type": "public" })).await;
    let other = made(json!({ "subject_type": "public" })).await;
    assert_eq!((&public["subject_type"], &own["subject_type"]), (&json!("public"), &json!("pairwise")));
    assert_eq!(known_as(&of_host).await, known_as(&beside).await);
    assert_eq!(known_as(&public).await, known_as(&other).await);
    let (own, of_host, public) = (known_as(&own).await, known_as(&of_host).await, known_as(&public).await);
    assert!(own != of_host && own != public && of_host != public);
    // Nothing is fetched for strangers.
    let before = asked.load(Ordering::Relaxed);
    let mut wish = said();
    wish["sector_identifier_uri"] = json!(listed);
    assert_eq!(register(&system, "nobodys", &wish).await.status, 401);
    assert_eq!((before, asked.load(Ordering::Relaxed)), (2, 2));
    for bad in [
        json!({ "sector_identifier_uri": listed, "redirect_uris": ["https://three.example/cb"] }),
        json!({ "sector_identifier_uri": nothing }),
        json!({ "sector_identifier_uri": "http://127.0.0.1:1/sector.json" }),
        json!({ "sector_identifier_uri": "sector.json" }),
        json!({ "sector_identifier_uri": listed, "subject_type": "public" }),
    ] {
        assert_eq!(made(bad.clone()).await["error"], "invalid_client_metadata", "{bad}");
    }
}
