//! Token exchange (RFC 8693): a service that was called for somebody calls another one for them, and nobody else does.

use idp_domain::Secret;
use idp_domain::SystemRandom;
use idp_domain::client::{Client, ClientAuth, ClientOptions};
use idp_store::Effects;
use serde_json::Value;
use tests::oauth::{VERIFIER, claims, code, request_of, token};
use tests::system::TOBIAS;
use tests::{Browser, System};

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";

/// The addresses of three servers, in the order in which they call each other.
const ORDERS: &str = "https://orders.example";
const STOCK: &str = "https://stock.example";
const PRINT: &str = "https://print.example";

struct Shop {
    system: System,
    browser: Browser,
    /// Secrets of the servers by their names.
    secrets: Vec<(&'static str, Secret)>,
}

async fn shop() -> Shop {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let plain = store.client("bookworm").await.unwrap().unwrap();
    let options = ClientOptions { resources: vec![ORDERS.to_owned()], ..ClientOptions::default() };
    let app = Client { id: "till".to_owned(), name: "Till".to_owned(), options, ..plain.clone() };
    store.save_client(&app, Effects::none()).await.unwrap();
    let mut secrets = Vec::new();
    for (id, own, calls) in [("orders", ORDERS, STOCK), ("stock", STOCK, PRINT), ("print", PRINT, ORDERS)] {
        let secret = Secret::new(&SystemRandom);
        let auth = ClientAuth::Secret { hash: secret.hash(), before: None };
        let (resources, serves) = (vec![calls.to_owned()], vec![own.to_owned()]);
        let options = ClientOptions { resources, serves, exchange: true, jwt_access: true, ..ClientOptions::default() };
        let service =
            Client { id: id.to_owned(), name: id.to_owned(), auth, options, redirect_uris: vec![], ..plain.clone() };
        store.save_client(&service, Effects::none()).await.unwrap();
        secrets.push((id, secret));
    }
    let browser = system.admin(TOBIAS).await;
    Shop { system, browser, secrets }
}

impl Shop {
    fn secret(&self, id: &str) -> &str {
        self.secrets.iter().find(|(own, _)| *own == id).unwrap().1.reveal()
    }

    /// What the app gets to call the first server with.
    async fn tokens(&mut self) -> Value {
        let mut params = request_of(&self.system, "till");
        params.push(("resource".to_owned(), ORDERS.to_owned()));
        let code = code(&self.system, &mut self.browser, &params).await;
        let redirect = format!("{}/callback", self.system.origin("bookworm"));
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "till"),
            ("code", &code),
            ("redirect_uri", &redirect),
            ("code_verifier", VERIFIER),
        ];
        let (status, tokens) = token(&self.system, &form).await;
        assert_eq!(status, 200, "{tokens}");
        tokens
    }

    async fn exchange(&self, who: &str, subject: &str, more: &[(&str, &str)]) -> (u16, Value) {
        let form = [
            ("grant_type", EXCHANGE),
            ("client_id", who),
            ("client_secret", self.secret(who)),
            ("subject_token", subject),
            ("subject_token_type", ACCESS),
        ];
        let given = |name: &str| more.iter().any(|(other, _)| *other == name);
        let form: Vec<(&str, &str)> =
            form.into_iter().filter(|(name, _)| !given(name)).chain(more.iter().copied()).collect();
        token(&self.system, &form).await
    }

    /// What a server is told of a token.
    async fn looked_at(&self, who: &str, token: &str) -> Value {
        let form = [("client_id", who), ("client_secret", self.secret(who)), ("token", token)];
        let page = self.system.browser().post(&format!("{}/introspect", self.system.origin("id")), &form).await;
        serde_json::from_str(&page.body).unwrap()
    }
}

fn access(answer: &Value) -> String {
    answer["access_token"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_service_acts_for_whoever_called_it_and_says_who_it_is() {
    let mut shop = shop().await;
    let tokens = shop.tokens().await;
    let first = access(&tokens);
    let (status, answer) = shop.exchange("orders", &first, &[("resource", STOCK), ("scope", "openid profile")]).await;
    assert_eq!((status, answer["issued_token_type"].as_str()), (200, Some(ACCESS)), "{answer}");
    assert!(answer.get("refresh_token").is_none() && answer.get("id_token").is_none(), "{answer}");
    let second = access(&answer);
    let said = claims(&second);
    assert_eq!(
        (said["aud"].as_str(), said["client_id"].as_str(), said["act"]["sub"].as_str(), said["scope"].as_str()),
        (Some(STOCK), Some("orders"), Some("orders"), Some("openid profile")),
        "{said}"
    );
    let seen = shop.looked_at("stock", &second).await;
    assert_eq!((seen["active"].as_bool(), seen["act"]["sub"].as_str()), (Some(true), Some("orders")), "{seen}");
    // The next one in the row: who acted before stands inside.
    let (_, answer) = shop.exchange("stock", &second, &[("resource", PRINT)]).await;
    let third = access(&answer);
    assert_eq!(claims(&third)["act"], serde_json::json!({ "sub": "stock", "act": { "sub": "orders" } }));
    let (_, answer) = shop.exchange("print", &third, &[("resource", ORDERS)]).await;
    let (status, refused) = shop.exchange("orders", &access(&answer), &[("resource", STOCK)]).await;
    assert_eq!((status, refused["error"].as_str()), (400, Some("invalid_request")), "a fourth: {refused}");
    // A service gives up its own token, and nobody else's.
    let form = [("client_id", "stock"), ("client_secret", shop.secret("stock")), ("token", &third)];
    shop.system.browser().post(&format!("{}/revoke", shop.system.origin("id")), &form).await;
    assert_eq!(shop.looked_at("print", &third).await["active"], false);
    assert_eq!(shop.looked_at("stock", &second).await["active"], true, "that of the one before goes on");
    // They live no longer than what they came from, and end with it.
    shop.system.clock.advance(590);
    let (_, answer) = shop.exchange("orders", &first, &[("resource", STOCK)]).await;
    assert!(answer["expires_in"].as_i64().unwrap() <= 10, "{answer}");
    let form = [("client_id", "till"), ("token", tokens["refresh_token"].as_str().unwrap())];
    shop.system.browser().post(&format!("{}/revoke", shop.system.origin("id")), &form).await;
    assert_eq!(shop.looked_at("stock", &access(&answer)).await["active"], false, "revoked with its family");
    assert_eq!(shop.exchange("orders", &first, &[("resource", STOCK)]).await.0, 400);
}

#[tokio::test]
async fn a_token_is_exchanged_by_the_server_that_it_is_for_and_opens_no_more_than_before() {
    let mut shop = shop().await;
    let first = access(&shop.tokens().await);
    let jwt = "urn:ietf:params:oauth:token-type:jwt";
    for (who, more, error) in [
        ("stock", vec![("resource", PRINT)], "invalid_grant"),
        ("orders", vec![], "invalid_target"),
        ("orders", vec![("resource", PRINT)], "invalid_target"),
        ("orders", vec![("resource", STOCK), ("scope", "openid admin")], "invalid_scope"),
        ("orders", vec![("resource", STOCK), ("subject_token_type", jwt)], "invalid_request"),
        ("orders", vec![("resource", STOCK), ("requested_token_type", jwt)], "invalid_request"),
        ("orders", vec![("resource", STOCK), ("actor_token", &first)], "invalid_request"),
        ("orders", vec![("resource", STOCK), ("subject_token", "nonsense")], "invalid_grant"),
        ("orders", vec![("resource", STOCK), ("client_secret", "wrong")], "invalid_client"),
    ] {
        let (_, answer) = shop.exchange(who, &first, &more).await;
        assert_eq!(answer["error"].as_str(), Some(error), "{who} {more:?}: {answer}");
    }
    let store = &shop.system.demo.assembled.context.store;
    let orders = store.client("orders").await.unwrap().unwrap();
    let options = ClientOptions { exchange: false, ..orders.options.clone() };
    store.save_client(&Client { options, ..orders }, Effects::none()).await.unwrap();
    let (_, answer) = shop.exchange("orders", &first, &[("resource", STOCK)]).await;
    assert_eq!(answer["error"], "unauthorized_client", "it is not registered for that");
}

#[tokio::test]
async fn whoever_takes_their_agreement_back_takes_it_from_every_service() {
    let mut shop = shop().await;
    let first = access(&shop.tokens().await);
    let (_, answer) = shop.exchange("orders", &first, &[("resource", STOCK)]).await;
    let second = access(&answer);
    assert_eq!(shop.looked_at("stock", &second).await["active"], true);
    let id = shop.system.origin("id");
    let page = shop.browser.open(&format!("{id}/me/browsers")).await;
    shop.browser.fill(&page, "/me/apps/disconnect", &[]).await;
    assert_eq!(shop.looked_at("stock", &second).await["active"], false);
    assert_eq!(shop.exchange("orders", &first, &[("resource", STOCK)]).await.0, 400);
}

#[tokio::test]
async fn one_server_answers_at_an_address_and_its_maker_says_so_on_its_page() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut tobias = system.admin(TOBIAS).await;
    let form = tobias.open(&format!("{id}/developers/apps/new")).await;
    let trust = form.body.split("<option value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = |name: &'static str, serves: &'static str| {
        [
            ("trust", trust.clone()),
            ("name", name.to_owned()),
            ("redirect_uris", "https://orders.example/cb".to_owned()),
            ("kind", "server".to_owned()),
            ("resources", STOCK.to_owned()),
            ("serves", serves.to_owned()),
            ("exchange", "1".to_owned()),
        ]
    };
    let mut add = async |name, serves| {
        let fields = fields(name, serves);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        tobias.fill(&form, "app", &fields).await
    };
    let page = add("Orders", "").await;
    assert!(page.status == 422 && page.body.contains("Enter the addresses at which it is called"), "{}", page.body);
    let page = add("Orders", ORDERS).await;
    assert!(page.body.contains("Keep this secret"), "{}", page.body);
    let page = add("Thief", ORDERS).await;
    assert!(page.status == 422 && page.body.contains("Another app is the resource server"), "{}", page.body);
    let apps = system.demo.assembled.context.store.clients().await.unwrap();
    let orders = apps.iter().find(|app| app.name == "Orders").unwrap();
    assert!(orders.options.exchange && orders.options.serves == [ORDERS] && orders.options.resources == [STOCK]);
    let page = tobias.open(&format!("{id}/developers/apps/{}", orders.id)).await;
    assert!(page.body.contains(ORDERS) && page.body.contains("name=\"exchange\" value=\"1\" checked"), "{}", page.body);
}
