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

/// The app, as its documentation shows it.
const APP: &str = r#"
const manager = new oidc.UserManager({
  authority: ISSUER, client_id: "page-app", redirect_uri: location.origin + "/callback",
  post_logout_redirect_uri: location.origin + "/", scope: "openid profile offline_access", loadUserInfo: true,
});
const say = (words) => { document.querySelector("main").textContent = words; };
const begin = async () => {
  if (location.pathname !== "/callback") return say("Nobody is signed in");
  const user = await manager.signinRedirectCallback();
  const renewed = await manager.signinSilent();
  if (renewed.access_token === user.access_token) throw new Error("nothing was renewed");
  say(`Hello ${renewed.profile.name}`);
};
begin().catch((error) => say(`It did not work: ${error}`));
document.getElementById("in").onclick = () => manager.signinRedirect();
document.getElementById("out").onclick = () => manager.signoutRedirect();
"#;

/// Serves the app. Answers its origin.
async fn serve(issuer: String) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let library = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/clients/node/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js");
    let library = std::fs::read_to_string(library).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 8192];
            let read = stream.read(&mut buffer).await.unwrap_or(0);
            let head = String::from_utf8_lossy(buffer.get(..read).unwrap_or_default()).into_owned();
            let (kind, body) = match head.split(' ').nth(1).unwrap_or_default() {
                "/library.js" => ("text/javascript", library.clone()),
                "/app.js" => ("text/javascript", format!("const ISSUER = \"{issuer}\";{APP}")),
                _ => ("text/html", "<!doctype html><title>App</title><main></main><button id=\"in\">In</button><button id=\"out\">Out</button>\
                     <script src=\"/library.js\"></script><script src=\"/app.js\"></script>".to_owned()),
            };
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
    let origin = serve(system.origin("id")).await;
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
    tab.until("document.querySelector('main')?.textContent === 'Hello Tobias Quennell'").await;
    tab.click("#out").await;
    tab.until("document.querySelector('main')?.textContent.includes('Nobody')").await;
    tab.goto(&format!("{}/me", system.origin("id"))).await;
    tab.see("#signin").await;
    chromium.finish(tab).await;
}
