//! A client of the protocol, for tests that look at each step.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::Value;

use crate::system::TOBIAS;
use crate::{Browser, Page, System};

/// A verifier of the right form.
pub const VERIFIER: &str = "abcdefghijklmnopqrstuvwxyz0123456789-._~ABCDEFG";

/// S256 of a verifier.
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes()))
}

/// The parameters of a good request of the demonstration's app.
pub fn request(system: &System) -> Vec<(String, String)> {
    request_of(system, "bookworm")
}

/// The same of another client with the app's addresses.
pub fn request_of(system: &System, client: &str) -> Vec<(String, String)> {
    let redirect = format!("{}/callback", system.origin("bookworm"));
    [
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", &redirect),
        ("scope", "openid profile email offline_access"),
        ("state", "s1"),
        ("nonce", "n1"),
        ("code_challenge", &challenge(VERIFIER)),
        ("code_challenge_method", "S256"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// The parameters without one of them.
pub fn without(params: &[(String, String)], name: &str) -> Vec<(String, String)> {
    params.iter().filter(|(key, _)| key != name).cloned().collect()
}

/// The parameters with another value of one of them.
pub fn with(params: &[(String, String)], name: &str, value: &str) -> Vec<(String, String)> {
    let mut changed = without(params, name);
    changed.push((name.to_owned(), value.to_owned()));
    changed
}

/// Sends an authorization request and answers without following.
pub async fn authorize(system: &System, browser: &mut Browser, params: &[(String, String)]) -> Page {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    let url = format!("{}/authorize?{query}", system.origin("id"));
    browser.send(Method::GET, &url, None, &[("accept", "text/html")]).await
}

/// Agrees to the app if the answer to an authorization request leads there. Answers what the browser is sent back with, not
/// followed.
pub async fn agree(browser: &mut Browser, id: &str, page: Page) -> Page {
    if !page.location().contains("/consent") {
        return page;
    }
    let asked = browser.open(url::Url::parse(id).unwrap().join(page.location()).unwrap().as_ref()).await;
    let attempt = asked.body.split("name=\"attempt\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let body = format!("attempt={attempt}&decision=allow");
    let headers = [("origin", id), ("accept", "text/html")];
    browser.send(Method::POST, &format!("{id}/consent"), Some(body), &headers).await
}

/// A code for the app, with consent given. The browser must be signed in.
pub async fn code(system: &System, browser: &mut Browser, params: &[(String, String)]) -> String {
    let page = authorize(system, browser, params).await;
    let page = agree(browser, &system.origin("id"), page).await;
    page.location_param("code").unwrap_or_else(|| panic!("no code: {} {}", page.status, page.location()))
}

/// Posts to the token endpoint.
pub async fn token(system: &System, params: &[(&str, &str)]) -> (u16, Value) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
    let url = format!("{}/token", system.origin("id"));
    let page = system.browser().send(Method::POST, &url, Some(body), &[]).await;
    (page.status, serde_json::from_str(&page.body).unwrap_or_default())
}

/// The form with which a client redeems a code that came back to an address, with the usual verifier.
pub fn redeeming<'a>((client, code, back): (&'a str, &'a str, &'a str)) -> [(&'static str, &'a str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("redirect_uri", back),
        ("code_verifier", VERIFIER),
    ]
}

/// Redeems a code of the app.
pub async fn redeem(system: &System, code: &str, verifier: &str) -> (u16, Value) {
    let redirect = format!("{}/callback", system.origin("bookworm"));
    let params = [
        ("grant_type", "authorization_code"),
        ("client_id", "bookworm"),
        ("code", code),
        ("redirect_uri", &redirect),
        ("code_verifier", verifier),
    ];
    token(system, &params).await
}

/// The claims of a JWT, unverified.
pub fn claims(jwt: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// A token by which programs register apps in the trust, made as people make it.
pub async fn registration_token(system: &System) -> String {
    let mut tobias = system.admin(TOBIAS).await;
    let page = tobias.open(&format!("{}/developers/apps", system.origin("id"))).await;
    let trust = page.body.split("<option value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let made = tobias.fill(&page, "token", &[("trust", &trust)]).await;
    assert!(made.header("cache-control").contains("no-store"), "it is shown once");
    made.body.split("id=\"token\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
}
