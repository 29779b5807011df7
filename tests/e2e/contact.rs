//! Work phone and address: apps that ask are given them by those who agree (scopes `phone` and `address`), and nobody else is.

use http::Method;
use idp_domain::Timestamp;
use idp_domain::client::Client;
use idp_store::Effects;
use serde_json::{Value, json};
use tests::oauth::{agree, authorize, claims, code, redeeming, request_of, token, with};
use tests::system::{ADAEZE, CALLUM};
use tests::{Browser, System};

const APP: &str = "rota";

/// An app that may ask for these scopes.
async fn register(system: &System, scopes: &[&str]) {
    let store = &system.demo.assembled.context.store;
    let plain = store.client("bookworm").await.unwrap().unwrap();
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    store.save_client(&Client { id: APP.to_owned(), scopes, ..plain }, Effects::none()).await.unwrap();
}

fn wish(system: &System, scope: &str) -> Vec<(String, String)> {
    with(&request_of(system, APP), "scope", scope)
}

/// What the app learns with this wish: the ID token, and userinfo.
async fn told(system: &System, browser: &mut Browser, params: &[(String, String)]) -> (Value, Value) {
    let code = code(system, browser, params).await;
    let back = format!("{}/callback", system.origin("bookworm"));
    let (status, tokens) = token(system, &redeeming((APP, &code, &back))).await;
    assert_eq!(status, 200, "{tokens}");
    let text = |name: &str| tokens.get(name).and_then(Value::as_str).unwrap().to_owned();
    let access = format!("Bearer {}", text("access_token"));
    let url = format!("{}/userinfo", system.origin("id"));
    let me = system.browser().send(Method::GET, &url, None, &[("authorization", &access)]).await;
    (claims(&text("id_token")), serde_json::from_str(&me.body).unwrap())
}

#[tokio::test]
async fn a_phone_and_an_address_go_to_apps_that_ask_and_that_the_person_agrees_to() {
    let system = System::start().await;
    register(&system, &["openid", "phone", "address", "profile"]).await;
    let id = system.origin("id");
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;

    // What cannot be used is said, and what was typed stays.
    let page = adaeze.open(&format!("{id}/me/contact")).await;
    let page = adaeze.fill(&page, "contact", &[("phone", "the office"), ("address", &"x".repeat(61))]).await;
    assert_eq!(page.status, 422);
    for words in
        ["Enter a telephone number", "Enter an address of up to 7 lines", "value=\"the office\"", &"x".repeat(61)]
    {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert_eq!(system.person(ADAEZE).await.contact, idp_domain::contact::Contact::default(), "nothing is half saved");

    // Nothing is given before anything is there, and the question says so.
    let page = authorize(&system, &mut adaeze, &wish(&system, "openid phone address")).await;
    let asked = adaeze.open(&format!("{id}{}", page.location())).await;
    assert!(asked.body.contains("Your work phone, if you add one in your account"), "{}", asked.body);
    agree(&mut adaeze, &id, page).await;
    let (token, me) = told(&system, &mut adaeze, &wish(&system, "openid phone address")).await;
    for claims in [&token, &me] {
        assert!(
            ["phone_number", "phone_number_verified", "address", "name"].iter().all(|name| claims[name].is_null()),
            "{claims}"
        );
    }

    let page = adaeze.open(&format!("{id}/me/contact")).await;
    let fields = [("phone", "01632 960123 ext 12"), ("address", "Larkmoor Primary School\r\n1 Moor Lane\r\n")];
    let page = adaeze.fill(&page, "contact", &fields).await;
    assert!(page.url.ends_with("/me"), "{}", page.url);
    assert!(page.body.contains("+441632960123 ext 12; Larkmoor Primary School, 1 Moor Lane"), "{}", page.body);
    let (token, me) = told(&system, &mut adaeze, &wish(&system, "openid phone address")).await;
    for claims in [&token, &me] {
        assert_eq!(claims["phone_number"], "+441632960123;ext=12");
        assert_eq!(claims["phone_number_verified"], false, "nobody has called it");
        assert_eq!(claims["address"], json!({ "formatted": "Larkmoor Primary School\n1 Moor Lane" }));
        assert!(claims["name"].is_null(), "nobody asked for it");
    }

    // A claim that is asked for by name brings its group, and what was not asked for is not given.
    let claims_of = json!({ "userinfo": { "phone_number": null } }).to_string();
    let by_name = with(&wish(&system, "openid profile"), "claims", &claims_of);
    let page = authorize(&system, &mut adaeze, &by_name).await;
    let asked = adaeze.open(&format!("{id}{}", page.location())).await;
    assert!(asked.body.contains("Your work phone: +441632960123 ext 12"), "{}", asked.body);
    agree(&mut adaeze, &id, page).await;
    let (_, me) = told(&system, &mut adaeze, &by_name).await;
    assert!(me["phone_number"].is_string() && me["address"].is_null() && me["name"].is_string(), "{me}");

    // Neither the log nor an admin's page says what it is.
    let (person, store) = (system.person(ADAEZE).await.id, &system.demo.assembled.context.store);
    let log = store.audit_of(&[person], Timestamp(0), &[], (50, 0)).await.unwrap();
    assert!(log.iter().any(|entry| entry.event == "person.contact"), "{log:?}");
    assert!(!format!("{log:?}").contains("960123"));
    let mut callum = system.admin(CALLUM).await;
    let page = callum.open(&format!("{id}/admin/people/{}", system.person(ADAEZE).await.id)).await;
    assert!(page.status == 200 && !page.body.contains("960123"), "{}", page.body);

    // Taken away again.
    let page = adaeze.open(&format!("{id}/me/contact")).await;
    let page = adaeze.fill(&page, "contact", &[("phone", ""), ("address", " ")]).await;
    assert!(page.body.contains("Not given to apps"), "{}", page.body);
    let (token, me) = told(&system, &mut adaeze, &wish(&system, "openid phone address")).await;
    assert!([token, me].iter().all(|claims| claims["phone_number"].is_null() && claims["address"].is_null()));
}

#[tokio::test]
async fn an_app_that_may_not_ask_for_a_phone_is_given_none() {
    let system = System::start().await;
    register(&system, &["openid", "profile"]).await;
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let page = adaeze.open(&format!("{}/me/contact", system.origin("id"))).await;
    adaeze.fill(&page, "contact", &[("phone", "01632 960123")]).await;
    let claims_of = json!({ "id_token": { "phone_number": { "essential": true } } }).to_string();
    let params = with(&wish(&system, "openid profile phone"), "claims", &claims_of);
    let (token, me) = told(&system, &mut adaeze, &params).await;
    assert!(token["phone_number"].is_null() && me["phone_number"].is_null(), "{token} {me}");
}
