//! Pages in the middle of things, where most people are most of the time: faults, codes, links, lost keys, agreement. axe
//! finds nothing on any of them; and without JavaScript nothing is missing but passkeys.

use tests::System;
use tests::system::{ADAEZE, SAMINA, WILF};

use super::accessible::{MINE, SIGNED_OUT, axe, faults, late_system};
use super::chromium::{Chromium, Tab};
use super::keys::{DOWN, enter, sign_in_by_keys, type_code};
use super::pictures::compare;
use super::{PASSWORD, sign_in};

/// Has a password and no key: a new browser is confirmed by a mailed code.
const KIT: &str = "k.sallowfield@high.tamberwell.example";

struct Looked<'a> {
    tab: &'a Tab,
    /// Compares pictures.
    blank: &'a Tab,
    axe: String,
    found: Vec<String>,
}

impl Looked<'_> {
    /// Looks at the page that is shown, once it shows this.
    async fn at(&mut self, css: &str, name: &str) {
        self.tab.see(css).await;
        self.found.extend(faults(self.tab, &self.axe, name).await);
        self.tab.look("light", false).await;
        self.tab.size(1180, 760).await;
        let name = name.replace(", ", " ").replace(' ', "-");
        self.tab.picture(&name).await;
        self.found.extend(compare(self.tab, self.blank, &name).await);
    }
}

#[tokio::test]
async fn axe_finds_nothing_on_the_way_in() {
    let system = late_system().await;
    let chromium = Chromium::start().await;
    let (tab, blank) = (chromium.tab().await, chromium.tab().await);
    // Our own pages allow no pictures from elsewhere in their policy; a blank one has none.
    blank.goto("about:blank").await;
    let id = system.origin("id");
    let mut looked = Looked { tab: &tab, blank: &blank, axe: axe(), found: Vec::new() };
    tab.goto(&format!("{}/", system.origin("tamberwell-high"))).await;
    tab.click("#signin button[type=submit]").await;
    looked.at(".faults", "sign-in with faults").await;
    tab.goto(&format!("{}/", system.origin("tamberwell-high"))).await;
    sign_in(&tab, KIT, lanyard::demo::PASSWORD).await;
    looked.at("#confirm", "confirm this browser").await;
    tab.fill("#code", "12345").await;
    tab.click("#confirm button").await;
    looked.at(".faults", "a wrong code").await;
    tab.goto(&format!("{id}/first-time?site=larkmoor")).await;
    tab.click("main button").await;
    looked.at(".faults", "no address").await;
    tab.fill("#email", "nobody@larkmoor.example").await;
    tab.click("main button").await;
    tab.see("#code-form").await;
    tab.click("#again").await;
    looked.at("#again", "sent again too early").await;
    tab.click("details summary").await;
    tab.click("#check button").await;
    looked.at("#name", "ask your school, without a name").await;
    tab.goto(&system.mailed_link(WILF).await).await;
    looked.at("#open", "a link").await;
    tab.click("#open button").await;
    looked.at("#create", "create a password").await;
    tab.click("#create button[type=submit]").await;
    looked.at(".faults", "no password").await;
    tab.click("[data-suggest]").await;
    tab.until("document.getElementById('password-strength').textContent.includes('Strong')").await;
    tab.fill("#password", PASSWORD).await;
    tab.click("#create button[type=submit]").await;
    looked.at("#passkey", "the first key").await;
    system.clock.advance(15 * 24 * 3600);
    tab.goto(&system.mailed_link(WILF).await).await;
    looked.at("main", "a link that is over").await;
    assert!(looked.found.is_empty(), "{}", looked.found.join("\n"));
    for tab in [tab, blank] {
        chromium.finish(tab).await;
    }
}

#[tokio::test]
async fn axe_finds_nothing_around_keys() {
    let system = late_system().await;
    let chromium = Chromium::start().await;
    let (tab, blank) = (chromium.tab().await, chromium.tab().await);
    // Our own pages allow no pictures from elsewhere in their policy; a blank one has none.
    blank.goto("about:blank").await;
    let id = system.origin("id");
    let mut looked = Looked { tab: &tab, blank: &blank, axe: axe(), found: Vec::new() };
    let codes = system.demo.assembled.signin.new_recovery_codes(&system.person(ADAEZE).await, "").await.unwrap();
    tab.goto(&format!("{}/records", system.origin("larkmoor"))).await;
    sign_in(&tab, ADAEZE, lanyard::demo::PASSWORD).await;
    tab.click("#elevate button").await;
    tab.see("#code").await;
    tab.fill("#code", "000000").await;
    looked.at(".faults", "a wrong security code").await;
    tab.click("#lost").await;
    looked.at("#recovery-form", "I cannot use this key").await;
    tab.click("#recovery-form button").await;
    looked.at(".faults", "no recovery code").await;
    tab.fill("#recovery", &codes[0]).await;
    tab.click("#recovery-form button").await;
    looked.at("button[value=suspend]", "back without a key").await;
    tab.goto(&format!("{id}/me/keys/card")).await;
    tab.click("#make button").await;
    looked.at("#codes", "a printed card").await;
    tab.goto(&format!("{id}/me/keys?lost=1&attempt=x")).await;
    looked.at("#carry-on", "suspend the lost one").await;
    tab.goto(&format!("{id}/me/keys/soft")).await;
    tab.fill("#code", "000000").await;
    looked.at(".faults", "a wrong first code").await;
    tab.goto(&format!("{id}/me/password")).await;
    tab.click("#change button[type=submit]").await;
    looked.at(".faults", "no old password").await;
    tab.goto(&format!("{id}/device")).await;
    looked.at("main form", "a device").await;
    tab.goto(&format!("{id}/me")).await;
    tab.see("#session").await;
    tab.script("document.getElementById('session').hidden = false; document.querySelector('#session p').textContent = document.getElementById('session').dataset.soon").await;
    looked.at("#session button", "a session that ends soon").await;
    tab.goto(&format!("{}/", system.origin("bookworm"))).await;
    tab.click("#login").await;
    looked.at("#consent", "agreement").await;
    tab.goto(&format!("{id}/signed-out?late=1&next=/me")).await;
    looked.at("#next", "signed out after a while").await;
    assert!(looked.found.is_empty(), "{}", looked.found.join("\n"));
    for tab in [tab, blank] {
        chromium.finish(tab).await;
    }
}

/// Pages that somebody who is signed in does not see, and those for the makers of apps.
const SIGN_IN_OR_ENGLISH: [&str; 5] =
    ["/signin", "/developers", "/developers/standards", "/signed-out", "/nothing-here"];

#[tokio::test]
async fn nothing_overflows_in_welsh_and_everything_is_there_without_scripts() {
    let system = late_system().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab_without_scripts().await;
    let id = system.origin("id");
    let store = &system.demo.assembled.context.store;
    store.set_language(system.person(SAMINA).await.id, idp_domain::Language::Cy).await.unwrap();
    tab.goto(&format!("{id}/signin?next=/me&key=1")).await;
    // On a computer of her own her language stays.
    tab.click("#shared").await;
    sign_in(&tab, SAMINA, lanyard::demo::PASSWORD).await;
    tab.see("#code").await;
    tab.fill("#code", &system.code(SAMINA).await).await;
    tab.click("#key button[type=submit]").await;
    tab.see("main").await;
    for path in MINE.into_iter().chain(SIGNED_OUT).filter(|path| !SIGN_IN_OR_ENGLISH.contains(path)) {
        tab.goto(&format!("{id}{path}")).await;
        tab.see("main h1").await;
        assert_eq!(tab.script("return document.documentElement.lang").await, "cy", "{path}");
        assert!(
            tab.shown("button[type=button]").await.is_empty(),
            "{path}: a button that does nothing without scripts"
        );
        assert!(!tab.shown("main a, main button, nav a").await.is_empty(), "{path}: there is a way on");
        for (width, height) in [(320, 700), (1280, 900)] {
            tab.size(width, height).await;
            assert!(tab.fits().await, "{path} scrolls sideways at {width} px in Welsh");
        }
    }
    chromium.finish(tab).await;
}

#[tokio::test]
async fn a_shared_computer_keeps_nothing_of_its_last_user() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    let id = system.origin("id");
    tab.goto(&format!("{}/records", system.origin("larkmoor"))).await;
    tab.until("document.getElementById('shared').checked").await;
    sign_in_by_keys(&tab, ADAEZE).await;
    enter(&tab, "#elevate button").await;
    type_code(&tab, &system, ADAEZE).await;
    tab.bar_says("Elevated").await;
    tab.goto(&format!("{id}/me/display")).await;
    tab.tab_to("input[name=language]").await;
    tab.press(DOWN).await;
    tab.tab_to("input[name=size]").await;
    tab.press(&format!("{DOWN}{DOWN}")).await;
    enter(&tab, "main button[type=submit]").await;
    tab.until("document.documentElement.lang === 'cy'").await;
    assert!(tab.lasting_cookies().await.is_empty(), "no cookie outlives the browser");
    tab.goto(&format!("{id}/signout")).await;
    enter(&tab, "#signout button").await;
    tab.see("#next").await;
    let kept: Vec<String> = tab.cookies().await.into_iter().map(|(name, ..)| name).collect();
    assert_eq!(kept, ["browser"], "only the number of the browser itself");
    tab.script("history.back()").await;
    tab.goto(&format!("{}/records", system.origin("larkmoor"))).await;
    tab.see("#signin").await;
    assert_eq!(tab.script("return document.getElementById('login').value").await, "", "nobody's address is remembered");
    assert_eq!(tab.script("return document.documentElement.className").await, "text-normal");
    chromium.finish(tab).await;
}

#[tokio::test]
async fn a_security_key_elevates_by_the_button_and_without_a_mouse() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    let id = system.origin("id");
    tab.goto(&format!("{id}/signin?next=/me/keys/passkey&key=1")).await;
    tab.plug_security_key_in().await;
    // On a shared computer the session would not last until later.
    tab.tab_to("#shared").await;
    tab.press(" ").await;
    sign_in_by_keys(&tab, ADAEZE).await;
    type_code(&tab, &system, ADAEZE).await;
    tab.see("#add").await;
    enter(&tab, "#add button[type=submit]").await;
    tab.title_contains("Security keys").await;
    // What was proven for her account counts at her school for a while; she comes later.
    system.clock.advance(16 * 60);
    tab.goto(&format!("{}/records", system.origin("larkmoor"))).await;
    tab.tab_to("#elevate button").await;
    tab.press(super::keys::ENTER).await;
    tab.see("#passkey").await;
    tab.tab_to("#passkey button").await;
    tab.press(super::keys::ENTER).await;
    tab.bar_says("Elevated").await;
    chromium.finish(tab).await;
}

#[tokio::test]
async fn a_page_warns_before_its_session_ends_and_one_press_keeps_it() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    let id = system.origin("id");
    tab.goto(&format!("{id}/signin?next=/support")).await;
    tab.click("#shared").await;
    sign_in(&tab, ADAEZE, lanyard::demo::PASSWORD).await;
    tab.see("#text").await;
    system.clock.advance(29 * 60);
    tab.script("document.dispatchEvent(new Event('visibilitychange'))").await;
    tab.until("!document.getElementById('session').hidden").await;
    tab.click("#session button").await;
    tab.until("document.getElementById('session').hidden").await;
    tab.fill("#text", "The bar is gone").await;
    system.clock.advance(31 * 60);
    tab.script("document.dispatchEvent(new Event('visibilitychange'))").await;
    tab.until("document.querySelector('#session p').textContent.includes('You were signed out')").await;
    assert_eq!(tab.script("return document.getElementById('text').value").await, "The bar is gone");
    tab.goto(&format!("{id}/support")).await;
    tab.see("#text").await;
    chromium.finish(tab).await;
}
