//! Authorization requests with everything that OpenID Connect Core lets them carry: whom they expect, which claims by name,
//! and in which language they ask.

use idp_domain::Language;
use tests::oauth::{VERIFIER, agree, authorize, claims, code, redeem, request};
use tests::system::{ADAEZE, SAMINA};
use tests::{Browser, Page, System};

type Parameters = Vec<(String, String)>;

fn with(system: &System, more: &[(&str, &str)]) -> Parameters {
    let mut params = request(system);
    for (name, value) in more {
        params.retain(|(other, _)| other != name);
        params.push(((*name).to_owned(), (*value).to_owned()));
    }
    params
}

async fn id_token(system: &System, browser: &mut Browser, params: &[(String, String)]) -> String {
    let code = code(system, browser, params).await;
    let (status, tokens) = redeem(system, &code, VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    tokens.get("id_token").and_then(serde_json::Value::as_str).unwrap().to_owned()
}

fn error_of(page: &Page) -> String {
    page.location_param("error").unwrap_or_else(|| format!("{} {}", page.status, page.location()))
}

#[tokio::test]
async fn an_id_token_hint_is_for_one_person_and_lets_nobody_in() {
    let system = System::start().await;
    let mut samina = system.signed_in(SAMINA, "larkmoor").await;
    let hint = id_token(&system, &mut samina, &request(&system)).await;
    // Old enough to be over: a hint is believed however old it is.
    system.clock.advance(700);
    let silent = with(&system, &[("prompt", "none"), ("id_token_hint", &hint)]);
    let page = authorize(&system, &mut samina, &silent).await;
    assert!(page.location_param("code").is_some(), "{}", page.location());
    assert_eq!(error_of(&authorize(&system, &mut system.browser(), &silent).await), "login_required");
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    assert_eq!(error_of(&authorize(&system, &mut adaeze, &silent).await), "login_required", "somebody else");
    // With a question, the right person may sign in there; the wrong one is sent back once more.
    let asked = with(&system, &[("id_token_hint", &hint)]);
    for (login, wanted) in [(ADAEZE, "login_required"), (SAMINA, "")] {
        let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
        system.clock.advance(1);
        let page = authorize(&system, &mut browser, &asked).await;
        let form = browser.open(url::Url::parse(&page.url).unwrap().join(page.location()).unwrap().as_ref()).await;
        assert!(form.body.contains("id=\"signin\""), "{}", form.body);
        let back = system.type_password(&mut browser, &form, login).await;
        assert_eq!(back.url.contains("error=login_required"), !wanted.is_empty(), "{login}: {}", back.url);
    }
    for untrue in ["abc", &format!("{}x", hint.trim_end_matches(char::is_alphanumeric))] {
        let page = authorize(&system, &mut samina, &with(&system, &[("id_token_hint", untrue)])).await;
        assert!(page.location_param("code").is_some(), "no hint at all: {untrue} {}", page.location());
        let silent = with(&system, &[("id_token_hint", untrue), ("prompt", "none")]);
        assert_eq!(error_of(&authorize(&system, &mut samina, &silent).await), "login_required", "{untrue}");
    }
    let foreign = claims(&hint);
    let forged = system.demo.assembled.provider.keys.sign("JWT", &{
        let mut other = foreign.clone();
        other["aud"] = "site:larkmoor".into();
        other
    });
    let page = authorize(&system, &mut samina, &with(&system, &[("id_token_hint", &forged.unwrap())])).await;
    assert_eq!(error_of(&page), "invalid_request", "made for another client");
}

#[tokio::test]
async fn claims_are_asked_for_by_name() {
    let system = System::start().await;
    let mut samina = system.signed_in(SAMINA, "larkmoor").await;
    let bare = with(&system, &[("scope", "openid")]);
    let told = claims(&id_token(&system, &mut samina, &bare).await);
    assert!(told.get("name").is_none() && told.get("email").is_none(), "{told}");
    let named = with(
        &system,
        &[("scope", "openid"), ("claims", r#"{"userinfo":{"name":null},"id_token":{"auth_time":{"essential":true}}}"#)],
    );
    let told = claims(&id_token(&system, &mut samina, &named).await);
    assert_eq!(told["name"], "Samina Dalgleish");
    assert!(told.get("email").is_none() && told.get("auth_time").is_some(), "what was not asked for stays: {told}");
    let sub = told["sub"].as_str().unwrap().to_owned();
    for (value, wanted) in [
        (format!(r#"{{"id_token":{{"sub":{{"value":"{sub}"}}}}}}"#), None),
        (r#"{"id_token":{"sub":{"value":"somebody"}}}"#.to_owned(), Some("login_required")),
        (r#"{"id_token":{"acr":{"values":["urn:lanyard:acr:key"]}}}"#.to_owned(), Some("interaction_required")),
        (r#"{"id_token":{"acr":{"value":"urn:other"}}}"#.to_owned(), None),
        (
            r#"{"id_token":{"acr":{"essential":true,"values":["urn:other"]}}}"#.to_owned(),
            Some("unmet_authentication_requirements"),
        ),
        (r#"{"id_token":{"unknown":{"essential":true}}}"#.to_owned(), None),
        (r#"{"id_token":null,"userinfo":null}"#.to_owned(), None),
        (r#"{"id_token":{"sub":{"values":["a","b"]}}}"#.to_owned(), Some("invalid_request")),
        (r#"{"id_token":["name"]}"#.to_owned(), Some("invalid_request")),
        (r#"{"id_token":{"name":"yes"}}"#.to_owned(), Some("invalid_request")),
        ("[]".to_owned(), Some("invalid_request")),
        ("{".to_owned(), Some("invalid_request")),
        (format!(r#"{{"id_token":{{"{}":null}}}}"#, "x".repeat(5000)), Some("invalid_request")),
    ] {
        let page = authorize(
            &system,
            &mut samina,
            &with(&system, &[("scope", "openid"), ("prompt", "none"), ("claims", &value)]),
        )
        .await;
        let answer = page.location_param("error");
        assert_eq!(answer.as_deref(), wanted, "{value}: {}", page.location());
    }
}

#[tokio::test]
async fn an_app_asks_in_a_language_and_a_persons_own_stays() {
    let system = System::start().await;
    let mut browser = system.browser();
    let asked = with(&system, &[("ui_locales", "fr-FR cy-GB en")]);
    let page = authorize(&system, &mut browser, &asked).await;
    let id = system.origin("id");
    let form = browser.open(url::Url::parse(&id).unwrap().join(page.location()).unwrap().as_ref()).await;
    assert!(form.body.contains("<html lang=\"cy\""), "{}", form.body);
    let page = system.type_password(&mut browser, &form, SAMINA).await;
    let page = agree(&mut browser, &id, page).await;
    assert_ne!(page.status, 500);
    assert_eq!(system.person(SAMINA).await.language, Language::En, "nobody has chosen it");
    let mut other = system.browser();
    let page = authorize(&system, &mut other, &with(&system, &[("ui_locales", "fr de")])).await;
    assert!(!page.headers.get_all("set-cookie").iter().any(|set| set.to_str().unwrap().contains("asked")), "unknown");
    // What was chosen in this browser counts for more.
    other.post(&format!("{id}/language"), &[("language", "en"), ("next", "/signin")]).await;
    let page = authorize(&system, &mut other, &asked).await;
    let form = other.open(url::Url::parse(&id).unwrap().join(page.location()).unwrap().as_ref()).await;
    assert!(form.body.contains("<html lang=\"en\""), "{}", form.body);
}
