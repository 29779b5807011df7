//! Apps that hear of a sign-out by the browser, and are opened from Lanyard (Front-Channel Logout 1.0; Core §4).

use idp_store::Effects;
use tests::oauth::{VERIFIER, code, redeem, request};
use tests::system::TOBIAS;
use tests::{Browser, System};

/// Bookworm wants to hear by the browser, and be opened from here.
async fn wanting() -> (System, Browser, String) {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let mut app = store.client("bookworm").await.unwrap().unwrap();
    app.options.frontchannel_logout_uri = Some("https://app.example/out?x=1".to_owned());
    app.options.initiate_login_uri = Some("https://app.example/begin".to_owned());
    store.save_client(&app, Effects::none()).await.unwrap();
    let mut browser = system.admin(TOBIAS).await;
    let granted = code(&system, &mut browser, &request(&system)).await;
    let (status, tokens) = redeem(&system, &granted, VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    let hint = tokens.get("id_token").and_then(serde_json::Value::as_str).unwrap().to_owned();
    (system, browser, hint)
}

fn framed(page: &tests::Page) -> Option<String> {
    let source = page.body.split("<iframe src=\"").nth(1)?.split('"').next()?;
    Some(source.replace("&#38;", "&").replace("&amp;", "&"))
}

#[tokio::test]
async fn a_browser_tells_the_apps_of_its_session_and_no_others() {
    let (system, mut browser, hint) = wanting().await;
    let id = system.origin("id");
    let sid = tests::oauth::claims(&hint).get("sid").and_then(serde_json::Value::as_str).unwrap().to_owned();
    // Somebody who was not there tells nothing.
    let mut other = system.admin("s.dalgleish@larkmoor.tamberwell.example").await;
    let page = other.open(&format!("{id}/signout")).await;
    let page = other.fill(&page, "signout", &[]).await;
    assert!(framed(&page).is_none() && !page.header("content-security-policy").contains("frame-src"), "{}", page.body);

    let page = browser.open(&format!("{id}/signout")).await;
    let page = browser.fill(&page, "signout", &[]).await;
    let address = url::Url::parse(&framed(&page).unwrap()).unwrap();
    let given: Vec<_> = address.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let wanted = [("x", "1"), ("iss", id.as_str()), ("sid", sid.as_str())];
    assert_eq!(given, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(page.header("content-security-policy").ends_with("frame-src https://app.example"), "only that one");
    assert!(page.body.contains("href=\"/signed-out\""), "{}", page.body);
    let me = browser.open(&format!("{id}/me")).await;
    assert!(me.body.contains("id=\"signin\""), "and the session is over: {}", me.body);
}

#[tokio::test]
async fn an_apps_own_sign_out_tells_the_others_and_leads_back() {
    let (system, mut browser, hint) = wanting().await;
    let id = system.origin("id");
    let back = format!("{}/", system.origin("bookworm"));
    let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", back.as_str())];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let page = browser.open(&format!("{id}/logout?{query}")).await;
    assert!(framed(&page).is_some() && page.body.contains(&format!("href=\"{back}\"")), "{}", page.body);
}

#[tokio::test]
async fn an_app_is_opened_from_lanyard_with_who_sends_people_there() {
    let (system, mut browser, _) = wanting().await;
    let id = system.origin("id");
    let page = browser.open(&format!("{id}/me/browsers")).await;
    let issuer: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    assert!(page.body.contains(&format!("href=\"https://app.example/begin?iss={issuer}\"")), "{}", page.body);
    let store = &system.demo.assembled.context.store;
    let app = store.client("bookworm").await.unwrap().unwrap();
    store.save_client(&idp_domain::client::Client { disabled: true, ..app }, Effects::none()).await.unwrap();
    let page = browser.open(&format!("{id}/me/browsers")).await;
    assert!(!page.body.contains("app.example"), "an app that is switched off is not: {}", page.body);
}
