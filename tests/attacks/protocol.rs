//! I, R: the authorization and token endpoints.

use http::Method;
use tests::oauth::{VERIFIER, authorize, challenge, code, redeem, request, token, with, without};
use tests::{Browser, System};

const WHO: &str = "t.quennell@tamberwell.example";

async fn ready() -> (System, Browser) {
    let system = System::start().await;
    let browser = system.admin(WHO).await;
    (system, browser)
}

#[tokio::test]
async fn i_01_no_pkce_no_code() {
    let (system, mut browser) = ready().await;
    let params = without(&request(&system), "code_challenge");
    let page = authorize(&system, &mut browser, &params).await;
    assert_eq!(page.location_param("error").as_deref(), Some("invalid_request"), "{}", page.location());
    assert_eq!(page.location_param("iss"), Some(system.origin("id")));
}

#[tokio::test]
async fn i_02_pkce_cannot_be_weakened() {
    let (system, mut browser) = ready().await;
    let good = request(&system);
    for (name, value) in
        [("code_challenge_method", "plain"), ("code_challenge", "short"), ("code_challenge_method", "")]
    {
        let page = authorize(&system, &mut browser, &with(&good, name, value)).await;
        assert_eq!(page.location_param("error").as_deref(), Some("invalid_request"), "{name}={value}");
    }
    for verifier in ["", "x", &"a".repeat(42), &"a".repeat(129), "wrongwrongwrongwrongwrongwrongwrongwrongwrong"] {
        let code = code(&system, &mut browser, &good).await;
        let (status, body) = redeem(&system, &code, verifier).await;
        assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")), "{verifier}: {body}");
    }
    let plain = with(&good, "code_challenge", &challenge("a"));
    let code = code(&system, &mut browser, &plain).await;
    assert_eq!(redeem(&system, &code, "a").await.0, 400, "a verifier of one letter");
}

#[tokio::test]
async fn i_03_a_code_works_once_and_a_replay_ends_its_tokens() {
    let (system, mut browser) = ready().await;
    let code = code(&system, &mut browser, &request(&system)).await;
    let tries: Vec<_> = (0..20).map(|_| redeem(&system, &code, VERIFIER)).collect();
    let mut answers = Vec::new();
    let mut set = tokio::task::JoinSet::new();
    drop(tries);
    let system = std::sync::Arc::new(system);
    for _ in 0..20 {
        let (system, code) = (system.clone(), code.clone());
        set.spawn(async move { redeem(&system, &code, VERIFIER).await });
    }
    while let Some(answer) = set.join_next().await {
        answers.push(answer.unwrap());
    }
    let good: Vec<_> = answers.iter().filter(|(status, _)| *status == 200).collect();
    assert!(good.len() <= 1, "{} of 20 parallel tries were let through", good.len());
    assert!(answers.iter().filter(|(status, _)| *status != 200).all(|(_, body)| body["error"] == "invalid_grant"));
    if let Some((_, tokens)) = good.first() {
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let url = format!("{}/userinfo", system.origin("id"));
        let page = system.browser().send(Method::GET, &url, None, &[("authorization", &bearer)]).await;
        assert_eq!(page.status, 401, "the replay must end what came from the code");
    }
}

#[tokio::test]
async fn i_04_a_code_of_another_client_address_or_minute() {
    let (system, mut browser) = ready().await;
    let good = request(&system);
    let redirect = format!("{}/callback", system.origin("bookworm"));
    let first = code(&system, &mut browser, &good).await;
    let params = [
        ("grant_type", "authorization_code"),
        ("client_id", "bookworm"),
        ("code", &first),
        ("redirect_uri", "http://127.0.0.1/x"),
        ("code_verifier", VERIFIER),
    ];
    let (status, body) = token(&system, &params).await;
    assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")), "{body}");
    let late = code(&system, &mut browser, &good).await;
    system.clock.advance(60);
    let (status, body) = redeem(&system, &late, VERIFIER).await;
    assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")), "{body}");
    let other = code(&system, &mut browser, &good).await;
    let client = tests::system::second_app(&system).await;
    let params = [
        ("grant_type", "authorization_code"),
        ("client_id", &client),
        ("code", &other),
        ("redirect_uri", &redirect),
        ("code_verifier", VERIFIER),
    ];
    let (status, body) = token(&system, &params).await;
    assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")), "{body}");
}

#[tokio::test]
async fn i_05_a_refresh_token_that_comes_twice_ends_its_family() {
    let (system, mut browser) = ready().await;
    let code = code(&system, &mut browser, &request(&system)).await;
    let (_, tokens) = redeem(&system, &code, VERIFIER).await;
    let first = tokens["refresh_token"].as_str().unwrap().to_owned();
    let refresh = |token_text: String| {
        let system = &system;
        async move {
            token(system, &[("grant_type", "refresh_token"), ("client_id", "bookworm"), ("refresh_token", &token_text)])
                .await
        }
    };
    let (status, second) = refresh(first.clone()).await;
    assert_eq!(status, 200, "{second}");
    let (status, body) = refresh(first).await;
    assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")), "{body}");
    let (status, body) = refresh(second["refresh_token"].as_str().unwrap().to_owned()).await;
    assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")), "the thief's successor too: {body}");
}

#[tokio::test]
async fn i_39_the_middle_one_of_three_refresh_tokens_ends_the_family_whatever_the_time() {
    let (system, mut browser) = ready().await;
    let code = code(&system, &mut browser, &request(&system)).await;
    let (_, tokens) = redeem(&system, &code, VERIFIER).await;
    let refresh = async |tokens: &serde_json::Value| {
        let old = tokens["refresh_token"].as_str().unwrap();
        token(&system, &[("grant_type", "refresh_token"), ("client_id", "bookworm"), ("refresh_token", old)]).await
    };
    let (_, second) = refresh(&tokens).await;
    let (status, third) = refresh(&second).await;
    assert_eq!(status, 200, "{third}");
    assert_eq!(refresh(&second).await.0, 400, "the middle one");
    assert_eq!(refresh(&third).await.0, 400, "and all of them");
}

#[tokio::test]
async fn r_05_redirect_addresses_are_equal_or_refused() {
    let (system, mut browser) = ready().await;
    let good = request(&system);
    let origin = system.origin("bookworm");
    let upper = origin.replace("bookworm", "BOOKWORM");
    for bad in [
        format!("{origin}/callback/"),
        format!("{origin}/callback?x=1"),
        format!("{origin}/callback#f"),
        format!("{origin}/a/../callback"),
        format!("{origin}/callback/..;/x"),
        format!("{upper}/callback"),
        format!("{origin}@evil.example/callback"),
        "https://evil.example/callback".to_owned(),
        "javascript:alert(1)".to_owned(),
        format!("{origin}.evil.example/callback"),
        String::new(),
    ] {
        let page = authorize(&system, &mut browser, &with(&good, "redirect_uri", &bad)).await;
        assert!(page.status == 400 && page.location().is_empty(), "{bad}: {} {}", page.status, page.location());
    }
}

#[tokio::test]
async fn r_01_return_addresses_stay_on_our_own_origin() {
    let system = System::start().await;
    for evil in
        ["//evil.example", "/\\evil.example", "https:evil.example", "/%09/evil.example", "https:///evil.example"]
    {
        let mut browser = system.browser();
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", evil).finish();
        let page = browser.open(&format!("{}/signin?{query}", system.origin("id"))).await;
        let page = browser.fill(&page, "signin", &[("login", WHO), ("password", lanyard::demo::PASSWORD)]).await;
        assert!(page.url.starts_with(&system.origin("id")), "{evil} led to {}", page.url);
    }
}

#[tokio::test]
async fn a_request_with_a_parameter_twice_is_shown_on_a_page() {
    let (system, mut browser) = ready().await;
    let mut params = request(&system);
    params.push(("state".to_owned(), "s2".to_owned()));
    let page = authorize(&system, &mut browser, &params).await;
    assert!(page.status == 400 && page.location().is_empty());
}

#[tokio::test]
async fn i_34_only_pages_of_an_apps_own_origin_may_read_answers() {
    let (system, _) = ready().await;
    let own = system.origin("bookworm");
    let ask = async |method: Method, origin: &str| {
        let url = format!("{}/token", system.origin("id"));
        let body = (method == Method::POST).then(|| "grant_type=x&client_id=bookworm".to_owned());
        let page = system.browser().send(method, &url, body, &[("origin", origin)]).await;
        assert!(page.header("access-control-allow-credentials").is_empty(), "never with cookies");
        page.header("access-control-allow-origin").to_owned()
    };
    for method in [Method::OPTIONS, Method::POST] {
        assert_eq!(ask(method.clone(), &own).await, own);
        for foreign in ["null", "https://evil.example", "http://bookworm.lanyard.localhost.evil.example", ""] {
            assert_eq!(ask(method.clone(), foreign).await, "", "{method} {foreign}");
        }
        // A school's site is an origin of the gateway's, and no app.
        assert_eq!(ask(method.clone(), &system.origin("larkmoor")).await, "", "{method}");
    }
}

#[tokio::test]
async fn i_31_a_login_hint_fills_the_field_in_and_does_nothing_else() {
    let system = System::start().await;
    let mut params = request(&system);
    params.push(("login_hint".to_owned(), "\"><script>alert(1)</script>".to_owned()));
    let mut browser = system.browser();
    let page = authorize(&system, &mut browser, &params).await;
    let page = browser.open(&format!("{}{}", system.origin("id"), page.location())).await;
    assert!(!page.body.contains("<script>alert") && page.body.contains("&#60;script&#62;alert"), "{}", page.body);
}
