//! A client that nobody here wrote calls a school's site for somebody.

use idp_domain::client::{ClientOptions, IdTokenAlg};
use tests::System;
use tests::echo::Echo;
use tests::system::ADAEZE;

use crate::{Library, ready_at, unchanged};

#[tokio::test]
async fn openid_client_calls_a_site_with_a_token_that_is_bound_to_its_key() {
    let system = System::start().await;
    let echo = Echo::start().await;
    system.set_upstream("larkmoor", &format!("http://{}", echo.address)).await;
    let options = ClientOptions { resources: vec![system.origin("larkmoor")], ..ClientOptions::default() };
    let mut ready = ready_at(system, IdTokenAlg::ES256, options).await;
    ready.browser = ready.system.signed_in(ADAEZE, "larkmoor").await;
    let said = ready.run(Library::OpenidClient, false, unchanged()).await;
    assert_eq!(said["done"]["status"], 200, "{said}");
    let head = said["done"]["body"].as_str().unwrap().to_lowercase();
    assert!(head.starts_with("get /api/lesson ") && head.contains("x-lanyard-level: base"), "{head}");
}
