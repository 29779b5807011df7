//! Apps that call a site for somebody: with a token that works with their own key alone, as far as the person may go there and
//! has agreed.

use http::Method;
use idp_domain::TrustId;
use idp_domain::client::{AppFacts, AppStage, Client, ClientAuth, ClientOptions};
use idp_store::Effects;
use serde_json::{Value, json};
use tests::client_key::ClientKey;
use tests::echo::Echo;
use tests::mutual::{Authority, Identity, send};
use tests::oauth::{agree, authorize, redeeming, request_of};
use tests::raw::{open_stream_by, until_closed};
use tests::system::{ADAEZE, CALLUM, SAMINA};
use tests::{Browser, Page, System};

const APP: &str = "planner";

/// An app, with its key and what it got for somebody.
struct Caller {
    key: ClientKey,
    tokens: Value,
}

async fn register(system: &System, change: impl FnOnce(&mut Client)) {
    let store = &system.demo.assembled.context.store;
    let plain = store.client("bookworm").await.unwrap().unwrap();
    let options = ClientOptions { resources: vec![system.origin("larkmoor")], ..ClientOptions::default() };
    let (name, auth) = ("Lesson planner".to_owned(), ClientAuth::None);
    let mut client = Client { id: APP.to_owned(), name, auth, options, refresh: true, ..plain };
    change(&mut client);
    store.save_client(&client, Effects::none()).await.unwrap();
}

/// Begins a sign-in at the app for the site, with further parameters. Answers where the browser is sent.
async fn begin(system: &System, browser: &mut Browser, more: &[(&str, &str)]) -> Page {
    let mut params = request_of(system, APP);
    params.push(("resource".to_owned(), system.origin("larkmoor")));
    params.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    authorize(system, browser, &params).await
}

impl Caller {
    /// Signs somebody in at the app. The browser is signed in at the provider.
    async fn new(system: &System, browser: &mut Browser, more: &[(&str, &str)]) -> Self {
        let page = begin(system, browser, more).await;
        let page = agree(browser, &system.origin("id"), page).await;
        let mut caller = Self { key: ClientKey::default(), tokens: Value::Null };
        let (code, back) = (page.location_param("code").unwrap(), format!("{}/callback", system.origin("bookworm")));
        let form = redeeming((APP, &code, &back));
        caller.tokens = caller.ask(system, "/token", &form).await;
        caller
    }

    /// Posts a form to the provider with a proof.
    async fn ask(&self, system: &System, path: &str, form: &[(&str, &str)]) -> Value {
        let url = format!("{}{path}", system.origin("id"));
        let nonce = system.demo.assembled.provider.dpop_nonce();
        let proof = self.key.proof(&ClientKey::proof_claims(system, ("POST", &url), &nonce, None));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let page = system.browser().send(Method::POST, &url, Some(body), &[("dpop", &proof)]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        serde_json::from_str(&page.body).unwrap_or_default()
    }

    fn token(&self) -> &str {
        self.tokens.get("access_token").and_then(Value::as_str).unwrap()
    }

    fn claims(&self, system: &System, (method, path): (&str, &str)) -> Value {
        let url = format!("{}{path}", system.origin("larkmoor"));
        ClientKey::proof_claims(system, (method, &url), "", Some(self.token()))
    }

    /// Calls the site, right in every respect.
    async fn call(&self, system: &System, path: &str) -> Page {
        let proof = self.key.proof(&self.claims(system, ("GET", path)));
        call(system, path, &[("authorization", &format!("DPoP {}", self.token())), ("dpop", &proof)]).await
    }
}

async fn call(system: &System, path: &str, headers: &[(&str, &str)]) -> Page {
    let url = format!("{}{path}", system.origin("larkmoor"));
    system.browser().send(Method::GET, &url, None, headers).await
}

fn why(page: &Page) -> (u16, String) {
    let said: Value = serde_json::from_str(&page.body).unwrap_or_default();
    (page.status, said.get("error").and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn refused(code: &str) -> (u16, String) {
    (401, code.to_owned())
}

#[tokio::test]
async fn an_app_does_at_a_site_what_its_person_may_and_the_site_learns_who_acts() {
    let system = System::start().await;
    let echo = Echo::start().await;
    system.set_upstream("larkmoor", &format!("http://{}", echo.address)).await;
    register(&system, |_| {}).await;
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let asked = begin(&system, &mut adaeze, &[]).await;
    let asked = adaeze.open(&format!("{}{}", system.origin("id"), asked.location())).await;
    assert!(asked.body.contains("Act for you at larkmoor.lanyard.localhost"), "{}", asked.body);
    let app = Caller::new(&system, &mut adaeze, &[]).await;
    let page = app.call(&system, "/api/lessons?week=3").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let head = page.body.to_lowercase();
    // The same person as in their own browser, and no token of ours.
    let own = adaeze.open(&format!("{}/api/lessons", system.origin("larkmoor"))).await.body.to_lowercase();
    let line = |head: &str, name: &str| head.lines().find(|line| line.starts_with(name)).map(str::to_owned);
    for name in ["x-lanyard-user", "x-lanyard-account", "x-lanyard-groups", "x-lanyard-classes", "x-lanyard-level"] {
        assert!(line(&head, name).is_some() && line(&head, name) == line(&own, name), "{name}: {head}");
    }
    assert!(!head.contains("authorization:") && !head.contains("\ndpop:"), "{head}");
    let assertion = line(&page.body, "x-lanyard-assertion: ").unwrap();
    assert_eq!(tests::oauth::claims(&assertion)["act"], json!({ "sub": APP }));
    let assertion =
        line(&adaeze.open(&format!("{}/api/x", system.origin("larkmoor"))).await.body, "x-lanyard-assertion");
    assert!(tests::oauth::claims(&assertion.unwrap()).get("act").is_none());
    // Elsewhere, at another path or another site, it is nobody.
    assert_eq!(why(&app.call(&system, "/apis").await), refused("login_required"));
    assert_eq!(why(&app.call(&system, "/").await), refused("login_required"));
    let url = format!("{}/api/lessons", system.origin("quillbrook"));
    let proof = app.key.proof(&ClientKey::proof_claims(&system, ("GET", &url), "", Some(app.token())));
    let headers = [("authorization", format!("DPoP {}", app.token())), ("dpop", proof)];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = system.browser().send(Method::GET, &url, None, &headers).await;
    assert!(page.status == 401 && echo.heads().iter().all(|head| !head.contains("quillbrook")), "{}", page.body);
    assert_eq!(
        app.call(&system, "/api/lessons").await.status,
        200,
        "what another site hears of it changes nothing here"
    );
    let page = call(&system, "/api/lessons", &[]).await;
    assert!(why(&page) == refused("login_required") && page.headers.get_all("www-authenticate").iter().count() == 2);
    // Where the school names no path, no app calls.
    system.set_site("larkmoor", |settings| settings.api_path = String::new()).await;
    assert_eq!(why(&app.call(&system, "/api/lessons").await), refused("login_required"));
}

#[tokio::test]
async fn a_token_works_with_its_key_for_one_request_at_a_time() {
    let system = System::start().await;
    let echo = Echo::start().await;
    system.set_upstream("larkmoor", &format!("http://{}", echo.address)).await;
    register(&system, |_| {}).await;
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let app = Caller::new(&system, &mut adaeze, &[]).await;
    let dpop = format!("DPoP {}", app.token());
    let with = async |proof: &str| why(&call(&system, "/api/x", &[("authorization", &dpop), ("dpop", proof)]).await);
    let good = || app.claims(&system, ("GET", "/api/x"));
    let proof = app.key.proof(&good());
    assert_eq!(with(&proof).await.0, 200);
    assert_eq!(with(&proof).await, refused("invalid_dpop_proof"), "each counts once");
    assert_eq!(with(&ClientKey::default().proof(&good())).await, refused("invalid_token"), "another key");
    let now = idp_domain::Clock::now(&*system.clock).0;
    for (name, value) in [
        ("htm", json!("POST")),
        ("htu", json!(format!("{}/api/y", system.origin("larkmoor")))),
        ("htu", json!(format!("{}/api/x", system.origin("quillbrook")))),
        ("ath", json!("x")),
        ("iat", json!(now - 61)),
        ("iat", json!(now + 62)),
        ("jti", json!("")),
        ("jti", json!(7)),
    ] {
        let mut claims = good();
        claims[name] = value;
        assert_eq!(with(&app.key.proof(&claims)).await, refused("invalid_dpop_proof"), "{name}: {claims}");
    }
    for header in [
        json!({ "typ": "jwt", "alg": "ES256", "jwk": app.key.jwk }),
        json!({ "typ": "dpop+jwt", "alg": "none", "jwk": app.key.jwk }),
        json!({ "typ": "dpop+jwt", "alg": "HS256", "jwk": app.key.jwk }),
        json!({ "typ": "dpop+jwt", "alg": "ES256" }),
        json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": app.key.jwk, "crit": ["x"] }),
    ] {
        assert_eq!(with(&app.key.sign(&header, &good())).await, refused("invalid_dpop_proof"), "{header}");
    }
    let page = call(&system, "/api/x", &[("authorization", &dpop)]).await;
    assert_eq!(why(&page), refused("invalid_dpop_proof"), "without one");
    assert!(page.header("www-authenticate").starts_with("DPoP algs="), "{}", page.header("www-authenticate"));
    let (one, other) = (app.key.proof(&good()), app.key.proof(&good()));
    let page = call(&system, "/api/x", &[("authorization", &dpop), ("dpop", &one), ("dpop", &other)]).await;
    assert_eq!(why(&page), refused("invalid_dpop_proof"), "two");
    let bearer = format!("Bearer {}", app.token());
    assert_eq!(
        why(&call(&system, "/api/x", &[("authorization", &bearer)]).await),
        refused("invalid_token"),
        "as Bearer"
    );
    let nobody = [("authorization", "DPoP nobodys"), ("dpop", one.as_str())];
    assert_eq!(why(&call(&system, "/api/x", &nobody).await), refused("invalid_token"));
    let reached = echo.heads().iter().filter(|head| head.starts_with("GET /api/")).count();
    assert_eq!(reached, 1, "nothing else reached the site");
}

#[tokio::test]
async fn an_app_is_told_to_ask_for_a_key_and_goes_on_as_long_as_the_key_counts() {
    let system = System::start().await;
    let echo = Echo::start().await;
    system
        .set_site("larkmoor", |settings| {
            settings.upstream = format!("http://{}", echo.address);
            settings.api_path = "/records".to_owned();
        })
        .await;
    register(&system, |_| {}).await;
    let mut samina = system.signed_in(SAMINA, "larkmoor").await;
    let app = Caller::new(&system, &mut samina, &[]).await;
    let page = app.call(&system, "/records/1").await;
    assert_eq!(why(&page), refused("insufficient_user_authentication"));
    let told = page.header("www-authenticate").to_owned();
    assert!(told.contains("acr_values=\"urn:lanyard:acr:key\"") && told.contains("max_age=\""), "{told}");
    let max_age = told.split("max_age=\"").nth(1).unwrap().split('"').next().unwrap();
    // The app asks its person, who uses their key.
    let asked = [("acr_values", "urn:lanyard:acr:key"), ("max_age", max_age)];
    let page = begin(&system, &mut samina, &asked).await;
    let page = samina.open(&format!("{}{}", system.origin("id"), page.location())).await;
    let code = system.code(SAMINA).await;
    samina.fill(&page, "key", &[("code", &code)]).await;
    let app = Caller::new(&system, &mut samina, &asked).await;
    let page = app.call(&system, "/records/1").await;
    assert!(page.status == 200 && page.body.to_lowercase().contains("x-lanyard-level: elevated"), "{}", page.body);
    // The key is suspended: elevated access by it ends at once, and the token goes on at base access.
    let store = &system.demo.assembled.context.store;
    let (person, now) = (system.person(SAMINA).await.id, system.demo.assembled.context.now());
    for key in store.keys_of(person).await.unwrap() {
        store.suspend_key(person, key.id, Some(now), Effects::none()).await.unwrap();
    }
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await; // the provider is asked once a second
    assert_eq!(why(&app.call(&system, "/records/1").await), refused("insufficient_user_authentication"));
}

#[tokio::test]
async fn what_is_taken_away_ends_an_apps_access_and_its_open_streams() {
    let system = System::start().await;
    system.set_site("larkmoor", |settings| settings.api_path = "/alerts".to_owned()).await;
    register(&system, |_| {}).await;
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let open = async |app: &Caller| {
        let proof = app.key.proof(&app.claims(&system, ("GET", "/alerts")));
        let head = format!("Authorization: DPoP {}\r\nDPoP: {proof}\r\n", app.token());
        open_stream_by(&system, &head, "larkmoor", "/alerts").await
    };
    // The app gives its token up.
    let app = Caller::new(&system, &mut adaeze, &[]).await;
    let stream = open(&app).await;
    app.ask(&system, "/revoke", &[("client_id", APP), ("token", app.token())]).await;
    assert!(until_closed(stream).await, "a stream by a token that was given up");
    assert_eq!(why(&app.call(&system, "/alerts").await), refused("invalid_token"));
    // The person disconnects the app.
    let app = Caller::new(&system, &mut adaeze, &[]).await;
    let stream = open(&app).await;
    let (store, person) = (&system.demo.assembled.context.store, system.person(ADAEZE).await);
    let now = system.demo.assembled.context.now();
    assert!(store.withdraw_consent(person.id, APP, now, Effects::none()).await.unwrap());
    assert!(until_closed(stream).await, "a stream of an app that was disconnected");
    assert_eq!(why(&app.call(&system, "/alerts").await), refused("invalid_token"));
    // An admin removes the person.
    let app = Caller::new(&system, &mut adaeze, &[]).await;
    let stream = open(&app).await;
    let mut callum = system.admin(CALLUM).await;
    let page = callum.open(&format!("{}/admin/people/{}", system.origin("id"), person.id)).await;
    callum.fill(&page, "remove", &[("mode", "quiet")]).await;
    assert!(until_closed(stream).await, "a stream of somebody who was removed");
    assert_eq!(why(&app.call(&system, "/alerts").await), refused("invalid_token"));
}

#[tokio::test]
async fn nobody_has_agreed_to_an_app_that_did_not_name_the_site_nor_to_one_of_another_trust() {
    let system = System::start().await;
    register(&system, |_| {}).await;
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let app = Caller::new(&system, &mut adaeze, &[]).await;
    assert_eq!(app.call(&system, "/api/x").await.status, 404, "the school has no such page, and was asked");
    // Agreed without the site: what the app asks for later, by itself, does not count there.
    let (store, person) = (&system.demo.assembled.context.store, system.person(ADAEZE).await);
    let now = system.demo.assembled.context.now();
    store.save_consent(person.id, APP, "openid profile email offline_access", now).await.unwrap();
    let refresh = app.tokens["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("client_id", APP), ("refresh_token", refresh)];
    let app = Caller { tokens: app.ask(&system, "/token", &form).await, key: app.key };
    assert_eq!(why(&app.call(&system, "/api/x").await), refused("invalid_token"));
    let other = TrustId::new(&*system.clock, &idp_domain::SystemRandom);
    let (made_by, made_at) = (person.id, now);
    register(&system, |client| {
        let stage = AppStage::Live;
        client.app = Some(AppFacts { trust: other, made_by, made_at, stage, touched_by: vec![] });
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await; // clients are read once a second
    let app = Caller::new(&system, &mut adaeze, &[]).await;
    assert_eq!(why(&app.call(&system, "/api/x").await), refused("invalid_token"), "of another trust");
}

#[tokio::test]
async fn a_token_that_is_bound_to_a_certificate_works_on_its_connection() {
    let system = System::start_mutual(Authority::default().pem()).await;
    let echo = Echo::start().await;
    system.set_upstream("larkmoor", &format!("http://{}", echo.address)).await;
    let (own, other) = (Identity::itself(), Identity::itself());
    register(&system, |client| {
        (client.auth, client.options.tls_bound) = (ClientAuth::SelfSigned { jwks: own.jwks() }, true);
    })
    .await;
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let page = begin(&system, &mut adaeze, &[]).await;
    let page = agree(&mut adaeze, &system.origin("id"), page).await;
    let (code, back) = (page.location_param("code").unwrap(), format!("{}/callback", system.origin("bookworm")));
    let form = redeeming((APP, &code, &back));
    let tokens = tests::mutual::post(&system, Some(&own), "/token", &form).await.json();
    let bearer = format!("authorization: Bearer {}\r\n", tokens["access_token"].as_str().unwrap());
    for (by, status) in [(Some(&own), 200), (Some(&other), 401), (None, 401)] {
        let answer = send(&system, by, ("GET", "larkmoor", "/api/x"), &bearer, "").await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
    assert_eq!(echo.heads().iter().filter(|head| head.starts_with("GET /api/")).count(), 1);
    // One that works for whoever has it is taken from nobody.
    register(&system, |_| {}).await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await; // clients are read once a second
    let page = begin(&system, &mut adaeze, &[]).await;
    let code = page.location_param("code").unwrap();
    let form = form.map(|(name, value)| (name, if name == "code" { code.as_str() } else { value }));
    let (status, tokens) = tests::oauth::token(&system, &form).await;
    assert_eq!((status, &tokens["token_type"]), (200, &json!("Bearer")));
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    assert_eq!(why(&call(&system, "/api/x", &[("authorization", &bearer)]).await), refused("invalid_token"));
}
