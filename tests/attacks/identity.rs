//! H, S: what an upstream may believe, and sessions.

use http::Method;
use tests::System;
use tests::echo::Echo;
use tests::raw::{exchange, status};
use tests::system::{ADAEZE, SAMINA};

const HOST: &str = "larkmoor.lanyard.localhost";

/// What the site saw of a request with these extra header lines.
async fn seen(extra: &str) -> (String, String) {
    let system = System::start().await;
    let echo = Echo::start().await;
    system.set_upstream("larkmoor", &format!("http://{}", echo.address)).await;
    let browser = system.signed_in(SAMINA, "larkmoor").await;
    let cookie = browser.cookie(HOST, "ln").unwrap();
    let bytes = format!("GET /x HTTP/1.1\r\nHost: {HOST}\r\nCookie: ln={cookie}\r\n{extra}\r\n");
    let answer = exchange(system.address(), bytes.as_bytes()).await;
    (echo.heads().last().cloned().unwrap_or_default().to_lowercase(), answer)
}

fn count(head: &str, name: &str) -> usize {
    head.lines().filter(|line| line.split(':').next().unwrap().replace(['_', '.'], "-") == name).count()
}

#[tokio::test]
async fn h_01_a_clients_own_identity_headers_are_removed() {
    let (head, _) = seen("X-Lanyard-User: head\r\nX-Lanyard-Assertion: x\r\n").await;
    assert!(!head.contains("x-lanyard-user: head") && !head.contains("x-lanyard-assertion: x\r"), "{head}");
    assert_eq!((count(&head, "x-lanyard-user"), count(&head, "x-lanyard-assertion")), (1, 1), "{head}");
}

#[tokio::test]
async fn h_02_twins_with_underscores_are_removed() {
    let (head, _) = seen(
        "X_Lanyard_User: head\r\nX-Lanyard_Level: elevated\r\nx.lanyard.groups: dsl\r\nHTTP_X_LANYARD_USER: h\r\n",
    )
    .await;
    assert!(!head.contains('_') || !head.contains("lanyard_"), "{head}");
    assert!(!head.contains(": head") && !head.contains("x.lanyard"), "{head}");
    assert!(head.contains("x-lanyard-level: base"), "{head}");
}

#[tokio::test]
async fn h_03_duplicates_leave_one_and_it_is_ours() {
    let (head, _) = seen("X-Lanyard-Level:\r\nX-Lanyard-Level: elevated\r\nX-Lanyard-Level: elevated, base\r\n").await;
    assert_eq!(count(&head, "x-lanyard-level"), 1, "{head}");
    assert!(head.contains("x-lanyard-level: base"), "{head}");
}

#[tokio::test]
async fn h_04_connection_cannot_take_our_headers_away() {
    let (head, _) =
        seen("Connection: X-Lanyard-User, X-Lanyard-Assertion, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: x\r\n").await;
    assert_eq!((count(&head, "x-lanyard-user"), count(&head, "x-lanyard-assertion")), (1, 1), "{head}");
    assert_eq!(count(&head, "x-mine"), 0, "what the client nominates is hop by hop");
}

#[tokio::test]
async fn h_05_a_header_that_we_do_not_set_is_deleted_all_the_same() {
    let (head, _) =
        seen("X-Lanyard-Elevated-Until: 9999999999\r\nX-Lanyard-Classes: oak\r\nX-Lanyard-Anything: x\r\n").await;
    for name in ["x-lanyard-elevated-until", "x-lanyard-classes", "x-lanyard-anything"] {
        assert_eq!(count(&head, name), 0, "{name}: {head}");
    }
}

#[tokio::test]
async fn h_06_forwarding_headers_of_a_client_are_not_passed_on() {
    let (head, _) = seen(
        "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Host: evil.example\r\nForwarded: for=1\r\nX-Original-URL: /admin\r\n\
         X-Rewrite-URL: /admin\r\nX-Real-IP: 10.0.0.1\r\nX-HTTP-Method-Override: DELETE\r\n",
    )
    .await;
    for word in ["10.0.0.1", "evil.example", "/admin", "delete"] {
        assert!(!head.contains(word), "{word}: {head}");
    }
    assert!(head.contains(&format!("x-forwarded-host: {HOST}")), "{head}");
}

#[tokio::test]
async fn h_15_our_cookies_and_tokens_stay_here() {
    let (head, _) = seen("Cookie: theme=dark; __Host-ln=x; LN=y\r\nAuthorization: Bearer lnydsecret\r\n").await;
    assert!(!head.contains("ln=") && !head.contains("lnydsecret"), "{head}");
    assert!(head.contains("theme=dark"), "the site's own cookie stays: {head}");
}

#[tokio::test]
async fn h_18_a_malformed_cookie_is_no_cookie() {
    let system = System::start().await;
    for cookie in
        ["ln=", "ln=x", "ln=%00", "ln=\"quoted\"", "ln", ";;;", "ln=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"]
    {
        let bytes = format!("GET /records HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\n\r\n");
        let answer = exchange(system.address(), bytes.as_bytes()).await;
        assert_eq!(status(&answer), 401, "{cookie}: {answer}");
    }
}

#[tokio::test]
async fn h_19_a_store_that_is_away_is_503_and_never_200() {
    let system = System::start().await;
    let store = tests::system::store_of(&system);
    store.break_it().await;
    let mut browser = system.browser();
    browser.cookies.insert((HOST.to_owned(), "ln".to_owned()), "a".repeat(43));
    let page = browser.send(Method::GET, &format!("{}/x", system.origin("larkmoor")), None, &[]).await;
    assert_eq!(page.status, 503, "{}", page.body);
}

#[tokio::test]
async fn s_01_a_new_cookie_at_sign_in_and_at_each_step_up() {
    let system = System::start().await;
    let planted = "b".repeat(43);
    let mut browser = system.browser();
    browser.cookies.insert((HOST.to_owned(), "ln".to_owned()), planted.clone());
    let id = "id.lanyard.localhost";
    browser.cookies.insert((id.to_owned(), "lanyard".to_owned()), planted.clone());
    let page = browser.open(&format!("{}/", system.origin("larkmoor"))).await;
    browser.fill(&page, "signin", &[("login", SAMINA), ("password", lanyard::demo::PASSWORD)]).await;
    let (site, idp) = (browser.cookie(HOST, "ln").unwrap().clone(), browser.cookie(id, "lanyard").unwrap().clone());
    assert!(site != planted && idp != planted);
    let mut old = browser.clone();
    system.elevate(&mut browser, SAMINA, "larkmoor").await;
    assert_ne!(browser.cookie(HOST, "ln").unwrap(), &site);
    assert_ne!(browser.cookie(id, "lanyard").unwrap(), &idp);
    let page = old.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(page.body.contains("id=\"signin\""), "the old cookies are dead: {}", page.body);
}

#[tokio::test]
async fn s_03_two_cookies_of_our_name_are_none() {
    let system = System::start().await;
    let browser = system.signed_in(SAMINA, "larkmoor").await;
    let cookie = browser.cookie(HOST, "ln").unwrap();
    let bytes = format!("GET /x HTTP/1.1\r\nHost: {HOST}\r\nCookie: ln={cookie}; ln={cookie}\r\n\r\n");
    assert_eq!(status(&exchange(system.address(), bytes.as_bytes()).await), 401);
    let other =
        format!("GET /.lanyard/whoami HTTP/1.1\r\nHost: quillbrook.lanyard.localhost\r\nCookie: ln={cookie}\r\n\r\n");
    assert_eq!(status(&exchange(system.address(), other.as_bytes()).await), 401, "a cookie of one site at another");
}

#[tokio::test]
async fn s_06_only_hashes_of_cookies_are_stored() {
    let system = System::start().await;
    let browser = system.signed_in(SAMINA, "larkmoor").await;
    let secrets: Vec<String> = browser.cookies.values().filter(|value| value.len() == 43).cloned().collect();
    assert!(secrets.len() >= 2);
    for file in tests::system::files_of(&system) {
        let bytes = std::fs::read(&file).unwrap();
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "a cookie stands in {}", file.display());
        }
    }
}

#[tokio::test]
async fn h_23_a_websocket_from_a_foreign_page() {
    let system = System::start().await;
    let echo = Echo::start().await;
    system.set_upstream("larkmoor", &format!("http://{}", echo.address)).await;
    let browser = system.signed_in(ADAEZE, "larkmoor").await;
    let cookie = browser.cookie(HOST, "ln").unwrap();
    let ask = |origin: &str| {
        format!(
            "GET /socket HTTP/1.1\r\nHost: {HOST}\r\nCookie: ln={cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: {origin}\r\n\r\n"
        )
    };
    let before = echo.heads().len();
    assert_eq!(status(&exchange(system.address(), ask("https://evil.example").as_bytes()).await), 403);
    assert_eq!(echo.heads().len(), before, "nothing was dialled");
    let own = system.origin("larkmoor");
    assert_eq!(status(&exchange(system.address(), ask(&own).as_bytes()).await), 101);
}
