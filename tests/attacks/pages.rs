//! L: what pages, errors and headers give away, and what they let others do.

use http::Method;
use idp_store::Effects;
use tests::System;
use tests::system::{ADAEZE, CALLUM, SAMINA};

/// Pages of the provider of every kind, for somebody who is signed in and manages people.
const PAGES: [&str; 18] = [
    "/",
    "/signin",
    "/first-time",
    "/link?token=x",
    "/signout",
    "/signed-out",
    "/support",
    "/me",
    "/me/keys",
    "/me/browsers",
    "/me/access",
    "/me/activity",
    "/me/accounts",
    "/admin/people",
    "/admin/sites",
    "/admin/audit",
    "/authorize",
    "/nothing-here",
];

#[tokio::test]
async fn l_05_names_and_parameters_stay_text() {
    let system = System::start().await;
    let id = system.origin("id");
    let evil = "<img src=x onerror=alert(1)>";
    let store = &system.demo.assembled.context.store;
    let person = system.person(ADAEZE).await.id;
    store.rename_person(person, evil, "\"'><script>x</script>", Effects::none()).await.unwrap();
    let site = system.site("larkmoor").await;
    let site = idp_domain::site::Site { name: format!("Larkmoor {evil}"), ..site };
    store.save_site(&site, Effects::none()).await.unwrap();
    let client = store.client("bookworm").await.unwrap().unwrap();
    let client = idp_domain::client::Client { name: format!("Bookworm {evil}"), ..client };
    store.save_client(&client, Effects::none()).await.unwrap();
    let mut callum = system.admin(CALLUM).await;
    let mut adaeze = system.browser();
    let page = adaeze.open(&format!("{id}/signin?next=/me")).await;
    system.type_password(&mut adaeze, &page, ADAEZE).await;
    let mut seen = Vec::new();
    for path in PAGES {
        seen.push(adaeze.open(&format!("{id}{path}")).await);
        seen.push(callum.open(&format!("{id}{path}")).await);
    }
    seen.push(callum.open(&format!("{id}/admin/people/{person}")).await);
    let mut params = tests::oauth::request(&system);
    params.iter_mut().find(|(name, _)| name == "state").unwrap().1 = evil.to_owned();
    let asked = tests::oauth::authorize(&system, &mut adaeze, &params).await;
    seen.push(adaeze.open(&format!("{id}{}", asked.location())).await);
    for query in ["client_id", "redirect_uri", "error_description", "next", "attempt"] {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair(query, evil).finish();
        seen.push(system.browser().open(&format!("{id}/authorize?{query}")).await);
        seen.push(system.browser().open(&format!("{id}/signin?{query}")).await);
    }
    assert!(seen.iter().any(|page| page.body.contains("Bookworm &#60;img")), "the payload was on a page at all");
    // Whoever has one school and nothing to read is led on to it; what it shows is its own.
    seen.retain(|page| page.url.starts_with(&id));
    assert!(seen.len() > PAGES.len());
    for page in seen {
        assert!(!page.body.contains("<img src=x") && !page.body.contains("<script>x"), "{}", page.url);
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{}: {policy}", page.url);
    }
}

#[tokio::test]
async fn l_06_and_w_14_nothing_is_shown_in_a_frame_but_the_list_of_sites() {
    let system = System::start().await;
    let mut callum = system.admin(CALLUM).await;
    for path in PAGES {
        let page = callum.open(&format!("{}{path}", system.origin("id"))).await;
        let policy = page.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(page.header("permissions-policy").contains("publickey-credentials-get=(self)"), "{path}");
    }
    let list = callum.open(&format!("{}/switcher", system.origin("id"))).await;
    let policy = list.header("content-security-policy");
    assert!(policy.contains("frame-ancestors") && !policy.contains("frame-ancestors *"), "{policy}");
}

#[tokio::test]
async fn l_08_every_answer_has_its_headers() {
    let system = System::start().await;
    let mut callum = system.admin(CALLUM).await;
    for path in PAGES.into_iter().chain(["/.well-known/openid-configuration", "/jwks", "/health/live"]) {
        let page = callum.send(Method::GET, &format!("{}{path}", system.origin("id")), None, &[]).await;
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(
            !page.header("content-security-policy").is_empty() && !page.header("cache-control").is_empty(),
            "{path}"
        );
        for name in ["server", "x-powered-by", "via"] {
            assert!(page.header(name).is_empty(), "{path} says {name}");
        }
    }
}

#[tokio::test]
async fn l_10_an_error_page_tells_what_to_do_and_nothing_else() {
    let system = System::start().await;
    system.set_upstream("larkmoor", "http://127.0.0.1:1").await;
    let mut samina = system.browser();
    let page = samina.open(&format!("{}/", system.origin("copperwick"))).await;
    system.type_password(&mut samina, &page, SAMINA).await;
    let down = samina.open(&format!("{}/", system.origin("larkmoor"))).await;
    let gone = samina.open(&format!("{}/", system.origin("no-such-school"))).await;
    let missing = samina.open(&format!("{}/nothing", system.origin("id"))).await;
    let late = samina.open(&format!("{}/signin/key?attempt=x", system.origin("id"))).await;
    for page in [&down, &gone, &missing, &late] {
        assert!(page.status >= 400, "{} {}", page.url, page.status);
        for part in ["127.0.0.1:1", "panicked", "src/", ".rs", "hyper", "sqlx", env!("CARGO_PKG_VERSION")] {
            assert!(!page.body.contains(part), "{}: {part}", page.url);
        }
    }
    assert!(!gone.body.contains("Larkmoor"), "no list of sites: {}", gone.body);
}

#[tokio::test]
async fn l_11_signing_out_leaves_nothing_behind_the_back_button() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    for path in ["/me", "/me/access", "/me/keys"] {
        assert!(browser.open(&format!("{id}{path}")).await.header("cache-control").contains("no-store"), "{path}");
    }
    let from = [("sec-fetch-site", "same-origin"), ("origin", id.as_str())];
    let out = browser.send(Method::POST, &format!("{id}/signout"), Some(String::new()), &from).await;
    assert!(out.header("clear-site-data").contains("cache"), "{out:?}");
}

#[tokio::test]
async fn l_12_password_managers_paste_and_autofill_are_welcome() {
    let system = System::start().await;
    let id = system.origin("id");
    let page = system.browser().open(&format!("{id}/signin")).await.body;
    assert!(page.contains("autocomplete=\"username webauthn\"") && page.contains("autocomplete=\"current-password\""));
    for script in ["keys.js", "switcher.js"] {
        let code = system.browser().open(&format!("{id}/static/{script}")).await.body;
        assert!(!code.contains("paste") && !code.contains("contextmenu"), "{script} stops nobody from pasting");
    }
    assert!(!page.contains("maximum-scale") && !page.contains("user-scalable"), "zooming is welcome");
}
