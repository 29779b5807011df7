//! A client that nobody here wrote, known by its certificate.

use idp_domain::client::{Client, ClientAuth, ClientOptions, IdTokenAlg};
use idp_store::Effects;
use serde_json::json;
use tests::System;
use tests::mutual::{Authority, Identity};

use crate::{ID, Library, ends_well, ready_at};

#[tokio::test]
async fn openid_client_signs_in_with_a_certificate_and_tokens_that_are_bound_to_it() {
    let system = System::start_mutual(Authority::default().pem()).await;
    let options = ClientOptions { tls_bound: true, jwt_access: true, pushed_only: false, ..ClientOptions::default() };
    let mut ready = ready_at(system, IdTokenAlg::ES256, options).await;
    let own = Identity::itself();
    let store = &ready.system.demo.assembled.context.store;
    let client = store.client(ID).await.unwrap().unwrap();
    let auth = ClientAuth::SelfSigned { jwks: own.jwks() };
    store.save_client(&Client { auth, ..client }, Effects::none()).await.unwrap();
    let (cert, key) = own.pems();
    let ca = std::fs::read_to_string(ready.system.file("dev-ca.pem")).unwrap();
    ready.mutual = Some(json!({ "cert": cert, "key": key, "ca": ca }));
    ends_well(ready, Library::OpenidClient, false).await;
}
