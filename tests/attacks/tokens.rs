//! I: what tokens are worth at another server, after a refresh, and on a device.

use idp_domain::client::{Client, ClientOptions};
use idp_store::Effects;
use tests::oauth::{authorize, claims, code, request, request_of};

use super::strongest::{
    STRONG, WHO, error_of, json_of, post, post_as, proof, redeem, strong, userinfo, with_assertion,
};

#[tokio::test]
async fn i_24_a_token_for_another_server_opens_nothing_here_and_is_told_to_that_server() {
    let orders = "https://orders.example/api";
    let options = ClientOptions { jwt_access: true, resources: vec![orders.to_owned()], ..ClientOptions::default() };
    let (system, mut browser, key) = strong(options).await;
    let with = |resource: &str| {
        let mut params = request_of(&system, STRONG);
        params.push(("resource".to_owned(), resource.to_owned()));
        params
    };
    let page = authorize(&system, &mut browser, &with("https://other.example/")).await;
    assert_eq!(page.location_param("error").as_deref(), Some("invalid_target"));
    let code = code(&system, &mut browser, &with(orders)).await;
    let found = json_of(&redeem(&system, &key, &code, None).await);
    let access = found["access_token"].as_str().unwrap();
    let said = claims(access);
    assert_eq!((said["aud"].as_str(), said["client_id"].as_str()), (Some(orders), Some(STRONG)), "{said}");
    assert_eq!(userinfo(&system, "Bearer", access, None).await.status, 401);
    let described = json_of(&post(&system, &key, "/introspect", &[("token", access)], None).await);
    assert_eq!((described["active"].as_bool(), described["aud"].as_str()), (Some(true), Some(orders)), "{described}");
    let store = &system.demo.assembled.context.store;
    let mut other = store.client(STRONG).await.unwrap().unwrap();
    (other.id, other.options) = ("nosy".to_owned(), ClientOptions::default());
    store.save_client(&other, Effects::none()).await.unwrap();
    let assertion = key.assertion(&system, "nosy");
    let form = [&[("token", access)][..], &with_assertion(&assertion)].concat();
    assert_eq!(post_as(&system, "/introspect", &form, None).await.body, r#"{"active":false}"#, "none of its business");
    let person = system.person(WHO).await;
    system.demo.assembled.signin.end_everywhere(&person).await.unwrap();
    let gone = post(&system, &key, "/introspect", &[("token", access)], None).await;
    assert_eq!(gone.body, r#"{"active":false}"#, "the person has signed out everywhere");
}

#[tokio::test]
async fn i_24_a_refresh_token_is_no_token_to_another_server() {
    let orders = "https://orders.example/api";
    let (resources, serves) = (vec![orders.to_owned()], vec![orders.to_owned()]);
    let options = ClientOptions { resources, serves, ..ClientOptions::default() };
    let (system, mut browser, key) = strong(options.clone()).await;
    let mut params = request_of(&system, STRONG);
    params.push(("resource".to_owned(), orders.to_owned()));
    let code = code(&system, &mut browser, &params).await;
    let found = json_of(&redeem(&system, &key, &code, None).await);
    let store = &system.demo.assembled.context.store;
    let other = Client { id: "orders".to_owned(), options, ..store.client(STRONG).await.unwrap().unwrap() };
    store.save_client(&other, Effects::none()).await.unwrap();
    for (token, active) in [("access_token", true), ("refresh_token", false)] {
        let assertion = key.assertion(&system, "orders");
        let form = [&[("token", found[token].as_str().unwrap())][..], &with_assertion(&assertion)].concat();
        let described = json_of(&post_as(&system, "/introspect", &form, None).await);
        assert_eq!(described["active"].as_bool(), Some(active), "{token}: {described}");
    }
    let own = json_of(
        &post(&system, &key, "/introspect", &[("token", found["refresh_token"].as_str().unwrap())], None).await,
    );
    assert_eq!((own["active"].as_bool(), own.get("token_type")), (Some(true), None), "{own}");
}

#[tokio::test]
async fn i_23_a_proof_at_a_refresh_binds_what_comes_of_it() {
    let (system, mut browser, key) = strong(ClientOptions::default()).await;
    let code = code(&system, &mut browser, &request_of(&system, STRONG)).await;
    let found = json_of(&redeem(&system, &key, &code, None).await);
    assert_eq!(found["token_type"], "Bearer");
    let form = [("grant_type", "refresh_token"), ("refresh_token", found["refresh_token"].as_str().unwrap())];
    let bound = json_of(&post(&system, &key, "/token", &form, Some(&proof(&system, &key, "/token"))).await);
    assert_eq!(bound["token_type"], "DPoP", "{bound}");
    let access = bound["access_token"].as_str().unwrap();
    assert_eq!(userinfo(&system, "Bearer", access, None).await.status, 401, "it is bound, as it was said");
    let form = [("grant_type", "refresh_token"), ("refresh_token", bound["refresh_token"].as_str().unwrap())];
    let stolen = post(&system, &key, "/token", &form, None).await;
    assert_eq!(error_of(&stolen), (400, "invalid_dpop_proof".to_owned()));
}

#[tokio::test]
async fn i_17_a_pushed_request_has_a_length() {
    let (system, _, key) = strong(ClientOptions::default()).await;
    let mut params = request(&system);
    params.retain(|(name, _)| name != "client_id");
    params.push(("padding".to_owned(), "x".repeat(9000)));
    let form: Vec<(&str, &str)> = params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(error_of(&post(&system, &key, "/par", &form, None).await), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn i_05_a_lost_reply_is_forgiven_to_who_proves_itself_and_a_theft_is_not() {
    let (system, mut browser, key) = strong(ClientOptions::default()).await;
    let code = code(&system, &mut browser, &request_of(&system, STRONG)).await;
    let of = |answer: &serde_json::Value| answer["refresh_token"].as_str().unwrap_or_default().to_owned();
    let first = of(&json_of(&redeem(&system, &key, &code, None).await));
    let refresh = async |token: &str| {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        post(&system, &key, "/token", &form, None).await
    };
    let lost = of(&json_of(&refresh(&first).await));
    let again = refresh(&first).await;
    assert_eq!(again.status, 200, "the reply never came: {}", again.body);
    let third = refresh(&of(&json_of(&again))).await;
    assert_eq!(third.status, 200, "{}", third.body);
    assert_eq!(error_of(&refresh(&lost).await), (400, "invalid_grant".to_owned()), "its successor was used");
    let newest = of(&json_of(&third));
    assert_eq!(error_of(&refresh(&newest).await), (400, "invalid_grant".to_owned()), "and the family has ended");
}

#[tokio::test]
async fn a_device_is_let_in_once_by_who_sees_its_code() {
    let options = ClientOptions { device: true, ..ClientOptions::default() };
    let (system, mut browser, key) = strong(options).await;
    let id = system.origin("id");
    let begun = json_of(&post(&system, &key, "/device_authorization", &[("scope", "openid profile")], None).await);
    let (device, code) = (begun["device_code"].as_str().unwrap(), begun["user_code"].as_str().unwrap());
    let form = [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", device)];
    let ask = async || post(&system, &key, "/token", &form, None).await;
    assert_eq!(error_of(&ask().await), (400, "authorization_pending".to_owned()));
    assert_eq!(error_of(&ask().await), (400, "slow_down".to_owned()));
    let mut stranger = system.browser();
    let page = stranger.open(&format!("{id}/device?user_code={code}")).await;
    assert!(page.url.contains("/signin"), "{}", page.url);
    let page = browser.open(&format!("{id}/device?user_code={code}")).await;
    let wrong = browser.fill(&page, "device", &[("user_code", "AAAA-BBBB")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("No device waits"), "{}", wrong.body);
    let page = browser.fill(&page, "device", &[("user_code", &code.to_lowercase())]).await;
    assert!(
        page.body.contains("Let Strong in?") && page.body.contains("If somebody sent you the code"),
        "{}",
        page.body
    );
    let done = browser.fill(&page, "decide", &[("decision", "allow")]).await;
    assert!(done.body.contains("is signed in as you now"), "{}", done.body);
    let again = browser.fill(&page, "decide", &[("decision", "allow")]).await;
    assert_eq!(again.status, 422, "a code is used once");
    system.clock.advance(20);
    let other = [("grant_type", form[0].1), ("device_code", device), ("client_id", "bookworm")];
    assert_eq!(error_of(&post_as(&system, "/token", &other, None).await).1, "invalid_grant", "another client");
    let found = json_of(&ask().await);
    assert_eq!(claims(found["id_token"].as_str().unwrap())["name"], "Tobias Quennell", "{found}");
    assert_eq!(error_of(&ask().await), (400, "expired_token".to_owned()), "handed out once");
    let begun = json_of(&post(&system, &key, "/device_authorization", &[], None).await);
    let page = browser.open(&format!("{id}/device")).await;
    let page = browser.fill(&page, "device", &[("user_code", begun["user_code"].as_str().unwrap())]).await;
    browser.fill(&page, "decide", &[("decision", "deny")]).await;
    let form = [("grant_type", form[0].1), ("device_code", begun["device_code"].as_str().unwrap())];
    assert_eq!(error_of(&post(&system, &key, "/token", &form, None).await), (400, "access_denied".to_owned()));
    let plain = post_as(&system, "/device_authorization", &[("client_id", "bookworm")], None).await;
    assert_eq!(error_of(&plain), (400, "unauthorized_client".to_owned()));
}
