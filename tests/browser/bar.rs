//! The Lanyard bar: elevate, switch by keyboard, hide, and what was typed when access ends.

use tests::System;
use tests::system::SAMINA;

use super::chromium::{Chromium, Tab};
use super::{sign_in, use_key};

const INSIDE: &str = "document.getElementById('lanyard-bar').shadowRoot";

async fn opened(system: &System, chromium: &Chromium, path: &str) -> Tab {
    let tab = chromium.tab().await;
    tab.goto(&format!("{}{path}", system.origin("larkmoor"))).await;
    sign_in(&tab, SAMINA, lanyard::demo::PASSWORD).await;
    tab.see("#lanyard-bar").await;
    tab.bar_says("Base access").await;
    tab
}

#[tokio::test]
async fn the_bar_elevates_drops_and_hides() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = opened(&system, &chromium, "/").await;
    tab.script(&format!("{INSIDE}.querySelector('form[action$=elevate] button').click()")).await;
    use_key(&tab, &system, SAMINA).await;
    tab.see("#record").await;
    tab.bar_says("minutes left").await;
    tab.script(&format!("{INSIDE}.querySelector('form[action$=drop] button').click()")).await;
    tab.until("document.readyState === 'complete'").await;
    tab.bar_says("Base access").await;
    tab.press("\u{e00c}").await;
    tab.press("\u{e00c}").await;
    tab.until(&format!("!{INSIDE}.querySelector('.curtain').hidden && document.querySelector('main').inert")).await;
    tab.script(&format!("{INSIDE}.querySelector('.curtain button').click()")).await;
    tab.until(&format!("{INSIDE}.querySelector('.curtain').hidden && !document.querySelector('main').inert")).await;
    chromium.finish(tab).await;
}

#[tokio::test]
async fn two_letters_and_enter_switch_schools() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = opened(&system, &chromium, "/").await;
    // Control down, k, Control up (null releases it).
    tab.press("\u{e009}k\u{e000}").await;
    tab.until(&format!("{INSIDE}.activeElement?.tagName === 'IFRAME'")).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    tab.type_anywhere("qu\u{e007}").await;
    tab.until(&format!("location.origin === '{}'", system.origin("quillbrook"))).await;
    chromium.finish(tab).await;
}

#[tokio::test]
async fn words_stay_in_the_tab_when_access_ends_and_come_back_with_their_writer() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = opened(&system, &chromium, "/concerns").await;
    tab.fill("textarea", "Came in without a coat").await;
    let person = system.person(SAMINA).await;
    system.demo.assembled.signin.end_everywhere(&person).await.unwrap();
    tab.bar_says("Your access here has ended").await;
    assert_eq!(tab.script("return document.querySelector('textarea').closest('main').inert").await, true);
    // The way back opens in another tab of the same browser; here it is the same cookie jar.
    let first = tab.window().await;
    tab.new_window().await;
    tab.goto(&format!("{}/", system.origin("larkmoor"))).await;
    sign_in(&tab, SAMINA, lanyard::demo::PASSWORD).await;
    tab.see("#record").await;
    tab.switch_to(first).await;
    tab.until(&format!("{INSIDE}.querySelector('.curtain').hidden")).await;
    assert_eq!(tab.script("return document.querySelector('textarea').value").await, "Came in without a coat");
    chromium.finish(tab).await;
}

#[tokio::test]
async fn without_scripts_the_same_actions_are_links() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab_without_scripts().await;
    tab.goto(&format!("{}/", system.origin("larkmoor"))).await;
    sign_in(&tab, SAMINA, lanyard::demo::PASSWORD).await;
    tab.see("#record").await;
    tab.click("a[href='/.lanyard/']").await;
    tab.click("form[action='/.lanyard/elevate'] button").await;
    tab.see("#code").await;
    let code = system.code(SAMINA).await;
    tab.fill("#code", &code).await;
    tab.click("#key button[type=submit]").await;
    // Going on before the site has opened would cut short the way back to it.
    tab.see("#record").await;
    tab.goto(&format!("{}/records", system.origin("larkmoor"))).await;
    tab.see("table").await;
    tab.goto(&format!("{}/.lanyard/", system.origin("larkmoor"))).await;
    tab.click("form[action='/.lanyard/signout'] button").await;
    tab.see("#next").await;
    assert!(tab.url().await.ends_with("/signed-out"));
    chromium.finish(tab).await;
}

#[tokio::test]
async fn a_few_schools_are_tabs_one_click_away() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = opened(&system, &chromium, "/").await;
    tab.until(&format!("!{INSIDE}.querySelector('iframe.tabs').inert")).await;
    tab.picture("bar-with-tabs").await;
    tab.script(&format!("{INSIDE}.querySelector('iframe.tabs').focus()")).await;
    // The tabs in their order: Copperwick, Larkmoor, Quillbrook.
    tab.type_anywhere("\u{e004}\u{e007}").await;
    tab.until(&format!("location.origin === '{}'", system.origin("copperwick"))).await;
    tab.see("#lanyard-bar").await;
    let elsewhere = chromium.tab().await;
    elsewhere.goto(&format!("{}/", system.origin("larkmoor"))).await;
    sign_in(&elsewhere, tests::system::ADAEZE, lanyard::demo::PASSWORD).await;
    elsewhere.see("#lanyard-bar").await;
    elsewhere.bar_says("Base access").await;
    let answered = "performance.getEntriesByType('resource').some((one) => one.name.includes('tabs=larkmoor'))";
    elsewhere.until(answered).await;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    let none = elsewhere.script(&format!("return {INSIDE}.querySelector('iframe.tabs').inert")).await;
    assert_eq!(none, true, "of one school there are no tabs");
    chromium.finish(elsewhere).await;
    chromium.finish(tab).await;
}

#[tokio::test]
async fn a_school_may_have_its_pages_hide_when_somebody_turns_away() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = opened(&system, &chromium, "/").await;
    let curtain = format!("{INSIDE}.querySelector('.curtain').hidden");
    tab.script("document.hasFocus = () => false; window.dispatchEvent(new Event('blur'))").await;
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert_eq!(tab.script(&format!("return {curtain}")).await, true, "nobody asked for it");
    chromium.finish(tab).await;
    let site = system.site("larkmoor").await;
    let settings = idp_domain::site::SiteSettings { hide_on_blur: true, ..site.settings.clone() };
    let site = idp_domain::site::Site { settings, ..site };
    system.demo.assembled.context.store.save_site(&site, idp_store::Effects::none()).await.unwrap();
    assert!(system.demo.gateway.refresh_registry().await);
    let tab = opened(&system, &chromium, "/").await;
    tab.until(&curtain).await;
    tab.script("document.hasFocus = () => true").await;
    tab.script("document.hasFocus = () => false; window.dispatchEvent(new Event('blur'))").await;
    tab.until(&format!("!{curtain}")).await;
    tab.script("document.hasFocus = () => true").await;
    tab.script(&format!("{INSIDE}.querySelector('.curtain button').click()")).await;
    tab.until(&curtain).await;
    // Turning away from a frame of the page is told to the frame alone.
    tab.script("document.hasFocus = () => false").await;
    tab.until(&format!("!{curtain}")).await;
    chromium.finish(tab).await;
}
