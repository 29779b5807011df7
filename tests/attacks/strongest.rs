//! I, T: pushed and signed requests, assertions, proofs of possession, introspection: the strongest profile, and what it
//! refuses.

use http::Method;
use idp_domain::client::{Client, ClientAuth, ClientOptions};
use idp_store::Effects;
use serde_json::{Value, json};
use tests::client_key::{ClientKey, unique};
use tests::oauth::{VERIFIER, authorize, claims, code, request, request_of};
use tests::{Browser, Page, System};

pub const WHO: &str = "t.quennell@tamberwell.example";
pub const STRONG: &str = "strong";

/// Bookworm once more, as an app that signs and proves everything.
pub async fn strong(options: ClientOptions) -> (System, Browser, ClientKey) {
    let system = System::start().await;
    let key = ClientKey::default();
    let store = &system.demo.assembled.context.store;
    let plain = store.client("bookworm").await.unwrap().unwrap();
    let auth = ClientAuth::Keys { jwks: key.jwks() };
    let client = Client { id: STRONG.to_owned(), name: "Strong".to_owned(), auth, options, ..plain };
    store.save_client(&client, Effects::none()).await.unwrap();
    let browser = system.admin(WHO).await;
    (system, browser, key)
}

fn every() -> ClientOptions {
    ClientOptions { pushed_only: true, dpop: true, ..ClientOptions::default() }
}

/// Posts a form with a client assertion, and a proof if there is one.
pub async fn post(system: &System, key: &ClientKey, path: &str, form: &[(&str, &str)], proof: Option<&str>) -> Page {
    let assertion = key.assertion(system, STRONG);
    post_as(system, path, &[form, &with_assertion(&assertion)].concat(), proof).await
}

pub fn with_assertion(assertion: &str) -> [(&str, &str); 2] {
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    [("client_assertion", assertion), ("client_assertion_type", kind)]
}

pub async fn post_as(system: &System, path: &str, form: &[(&str, &str)], proof: Option<&str>) -> Page {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let headers: Vec<(&str, &str)> = proof.map(|proof| ("dpop", proof)).into_iter().collect();
    system.browser().send(Method::POST, &format!("{}{path}", system.origin("id")), Some(body), &headers).await
}

pub fn json_of(page: &Page) -> Value {
    serde_json::from_str(&page.body).unwrap_or_default()
}

fn text_of(page: &Page, name: &str) -> String {
    json_of(page).get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub fn error_of(page: &Page) -> (u16, String) {
    (page.status, text_of(page, "error"))
}

/// A proof for an address, with the nonce that the server hands out.
pub fn proof(system: &System, key: &ClientKey, path: &str) -> String {
    let url = format!("{}{path}", system.origin("id"));
    let nonce = system.demo.assembled.provider.dpop_nonce();
    key.proof(&ClientKey::proof_claims(system, ("POST", &url), &nonce, None))
}

/// Pushes a request and answers its `request_uri`.
async fn push(system: &System, key: &ClientKey, proof: Option<&str>) -> String {
    let mine = request(system).into_iter().filter(|(name, _)| name != "client_id");
    let form: Vec<(String, String)> = mine.collect();
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = post(system, key, "/par", &form, proof).await;
    assert_eq!(page.status, 201, "{}", page.body);
    text_of(&page, "request_uri")
}

fn brought(uri: &str) -> Vec<(String, String)> {
    [("client_id", STRONG), ("request_uri", uri)].map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// From a pushed request to tokens bound to a key.
async fn tokens(system: &System, browser: &mut Browser, key: &ClientKey) -> Value {
    let pushed = proof(system, key, "/par");
    let uri = push(system, key, Some(&pushed)).await;
    let code = code(system, browser, &brought(&uri)).await;
    let page = redeem(system, key, &code, Some(&proof(system, key, "/token"))).await;
    assert_eq!(page.status, 200, "{}", page.body);
    json_of(&page)
}

pub async fn redeem(system: &System, key: &ClientKey, code: &str, proof: Option<&str>) -> Page {
    let redirect = format!("{}/callback", system.origin("bookworm"));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect.as_str()),
        ("code_verifier", VERIFIER),
    ];
    post(system, key, "/token", &form, proof).await
}

pub async fn userinfo(system: &System, scheme: &str, token: &str, proof: Option<&str>) -> Page {
    let authorization = format!("{scheme} {token}");
    let mut headers = vec![("authorization", authorization.as_str())];
    headers.extend(proof.map(|proof| ("dpop", proof)));
    system.browser().send(Method::GET, &format!("{}/userinfo", system.origin("id")), None, &headers).await
}

#[tokio::test]
async fn i_17_a_pushed_request_counts_once_for_its_client_and_alone() {
    let (system, mut browser, key) = strong(every()).await;
    let page = authorize(&system, &mut browser, &request_of(&system, STRONG)).await;
    assert_eq!(page.status, 400, "this client pushes: {}", page.location());
    let pushed = proof(&system, &key, "/par");
    let uri = push(&system, &key, Some(&pushed)).await;
    let other = [("client_id", "bookworm"), ("request_uri", uri.as_str())];
    let other = other.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(authorize(&system, &mut browser, &other).await.status, 400, "another client's");
    let pushed = proof(&system, &key, "/par");
    let uri = push(&system, &key, Some(&pushed)).await;
    let mut both = brought(&uri);
    both.push(("redirect_uri".to_owned(), "https://evil.example/".to_owned()));
    both.push(("state".to_owned(), "theirs".to_owned()));
    let page = authorize(&system, &mut browser, &both).await;
    let asked = browser.open(&format!("{}{}", system.origin("id"), page.location())).await;
    assert!(
        asked.body.contains("Strong") && !asked.body.contains("evil"),
        "only what was pushed counts: {}",
        asked.body
    );
    assert_eq!(authorize(&system, &mut browser, &brought(&uri)).await.status, 400, "used");
    let pushed = proof(&system, &key, "/par");
    let late = push(&system, &key, Some(&pushed)).await;
    system.clock.advance(61);
    assert_eq!(authorize(&system, &mut browser, &brought(&late)).await.status, 400, "too old");
    let form = [("response_type", "code"), ("client_id", STRONG)];
    assert_eq!(error_of(&post_as(&system, "/par", &form, None).await), (401, "invalid_client".to_owned()));
    let nested = post(&system, &key, "/par", &[("request_uri", &late)], Some(&pushed)).await;
    assert_eq!(error_of(&nested), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn i_16_no_address_is_ever_fetched() {
    let (system, mut browser, _) = strong(ClientOptions::default()).await;
    for uri in ["http://127.0.0.1:1/x", "file:///etc/passwd", "https://id.example/x", "urn:other:x"] {
        let page = authorize(&system, &mut browser, &brought(uri)).await;
        assert!(page.status == 400 && page.body.contains("request_uri_not_supported"), "{uri}: {}", page.body);
    }
}

#[tokio::test]
async fn i_23_a_proof_is_of_this_request_this_key_and_this_moment() {
    let (system, mut browser, key) = strong(every()).await;
    let found = tokens(&system, &mut browser, &key).await;
    assert_eq!(found["token_type"], "DPoP");
    let access = found["access_token"].as_str().unwrap();
    let url = format!("{}/userinfo", system.origin("id"));
    let nonce = system.demo.assembled.provider.dpop_nonce();
    let good = || ClientKey::proof_claims(&system, ("GET", &url), &nonce, Some(access));
    let right = key.proof(&good());
    assert_eq!(userinfo(&system, "DPoP", access, Some(&right)).await.status, 200);
    let again = userinfo(&system, "DPoP", access, Some(&right)).await;
    assert_eq!(error_of(&again), (401, "invalid_dpop_proof".to_owned()), "each proof counts once");
    assert_eq!(userinfo(&system, "Bearer", access, None).await.status, 401, "a bound token is no bearer token");
    assert_eq!(userinfo(&system, "DPoP", access, None).await.status, 401);
    let stranger = ClientKey::default().proof(&good());
    assert_eq!(userinfo(&system, "DPoP", access, Some(&stranger)).await.status, 401, "another key");
    let changes: [(&str, Value); 8] = [
        ("htm", json!("POST")),
        ("htu", json!("https://evil.example/userinfo")),
        ("iat", json!(idp_domain::Clock::now(&*system.clock).0 - 61)),
        ("iat", json!(idp_domain::Clock::now(&*system.clock).0 + 90)),
        ("ath", json!("AAAA")),
        ("ath", Value::Null),
        ("jti", json!("")),
        ("nonce", json!("made-up")),
    ];
    for (name, value) in changes {
        let mut claims = good();
        claims[name] = value;
        let page = userinfo(&system, "DPoP", access, Some(&key.proof(&claims))).await;
        let expected = if name == "nonce" { "use_dpop_nonce" } else { "invalid_dpop_proof" };
        assert_eq!(error_of(&page), (401, expected.to_owned()), "{name}: {claims}");
        assert!(!page.header("dpop-nonce").is_empty(), "the next nonce comes along");
    }
    for header in [
        json!({ "typ": "JWT", "alg": "ES256", "jwk": key.jwk }),
        json!({ "typ": "dpop+jwt", "alg": "none", "jwk": key.jwk }),
        json!({ "typ": "dpop+jwt", "alg": "HS256", "jwk": key.jwk }),
        json!({ "typ": "dpop+jwt", "alg": "ES256" }),
        json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk, "crit": ["x"] }),
    ] {
        let page = userinfo(&system, "DPoP", access, Some(&key.sign(&header, &good()))).await;
        assert_eq!(error_of(&page), (401, "invalid_dpop_proof".to_owned()), "{header}");
    }
}

#[tokio::test]
async fn i_23_tokens_go_to_the_key_that_asked_and_to_no_other() {
    let (system, mut browser, key) = strong(every()).await;
    let pushed = proof(&system, &key, "/par");
    let uri = push(&system, &key, Some(&pushed)).await;
    let first = code(&system, &mut browser, &brought(&uri)).await;
    let other = proof(&system, &ClientKey::default(), "/token");
    let page = redeem(&system, &key, &first, Some(&other)).await;
    assert_eq!(error_of(&page), (400, "invalid_dpop_proof".to_owned()), "another key than at the beginning");
    let found = tokens(&system, &mut browser, &key).await;
    let refresh = found["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let none = post(&system, &key, "/token", &form, None).await;
    assert_eq!(error_of(&none), (400, "invalid_dpop_proof".to_owned()), "the client is registered to prove it");
    let other = proof(&system, &ClientKey::default(), "/token");
    let page = post(&system, &key, "/token", &form, Some(&other)).await;
    assert_eq!(error_of(&page), (400, "invalid_dpop_proof".to_owned()));
    let own = proof(&system, &key, "/token");
    let page = post(&system, &key, "/token", &form, Some(&own)).await;
    assert_eq!(page.status, 200, "a refused proof costs nothing: {}", page.body);
    let url = format!("{}/token", system.origin("id"));
    let bare = key.proof(&ClientKey::proof_claims(&system, ("POST", &url), "", None));
    let page = post(&system, &key, "/token", &form, Some(&bare)).await;
    assert_eq!(error_of(&page), (400, "use_dpop_nonce".to_owned()));
}

#[tokio::test]
async fn i_38_and_t_02_an_assertion_is_the_clients_own_for_us_and_counts_once() {
    let (system, _, key) = strong(ClientOptions::default()).await;
    let form = [("token", "x")];
    let assertion = key.assertion(&system, STRONG);
    let send = async |assertion: &str| {
        error_of(&post_as(&system, "/introspect", &[&form[..], &with_assertion(assertion)].concat(), None).await)
    };
    assert_eq!(send(&assertion).await.0, 200);
    assert_eq!(send(&assertion).await, (401, "invalid_client".to_owned()), "used before");
    let now = idp_domain::Clock::now(&*system.clock).0;
    let id = system.origin("id");
    let good = json!({ "iss": STRONG, "sub": STRONG, "aud": id, "jti": unique(), "exp": now + 60 });
    for (name, value) in [
        ("aud", json!(format!("{id}/token"))),
        ("aud", json!([id, "https://other.example"])),
        ("iss", json!("bookworm")),
        ("exp", json!(now - 60)),
        ("exp", json!(now + 4000)),
        ("jti", json!("")),
    ] {
        let mut claims = good.clone();
        claims[name] = value;
        let answered = send(&key.sign(&json!({ "alg": "ES256" }), &claims)).await;
        assert_eq!(answered, (401, "invalid_client".to_owned()), "{claims}");
    }
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "nOnE" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "ES256", "b64": false }),
        json!({ "alg": "ES256", "crit": ["b64"] }),
    ] {
        assert_eq!(send(&key.sign(&header, &good)).await.0, 401, "{header}");
    }
    let stranger = ClientKey::default();
    let embedded = json!({ "alg": "ES256", "jwk": stranger.jwk, "jku": "https://evil.example/jwks" });
    assert_eq!(send(&stranger.sign(&embedded, &good)).await.0, 401, "t_04: a key in the header is nobody's");
    assert_eq!(send(&key.sign(&json!({ "alg": "ES256" }), &good)).await.0, 200, "none of it used the jti up");
}

#[tokio::test]
async fn signed_requests_and_signed_answers_fit_together() {
    let (system, mut browser, key) = strong(ClientOptions::default()).await;
    let now = idp_domain::Clock::now(&*system.clock).0;
    let mut object = json!({ "iss": STRONG, "aud": system.origin("id"), "exp": now + 60, "client_id": STRONG });
    for (name, value) in request(&system).into_iter().filter(|(name, _)| name != "client_id") {
        object[name.as_str()] = json!(value);
    }
    object["response_mode"] = json!("jwt");
    let bring = |object: &str| {
        [("client_id", STRONG), ("request", object), ("redirect_uri", "https://evil.example/")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    };
    let forged = ClientKey::default().sign(&json!({ "alg": "ES256" }), &object);
    let page = authorize(&system, &mut browser, &bring(&forged)).await;
    assert!(page.status == 400 && page.body.contains("invalid_request_object"), "{}", page.body);
    let mut old = object.clone();
    old["exp"] = json!(now - 60);
    let page = authorize(&system, &mut browser, &bring(&key.sign(&json!({ "alg": "ES256" }), &old))).await;
    assert!(page.status == 400 && page.body.contains("invalid_request_object"), "{}", page.body);
    let good = bring(&key.sign(&json!({ "alg": "ES256" }), &object));
    let page = authorize(&system, &mut browser, &good).await;
    let asked = browser.open(&format!("{}{}", system.origin("id"), page.location())).await;
    browser.fill(&asked, "consent", &[("decision", "allow")]).await;
    let page = authorize(&system, &mut browser, &good).await;
    let answer = page.location_param("response").unwrap();
    let said = claims(&answer);
    assert_eq!((said["aud"].as_str(), said["state"].as_str()), (Some(STRONG), Some("s1")), "{said}");
    assert_eq!(said["iss"].as_str(), Some(system.origin("id").as_str()));
    assert!(said["code"].is_string() && page.location_param("code").is_none(), "{}", page.location());
}

#[tokio::test]
async fn an_answer_by_form_needs_no_script() {
    let (system, mut browser, _) = strong(ClientOptions::default()).await;
    code(&system, &mut browser, &request(&system)).await;
    let mut params = request(&system);
    params.push(("response_mode".to_owned(), "form_post".to_owned()));
    let page = authorize(&system, &mut browser, &params).await;
    assert!(page.status == 200 && page.header("cache-control") == "no-store", "{}", page.body);
    assert!(page.body.contains("name=\"code\"") && page.body.contains("name=\"iss\""), "{}", page.body);
    let callback = format!("action=\"{}/callback\"", system.origin("bookworm"));
    assert!(page.body.contains(&callback) && page.body.contains(">Continue</button>"), "{}", page.body);
    params.retain(|(name, _)| name != "response_type");
    let page = authorize(&system, &mut browser, &params).await;
    assert!(page.body.contains("value=\"invalid_request\""), "errors go the same way: {}", page.body);
}
