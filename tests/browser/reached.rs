//! Pages that are reached by doing something first: an import, an app, two identities, a rescue. axe finds nothing on them.

use std::path::Path;

use idp_domain::client::{Client, ClientAuth, ClientOptions};
use idp_domain::{Secret, SystemRandom};
use idp_store::Effects;
use tests::System;
use tests::oauth::request_of;
use tests::system::{ADAEZE, CALLUM};

use super::accessible::{axe, faults, late_system};
use super::chromium::{Chromium, Tab};
use super::{sign_in, use_key};

/// Class teacher of 3a at Copperwick, with a second address there.
const TAMSIN: &str = "t.obuya@copperwick.tamberwell.example";
/// Only admin of a school without a trust.
const CEDRIC: &str = "c.umeh@briarholt.example";

/// Signs in, with a key, on the way to a page.
async fn at_with_key(system: &System, tab: &Tab, (login, path): (&str, &str)) {
    tab.goto(&format!("{}/signin?next={path}&key=1", system.origin("id"))).await;
    sign_in(tab, login, lanyard::demo::PASSWORD).await;
    use_key(tab, system, login).await;
}

/// An app to which somebody has agreed asks them something.
async fn an_app_asks(system: &System, login: &str) {
    let store = &system.demo.assembled.context.store;
    let (plain, secret) = (store.client("bookworm").await.unwrap().unwrap(), Secret::new(&SystemRandom));
    let auth = ClientAuth::Secret { hash: secret.hash(), before: None };
    let options = ClientOptions { ciba: true, ..ClientOptions::default() };
    let desk = Client { id: "desk".to_owned(), name: "Help desk".to_owned(), auth, options, ..plain };
    store.save_client(&desk, Effects::none()).await.unwrap();
    let person = system.person(login).await.id;
    store.save_consent(person, "desk", "openid profile", system.demo.assembled.context.now()).await.unwrap();
    let form = [
        ("client_id", "desk"),
        ("client_secret", secret.reveal()),
        ("scope", "openid profile"),
        ("login_hint", login),
        ("binding_message", "K4-88"),
    ];
    let page = system.browser().post(&format!("{}/bc-authorize", system.origin("id")), &form).await;
    assert_eq!(page.status, 200, "{}", page.body);
}

#[tokio::test]
async fn axe_finds_nothing_on_an_import_and_an_app() {
    let system = late_system().await;
    let chromium = Chromium::start().await;
    let (tab, axe, mut found) = (chromium.tab().await, axe(), Vec::new());
    at_with_key(&system, &tab, (CALLUM, "/admin/import")).await;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/lanyard/demo/staff-list.csv");
    let file = file.canonicalize().unwrap();
    tab.see("#file").await.send_keys(file.to_str().unwrap()).await.unwrap();
    tab.click("main button[type=submit]").await;
    tab.until("/\\/admin\\/import\\/./.test(location.pathname)").await;
    found.extend(faults(&tab, &axe, "an import").await);
    tab.goto(&format!("{}/developers/apps/new", system.origin("id"))).await;
    tab.fill("#name", "Reading log").await;
    tab.fill("#redirect_uris", "https://reading.example/callback").await;
    tab.click("input[name=kind][value=server]").await;
    tab.click("#app button[type=submit]").await;
    tab.see("code").await;
    found.extend(faults(&tab, &axe, "a secret that is shown once").await);
    tab.goto(&format!("{}/developers/apps", system.origin("id"))).await;
    tab.click("#token button").await;
    tab.see("code#token").await;
    found.extend(faults(&tab, &axe, "a token that registers apps").await);
    tab.goto(&format!("{}/developers/apps", system.origin("id"))).await;
    tab.click("#apps a").await;
    tab.see("#check").await;
    found.extend(faults(&tab, &axe, "an app").await);
    tab.fill("#address", "https://reading.example/callbac").await;
    tab.click("#check button").await;
    tab.see("[role=status]").await;
    found.extend(faults(&tab, &axe, "a redirect address, checked").await);
    // Its maker tries it, as themselves or as somebody who is invented.
    let app = tab.url().await.split("/developers/apps/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let mut asked = request_of(&system, &app);
    asked.retain(|(name, _)| name != "redirect_uri");
    asked.push(("redirect_uri".to_owned(), "https://reading.example/callback".to_owned()));
    let asked = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(asked).finish();
    tab.goto(&format!("{}/authorize?{asked}", system.origin("id"))).await;
    tab.see("input[name=persona]").await;
    found.extend(faults(&tab, &axe, "consent in the sandbox").await);
    assert!(found.is_empty(), "{}", found.join("\n"));
    chromium.finish(tab).await;
}

#[tokio::test]
async fn axe_finds_nothing_on_a_join_a_rescue_and_the_list_of_schools() {
    let system = late_system().await;
    let chromium = Chromium::start().await;
    let (tab, axe, mut found) = (chromium.tab().await, axe(), Vec::new());
    let id = system.origin("id");
    at_with_key(&system, &tab, (ADAEZE, "/me/join")).await;
    tab.click("#join button").await;
    sign_in(&tab, TAMSIN, lanyard::demo::PASSWORD).await;
    use_key(&tab, &system, TAMSIN).await;
    tab.until("location.pathname === '/me/join/other'").await;
    found.extend(faults(&tab, &axe, "two identities, both proven").await);
    tab.goto(&format!("{id}/switcher")).await;
    tab.see("li a").await;
    found.extend(faults(&tab, &axe, "the list of schools").await);
    an_app_asks(&system, TAMSIN).await;
    tab.goto(&format!("{id}/me/requests")).await;
    tab.see("#answer").await;
    found.extend(faults(&tab, &axe, "an app asks").await);
    let directory = &system.demo.assembled.directory;
    let (ada, bo) =
        (directory.add_supporter("Ada Vale").await.unwrap(), directory.add_supporter("Bo Reed").await.unwrap());
    let slug = idp_domain::Slug::parse("briarholt").unwrap();
    directory.begin_rescue(&slug, CEDRIC, [&ada, &bo]).await.unwrap();
    system.settle().await;
    let mails = system.demo.mailbox.all();
    let told = mails.iter().rfind(|(_, _, text)| text.contains("/rescue?token=")).unwrap();
    tab.goto(told.2.lines().find(|line| line.contains("/rescue?token=")).unwrap()).await;
    tab.see("main form").await;
    found.extend(faults(&tab, &axe, "a rescue").await);
    assert!(found.is_empty(), "{}", found.join("\n"));
    chromium.finish(tab).await;
}
