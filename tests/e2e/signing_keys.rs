//! Signing keys: published before they sign, kept after, and gone at once when they are revoked.

use http::Method;
use idp_oauth::keys::{KEEP, LEAD, ROTATE};
use serde_json::Value;
use tests::System;
use tests::oauth::{code, redeem, request};
use tests::system::{ADAEZE, SAMINA};

async fn published(system: &System) -> Vec<String> {
    let page = system.browser().send(Method::GET, &format!("{}/jwks", system.origin("id")), None, &[]).await;
    let set: Value = serde_json::from_str(&page.body).unwrap();
    let name = |key: &Value| key.get("kid").and_then(Value::as_str).unwrap().to_owned();
    set.get("keys").and_then(Value::as_array).unwrap().iter().map(name).collect()
}

/// A new ID token of the demonstration's app and the name of the key that signed it.
async fn token(system: &System) -> (String, String) {
    let mut browser = system.admin(SAMINA).await;
    let code = code(system, &mut browser, &request(system)).await;
    let (status, tokens) = redeem(system, &code, tests::oauth::VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    let token = tokens.get("id_token").and_then(Value::as_str).unwrap().to_owned();
    let header = token.split('.').next().unwrap();
    let header = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, header).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    (token, header.get("kid").and_then(Value::as_str).unwrap().to_owned())
}

#[tokio::test]
async fn t_12_a_new_key_is_published_before_it_signs_and_the_old_one_after() {
    let system = System::start().await;
    let (provider, context) = (&system.demo.assembled.provider, &system.demo.assembled.context);
    let before = published(&system).await;
    let (_, old) = token(&system).await;
    system.clock.advance(1);
    provider.keys.rotate(context).await.unwrap();
    let after = published(&system).await;
    assert!(after.len() == 2 * before.len() && before.iter().all(|kid| after.contains(kid)), "{after:?}");
    assert_eq!(token(&system).await.1, old, "nobody may know the new one yet");
    system.clock.advance(LEAD);
    let new = token(&system).await.1;
    assert!(new != old && after.contains(&new), "{new}");
    system.signed_in(ADAEZE, "larkmoor").await;
    system.clock.advance(KEEP - 3600);
    provider.keys.tend(context).await.unwrap();
    assert!(published(&system).await.contains(&old), "what it signed is still looked at");
    system.clock.advance(3600);
    provider.keys.tend(context).await.unwrap();
    let last = published(&system).await;
    assert!(last.len() == before.len() && last.contains(&new) && !last.contains(&old), "{last:?}");
    system.signed_in(ADAEZE, "larkmoor").await;
}

#[tokio::test]
async fn t_13_a_key_that_is_revoked_is_believed_no_longer_and_the_next_one_signs_at_once() {
    let system = System::start().await;
    let (provider, context) = (&system.demo.assembled.provider, &system.demo.assembled.context);
    let (hint, stolen) = token(&system).await;
    let query = |hint: &str| {
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("id_token_hint", hint)
            .append_pair("post_logout_redirect_uri", &format!("{}/", system.origin("bookworm")))
            .finish()
    };
    let url = format!("{}/logout?{}", system.origin("id"), query(&hint));
    let led = async || system.browser().send(Method::GET, &url, None, &[]).await.location().to_owned();
    assert_eq!(led().await, format!("{}/", system.origin("bookworm")), "a true hint");
    assert!(!provider.keys.revoke(context, "nothing").await.unwrap());
    assert!(provider.keys.revoke(context, &stolen).await.unwrap());
    assert!(!published(&system).await.contains(&stolen));
    assert_eq!(led().await, "/signed-out", "what it signed is worth nothing");
    assert_ne!(token(&system).await.1, stolen);
    let gateway = provider.keys.list().into_iter().find(|(_, alg, ..)| alg == "ES256").unwrap().0;
    assert!(provider.keys.revoke(context, &gateway).await.unwrap());
    // The gateway asks for keys again when it meets one that it does not know, at most every ten seconds.
    system.clock.advance(11);
    system.signed_in(ADAEZE, "larkmoor").await;
}

#[tokio::test]
async fn a_key_is_replaced_in_time_without_anybody_asking() {
    let system = System::start().await;
    let (provider, context) = (&system.demo.assembled.provider, &system.demo.assembled.context);
    let first = published(&system).await;
    system.clock.advance(ROTATE - 60);
    provider.keys.tend(context).await.unwrap();
    assert_eq!(published(&system).await, first);
    system.clock.advance(60);
    provider.keys.tend(context).await.unwrap();
    provider.keys.tend(context).await.unwrap();
    assert_eq!(published(&system).await.len(), 2 * first.len(), "one more of each, once");
}
