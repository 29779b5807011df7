//! An app that lives in a page, with oidc-client-ts (npm): it signs people in, reads who they are, renews and signs out, from
//! another origin than ours.

use std::path::Path;

use idp_domain::client::{Client, ClientAuth};
use idp_store::Effects;
use tests::System;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::chromium::Chromium;
use super::sign_in;

const WHO: &str = "t.quennell@tamberwell.example";

/// Serves the guide's page as somebody who has put their own values into it. Answers its origin.
async fn serve(system: &System) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let library = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/clients/node/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js");
    let library = std::fs::read_to_string(library).expect("oidc-client-ts is missing: tests/run fetches it");
    let guide = system.browser().open(&format!("{}/developers", system.origin("id"))).await.body;
    let page = guide.split("<pre").find(|part| part.contains("oidc.UserManager")).unwrap();
    let page = tests::browser::unescape(page.split("<code>").nth(1).unwrap().split("</code>").next().unwrap());
    let page = page.replace("\"ISSUER\"", &format!("\"{}\"", system.origin("id"))).replace("CLIENT_ID", "page-app");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 8192];
            let read = stream.read(&mut buffer).await.unwrap_or(0);
            let head = String::from_utf8_lossy(buffer.get(..read).unwrap_or_default()).into_owned();
            let asks_for_library = head.split(' ').nth(1) == Some("/oidc-client-ts.min.js");
            let (kind, body) = if asks_for_library { ("text/javascript", &library) } else { ("text/html", &page) };
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    origin
}

#[tokio::test]
async fn an_app_in_a_page_signs_people_in_renews_and_signs_out() {
    let system = System::start().await;
    let origin = serve(&system).await;
    let store = &system.demo.assembled.context.store;
    let plain = store.client("bookworm").await.unwrap().unwrap();
    let app = Client {
        id: "page-app".to_owned(),
        auth: ClientAuth::None,
        redirect_uris: vec![format!("{origin}/callback")],
        post_logout_redirect_uris: vec![format!("{origin}/")],
        ..plain
    };
    store.save_client(&app, Effects::none()).await.unwrap();
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    tab.goto(&format!("{origin}/")).await;
    tab.until("document.querySelector('main').textContent.includes('Nobody')").await;
    tab.click("#in").await;
    sign_in(&tab, WHO, lanyard::demo::PASSWORD).await;
    tab.click("#consent button[value=allow]").await;
    tab.until("document.querySelector('main')?.textContent .startsWith('Hello Tobias Quennell (')").await;
    let renews = "const before = (await manager.getUser()).access_token; const after = (await manager.signinSilent()); \
                  return after.access_token !== before && after.profile.name === 'Tobias Quennell'";
    assert_eq!(tab.script(&format!("return (async () => {{ {renews} }})()")).await, true);
    tab.click("#out").await;
    tab.until("document.querySelector('main')?.textContent.includes('Nobody')").await;
    tab.goto(&format!("{}/me", system.origin("id"))).await;
    tab.see("#signin").await;
    chromium.finish(tab).await;
}
