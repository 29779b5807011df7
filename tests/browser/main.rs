//! A real Chromium does the story: first password, soft key, three schools, elevation, classes, removal, an app.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in tests a broken assumption must stop the test at once"
)]

mod accessible;
mod bar;
mod chromium;
mod keys;
mod midway;
mod pictures;
mod reached;
mod spa;
mod tls;
mod trouble;

use chromium::{Chromium, Tab};
use tests::System;
use tests::system::{ADAEZE, CALLUM, JOSS, SAMINA, WILF};

const PASSWORD: &str = "lantern gravel puffin";

async fn sign_in(tab: &Tab, login: &str, password: &str) {
    tab.fill("#login", login).await;
    tab.fill("#password", password).await;
    tab.click("#signin button[type=submit]").await;
}

async fn use_key(tab: &Tab, system: &System, login: &str) {
    tab.see("#code").await;
    let code = system.code(login).await;
    // The sixth digit sends the form.
    tab.fill("#code", &code).await;
}

/// From the sign-in page to a password, by the mailed link.
async fn first_password(tab: &Tab, system: &System, login: &str) {
    tab.goto(&format!("{}/signin", system.origin("id"))).await;
    tab.click("#first-time").await;
    tab.fill("#email", login).await;
    tab.click("form button[type=submit]").await;
    tab.title_contains("Check your email").await;
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    tab.goto(&system.mailed_link(login).await).await;
    tab.click("#open button").await;
    tab.fill("#password", PASSWORD).await;
    tab.click("#create button[type=submit]").await;
}

#[tokio::test]
async fn first_password_by_link_and_a_soft_key() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    first_password(&tab, &system, WILF).await;
    tab.title_contains("Add your first key").await;
    tab.click("#soft").await;
    let secret = tab.text("#secret").await.replace(' ', "");
    let code = tests::system::code_of(&secret, &system);
    // The sixth digit sends the form.
    tab.fill("#code", &code).await;
    tab.title_contains("Security keys").await;
    assert!(tab.text("main").await.contains("My phone"));
    chromium.finish(tab).await;
}

#[tokio::test]
async fn three_schools_elevation_and_the_end_of_access() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    tab.goto(&format!("{}/", system.origin("larkmoor"))).await;
    sign_in(&tab, SAMINA, lanyard::demo::PASSWORD).await;
    tab.see("#record").await;
    for slug in ["quillbrook", "copperwick", "larkmoor"] {
        tab.goto(&format!("{}/", system.origin(slug))).await;
        tab.see("#record").await;
        assert!(tab.url().await.starts_with(&system.origin(slug)), "no sign-in in between");
    }
    tab.see("#lanyard-bar").await;
    tab.bar_says("Base access").await;
    tab.goto(&format!("{}/records", system.origin("larkmoor"))).await;
    tab.click("#elevate button").await;
    use_key(&tab, &system, SAMINA).await;
    tab.see("table").await;
    tab.bar_says("Elevated").await;
    tab.picture("elevated").await;
    tab.goto(&format!("{}/records", system.origin("quillbrook"))).await;
    tab.click("#elevate button").await;
    tab.see("table").await;
    let mut callum = system.admin(CALLUM).await;
    let person = system.person(SAMINA).await.id;
    let page = callum.open(&format!("{}/admin/people/{person}", system.origin("id"))).await;
    callum.fill(&page, "remove", &[("mode", "quiet")]).await;
    tab.bar_says("Your access here has ended").await;
    chromium.finish(tab).await;
}

#[tokio::test]
async fn a_teacher_reads_one_class_an_admin_opens_the_admin_area() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    tab.goto(&format!("{}/records", system.origin("larkmoor"))).await;
    sign_in(&tab, ADAEZE, lanyard::demo::PASSWORD).await;
    tab.click("#elevate button").await;
    use_key(&tab, &system, ADAEZE).await;
    tab.click("tbody a").await;
    tab.see("#note").await;
    tab.goto(&format!("{}/records/0", system.origin("larkmoor"))).await;
    tab.title_contains("Not your class").await;
    tab.goto(&format!("{}/admin", system.origin("larkmoor"))).await;
    tab.title_contains("You cannot open this page").await;
    chromium.finish(tab).await;
    let tab = chromium.tab().await;
    tab.goto(&format!("{}/admin", system.origin("larkmoor"))).await;
    sign_in(&tab, JOSS, lanyard::demo::PASSWORD).await;
    tab.click("#elevate button").await;
    use_key(&tab, &system, JOSS).await;
    tab.title_contains("Admin area").await;
    tab.goto(&format!("{}/admin/people", system.origin("id"))).await;
    tab.see("#people").await;
    tab.picture("people").await;
    chromium.finish(tab).await;
}

#[tokio::test]
async fn an_app_delegates_login_and_nothing_scrolls_sideways() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    tab.goto(&format!("{}/", system.origin("bookworm"))).await;
    tab.click("#login").await;
    tab.see("#signin").await;
    tab.narrow().await;
    assert!(tab.fits().await, "the sign-in page scrolls sideways at 320 px");
    tab.picture("signin-320").await;
    sign_in(&tab, "t.quennell@tamberwell.example", lanyard::demo::PASSWORD).await;
    tab.click("#consent button[value=allow]").await;
    assert_eq!(tab.text("#reader").await, "Hello Tobias Quennell.");
    for path in ["/", "/me", "/me/keys", "/support", "/signout"] {
        tab.goto(&format!("{}{path}", system.origin("id"))).await;
        tab.see("main").await;
        assert!(tab.fits().await, "{path} scrolls sideways at 320 px");
    }
    chromium.finish(tab).await;
}
