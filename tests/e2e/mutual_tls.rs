//! Apps that are known by a certificate (RFC 8705): vouched for, or their own; and tokens that work with it alone.

use http::Method;
use idp_domain::client::{Client, ClientAuth};
use idp_domain::tls_subject::TlsSubject;
use rcgen::SanType;
use serde_json::{Value, json};
use tests::System;
use tests::mutual::{Answer, Authority, Identity, post, send};
use tests::oauth::{agree, authorize, redeeming, request_of};
use tests::system::ADAEZE;

/// An app with the addresses of the demonstration's, that proves itself like this.
async fn app(system: &System, id: &str, auth: ClientAuth) -> Client {
    let store = &system.demo.assembled.context.store;
    let mut client = store.client("bookworm").await.unwrap().unwrap();
    (client.id, client.auth, client.refresh, client.options.tls_bound) = (id.to_owned(), auth, true, true);
    store.save_client(&client, idp_store::Effects::none()).await.unwrap();
    client
}

async fn code(system: &System, client: &str) -> String {
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let page = authorize(system, &mut adaeze, &request_of(system, client)).await;
    agree(&mut adaeze, &system.origin("id"), page).await.location_param("code").unwrap()
}

async fn redeem(system: &System, client: &str, by: Option<&Identity>) -> Answer {
    let (code, back) = (code(system, client).await, format!("{}/callback", system.origin("bookworm")));
    let form = redeeming((client, &code, &back));
    post(system, by, "/token", &form).await
}

fn token(answer: &Answer) -> String {
    answer.json().get("access_token").and_then(Value::as_str).unwrap().to_owned()
}

async fn userinfo(system: &System, token: &str, by: Option<&Identity>) -> u16 {
    send(system, by, ("GET", "id", "/userinfo"), &format!("authorization: Bearer {token}\r\n"), "").await.status
}

#[tokio::test]
async fn an_app_is_known_by_its_own_certificate_and_its_tokens_work_with_that_alone() {
    let system = System::start_mutual(Authority::default().pem()).await;
    let (own, other) = (Identity::itself(), Identity::itself());
    app(&system, "mutual", ClientAuth::SelfSigned { jwks: own.jwks() }).await;
    for stranger in [None, Some(&other)] {
        let refused = redeem(&system, "mutual", stranger).await;
        assert_eq!((refused.status, &refused.json()["error"]), (401, &json!("invalid_client")), "{}", refused.text);
    }
    let tokens = redeem(&system, "mutual", Some(&own)).await;
    let access = token(&tokens);
    assert_eq!(tokens.json()["token_type"], "Bearer");
    assert_eq!(userinfo(&system, &access, Some(&own)).await, 200);
    assert_eq!(userinfo(&system, &access, Some(&other)).await, 401, "a stolen token opens nothing");
    assert_eq!(userinfo(&system, &access, None).await, 401);
    let mut plain = system.browser();
    let bearer = format!("Bearer {access}");
    let headers = [("authorization", bearer.as_str())];
    let page = plain.send(Method::GET, &format!("{}/userinfo", system.origin("id")), None, &headers).await;
    assert_eq!(page.status, 401, "nor at the other address");
    let seen = post(&system, Some(&own), "/introspect", &[("client_id", "mutual"), ("token", &access)]).await.json();
    assert_eq!((&seen["active"], &seen["cnf"]["x5t#S256"]), (&json!(true), &json!(own.thumbprint())));
    // Certificates change: the app proves itself by the new one, and the next token is bound to that.
    let new = Identity::itself();
    let both: Vec<Value> =
        [&own, &new].map(|one| serde_json::from_str::<Value>(&one.jwks()).unwrap()["keys"][0].clone()).to_vec();
    app(&system, "mutual", ClientAuth::SelfSigned { jwks: json!({ "keys": both }).to_string() }).await;
    let kept = tokens.json()["refresh_token"].as_str().unwrap().to_owned();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await; // clients are read once a second
    let form = [("grant_type", "refresh_token"), ("client_id", "mutual"), ("refresh_token", kept.as_str())];
    let access = token(&post(&system, Some(&new), "/token", &form).await);
    assert_eq!(
        (userinfo(&system, &access, Some(&new)).await, userinfo(&system, &access, Some(&own)).await),
        (200, 401)
    );
}

#[tokio::test]
async fn an_app_is_known_by_one_name_in_a_certificate_for_which_an_authority_vouches() {
    let (authority, unknown) = (Authority::default(), Authority::default());
    let system = System::start_mutual(authority.pem()).await;
    let names = || {
        vec![
            SanType::DnsName("app.bookworm.example".try_into().unwrap()),
            SanType::URI("urn:bookworm:app".try_into().unwrap()),
            SanType::IpAddress("192.0.2.7".parse().unwrap()),
            SanType::Rfc822Name("app@bookworm.example".try_into().unwrap()),
        ]
    };
    let good = authority.issue(names(), 30);
    let [over, foreign, bare] = [authority.issue(names(), -1), unknown.issue(names(), 30), authority.issue(vec![], 30)];
    for (at, (kind, name, wrong)) in [
        ("dns", "app.bookworm.example", "app.example"),
        ("uri", "urn:bookworm:app", "urn:bookworm:ap"),
        ("ip", "192.0.2.7", "192.0.2.8"),
        ("email", "app@bookworm.example", "bookworm.example@app"),
        ("dn", "CN=app,O=Bookworm", "O=Bookworm,CN=app"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("named-{at}");
        app(&system, &id, ClientAuth::Tls { subject: TlsSubject::parse(kind, name).unwrap() }).await;
        let proven = async |by: Option<&Identity>| {
            let form = [("client_id", id.as_str()), ("token", "nobody's")];
            post(&system, by, "/introspect", &form).await.status
        };
        assert_eq!(proven(Some(&good)).await, 200, "{kind}");
        for (stranger, what) in
            [(Some(&over), "is over"), (Some(&foreign), "nobody vouches for"), (None, "is not there")]
        {
            assert_eq!(proven(stranger).await, 401, "{kind}: a certificate that {what}");
        }
        if kind != "dn" {
            assert_eq!(proven(Some(&bare)).await, 401, "{kind}: a certificate without the name");
        }
        let other = format!("other-{at}");
        app(&system, &other, ClientAuth::Tls { subject: TlsSubject::parse(kind, wrong).unwrap() }).await;
        let form = [("client_id", other.as_str()), ("token", "nobody's")];
        assert_eq!(post(&system, Some(&good), "/introspect", &form).await.status, 401, "{kind}: another name");
    }
}

#[tokio::test]
async fn a_public_app_keeps_its_refresh_token_to_the_certificate_and_proofs_name_either_address() {
    let system = System::start_mutual(Authority::default().pem()).await;
    let (own, other) = (Identity::itself(), Identity::itself());
    app(&system, "public", ClientAuth::None).await;
    let refused = redeem(&system, "public", None).await;
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("invalid_request")), "{}", refused.text);
    let tokens = redeem(&system, "public", Some(&own)).await.json();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "public"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    let refused = post(&system, Some(&other), "/token", &form).await;
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("invalid_grant")), "{}", refused.text);
    assert_eq!(post(&system, Some(&own), "/token", &form).await.status, 200, "and a refusal has spent nothing");
}

#[tokio::test]
async fn discovery_and_registration_speak_of_certificates_where_they_work() {
    let system = System::start_mutual(Authority::default().pem()).await;
    let id = system.origin("id");
    let at = system.demo.mtls.as_ref().unwrap().origin.clone();
    let read = async |system: &System| {
        let url = format!("{}/.well-known/openid-configuration", system.origin("id"));
        serde_json::from_str::<Value>(&system.browser().open(&url).await.body).unwrap()
    };
    let told = read(&system).await;
    assert_eq!(told["mtls_endpoint_aliases"]["token_endpoint"], format!("{at}/token"));
    assert_eq!(told["tls_client_certificate_bound_access_tokens"], true);
    let methods = told["token_endpoint_auth_methods_supported"].as_array().unwrap().clone();
    assert!(methods.contains(&json!("tls_client_auth")) && methods.contains(&json!("self_signed_tls_client_auth")));
    let token = tests::oauth::registration_token(&system).await;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let register = async |said: &Value| {
        let body = said.to_string().into_bytes();
        let page = system.browser().send_bytes(Method::POST, &format!("{id}/register"), body, &headers).await;
        (page.status, serde_json::from_str::<Value>(&page.body).unwrap_or_default())
    };
    let own = Identity::itself();
    let wish = json!({
        "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "self_signed_tls_client_auth",
        "jwks": serde_json::from_str::<Value>(&own.jwks()).unwrap(), "tls_client_certificate_bound_access_tokens": true,
    });
    let (status, made) = register(&wish).await;
    assert_eq!((status, &made["tls_client_certificate_bound_access_tokens"]), (201, &json!(true)), "{made}");
    assert_eq!((&made["jwks"], &made["client_secret"]), (&wish["jwks"], &Value::Null));
    let form = [("client_id", made["client_id"].as_str().unwrap()), ("token", "nobody's")];
    assert_eq!(post(&system, Some(&own), "/introspect", &form).await.status, 200);
    let wish = json!({
        "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": "cn=app, o=Bookworm",
    });
    let (status, made) = register(&wish).await;
    assert_eq!((status, &made["tls_client_auth_subject_dn"]), (201, &json!("CN=app,O=Bookworm")), "{made}");
    for bad in [
        json!({ "token_endpoint_auth_method": "tls_client_auth" }),
        json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "*.example" }),
        json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "a.example",
                "tls_client_auth_san_ip": "192.0.2.1" }),
        json!({ "tls_client_auth_san_dns": "a.example" }),
        json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth" }),
        json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": tests::client_key::ClientKey::default().jwk }),
    ] {
        let mut said = json!({ "redirect_uris": ["https://app.example/cb"] });
        said.as_object_mut().unwrap().extend(bad.as_object().unwrap().clone());
        let (status, refused) = register(&said).await;
        assert_eq!((status, &refused["error"]), (400, &json!("invalid_client_metadata")), "{said}");
    }
    // Where nobody comes with certificates, nothing speaks of them, and none is registered.
    let plain = System::start().await;
    let told = read(&plain).await;
    assert!(told.get("mtls_endpoint_aliases").is_none() && !told.to_string().contains("tls_client"), "{told}");
}
