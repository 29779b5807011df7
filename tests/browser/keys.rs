//! Passkeys in a real browser with a virtual authenticator, without a mouse; and the seed's own path, counted.

use tests::System;

use super::chromium::{Chromium, Tab};

/// Teaches at a school that takes passkeys only, and has no key yet.
const KIT: &str = "k.sallowfield@high.tamberwell.example";
pub const ENTER: &str = "\u{e007}";

/// The next choice of a group.
pub const DOWN: &str = "\u{e015}";

/// Presses a button or follows a link as somebody without a mouse does.
pub async fn enter(tab: &Tab, css: &str) {
    tab.tab_to(css).await;
    tab.press(ENTER).await;
}

/// Types address and password and sends them.
pub async fn sign_in_by_keys(tab: &Tab, login: &str) {
    tab.tab_to("#login").await;
    tab.press(login).await;
    tab.tab_to("#password").await;
    tab.press(&format!("{}{ENTER}", lanyard::demo::PASSWORD)).await;
}

/// Types the code of a soft key, whose sixth digit sends the form.
pub async fn type_code(tab: &Tab, system: &System, login: &str) {
    tab.tab_to("#code").await;
    tab.press(&system.code(login).await).await;
}

async fn confirm_browser(tab: &Tab, system: &System, login: &str) {
    tab.see("#confirm").await;
    let code = system.mailed_code(login).await;
    // The sixth digit sends the form.
    tab.press(&code).await;
}

#[tokio::test]
async fn a_passkey_is_added_signs_in_and_elevates_without_a_mouse() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    tab.goto(&format!("{}/me/keys/passkey", system.origin("id"))).await;
    tab.plug_key_in().await;
    sign_in_by_keys(&tab, KIT).await;
    confirm_browser(&tab, &system, KIT).await;
    enter(&tab, "#add button[type=submit]").await;
    tab.title_contains("Security keys").await;
    assert!(tab.text("main").await.contains("This computer"));
    tab.goto(&format!("{}/signout", system.origin("id"))).await;
    enter(&tab, "#signout button").await;
    tab.title_contains("You are signed out").await;
    system.clock.advance(1);
    tab.goto(&format!("{}/", system.origin("tamberwell-high"))).await;
    // The browser offers the passkey beside the address, and this key says yes to the offer by itself.
    tab.see("#record").await;
    let store = &system.demo.assembled.context.store;
    let session = store.sessions_of(system.person(KIT).await.id).await.unwrap().remove(0);
    assert_eq!(session.method, idp_domain::session::Method::Passkey, "no password was typed");
    tab.goto(&format!("{}/records", system.origin("tamberwell-high"))).await;
    tab.title_contains("Elevate").await;
    enter(&tab, "#elevate button").await;
    tab.see("#lanyard-bar").await;
    tab.bar_says("Elevated").await;
    chromium.finish(tab).await;
}

#[tokio::test]
async fn a_key_suspended_on_another_tab_is_useless_at_once() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    let login = tests::system::SAMINA;
    tab.goto(&format!("{}/records", system.origin("larkmoor"))).await;
    sign_in_by_keys(&tab, login).await;
    enter(&tab, "#elevate button").await;
    type_code(&tab, &system, login).await;
    tab.bar_says("Elevated").await;
    let at_work = tab.window().await;
    tab.new_window().await;
    tab.goto(&format!("{}/signin?next=/me/keys&key=1", system.origin("id"))).await;
    // The proof that was given for the school is none for the account.
    type_code(&tab, &system, login).await;
    enter(&tab, "button[value=suspend]").await;
    tab.see("button[value=resume]").await;
    tab.switch_to(at_work).await;
    tab.bar_says("Base access").await;
    chromium.finish(tab).await;
}

/// The seed product took about 13 actions and two codes from signing in to elevated access with a new soft key.
#[tokio::test]
async fn a_new_soft_key_elevates_with_one_scan_and_one_code() {
    let system = System::start().await;
    let site = system.origin("tamberwell-high");
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    tab.goto(&format!("{site}/records")).await;
    super::sign_in(&tab, KIT, lanyard::demo::PASSWORD).await;
    tab.see("#confirm").await;
    tab.fill("#code", &system.mailed_code(KIT).await).await;
    let mut actions = Vec::new();
    actions.push("elevate");
    tab.click("#elevate button").await;
    actions.push("add a key");
    tab.click("#next").await;
    actions.push("choose “Authenticator app”");
    tab.click("#soft").await;
    actions.push("scan");
    let secret = tab.text("#secret").await.replace(' ', "");
    actions.push("type the code");
    // The sixth digit sends the form, and the code counts for the school as well.
    tab.fill("#code", &tests::system::code_of(&secret, &system)).await;
    tab.bar_says("Elevated").await;
    assert_eq!(tab.url().await, format!("{site}/records"), "back where it was needed");
    assert_eq!(actions.len(), 5, "{actions:?}");
    eprintln!(
        "from a page that needs a key to elevated access with a new one: {} actions and one code: {}",
        actions.len(),
        actions.join(", ")
    );
    chromium.finish(tab).await;
}

/// The same for somebody who adds their first key right after their first password, and opens the school afterwards.
#[tokio::test]
async fn a_first_key_needs_no_second_code_at_the_school() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    super::first_password(&tab, &system, KIT).await;
    tab.title_contains("Add your first key").await;
    tab.click("#soft").await;
    let secret = tab.text("#secret").await.replace(' ', "");
    tab.fill("#code", &tests::system::code_of(&secret, &system)).await;
    tab.title_contains("Security keys").await;
    tab.goto(&format!("{}/records", system.origin("tamberwell-high"))).await;
    tab.click("#elevate button").await;
    tab.bar_says("Elevated").await;
    chromium.finish(tab).await;
}
