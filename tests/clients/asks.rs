//! A client that nobody here wrote, and somebody whom it asks in their account (CIBA).

use idp_domain::client::{ClientOptions, IdTokenAlg};

use crate::{ID, Library, WHO, ready, unchanged};

#[tokio::test]
async fn openid_client_asks_somebody_in_their_account() {
    let mut ready = ready(IdTokenAlg::ES256, ClientOptions { ciba: true, ..ClientOptions::default() }).await;
    let store = &ready.system.demo.assembled.context.store;
    let (person, now) = (ready.system.person(WHO).await.id, ready.system.demo.assembled.context.now());
    store.save_consent(person, ID, "openid profile", now).await.unwrap();
    let said = ready.run(Library::OpenidClient, false, unchanged()).await;
    assert_eq!(said["done"]["name"], "Tobias Quennell", "{said}");
}
