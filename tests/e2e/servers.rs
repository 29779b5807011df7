//! The same story on PostgreSQL and Redis, as real servers.

use tests::System;
use tests::system::SAMINA;

#[tokio::test]
async fn sign_in_elevate_and_sign_out_on_postgresql_and_redis() {
    let (postgres, redis) = (tests::servers::postgres(), tests::servers::redis());
    let system = System::start_with(Some(postgres.url.clone()), Some(redis.url.clone())).await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    let page = system.elevate(&mut browser, SAMINA, "larkmoor").await;
    assert!(page.body.contains("<table>"), "{}", page.body);
    let mut other = browser.clone();
    browser.post(&format!("{}/.lanyard/signout", system.origin("larkmoor")), &[]).await;
    let page = other.open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(page.body.contains("id=\"signin\""), "{}", page.body);
}

#[tokio::test]
async fn the_key_that_verifies_assertions_is_public() {
    let system = System::start().await;
    let page = system.browser().open(&format!("{}/.well-known/lanyard/jwks.json", system.origin("larkmoor"))).await;
    let keys: serde_json::Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(keys["keys"][0]["alg"], "ES256");
    assert!(keys["keys"][0].get("d").is_none());
}
