//! axe-core finds nothing on any page, in light, dark and forced colours, wide and at 320 px (which is also 400 % zoom of
//! a 1280 px window), and nothing scrolls sideways.

use std::path::Path;

use idp_domain::{Clock, london};
use serde_json::Value;
use tests::System;
use tests::system::{CALLUM, SAMINA};

use super::chromium::{Chromium, Tab};
use super::{sign_in, use_key};

/// Where `tests/run` puts axe-core.
pub fn axe() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(path).expect("axe-core is missing: tests/run installs it")
}

const LOOKS: [(&str, bool); 3] = [("light", false), ("dark", false), ("light", true)];

/// What axe finds on the page in every look and width.
pub async fn faults(tab: &Tab, axe: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    tab.script(axe).await;
    for (width, height) in [(1280, 900), (320, 700)] {
        tab.size(width, height).await;
        for (scheme, forced) in LOOKS {
            tab.look(scheme, forced).await;
            let run = "return axe.run(document, { resultTypes: ['violations'] }).then((done) => done.violations.map((one) => \
                       one.id + ' at ' + one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')))";
            let violations = tab.script(run).await;
            let violations = violations.as_array().cloned().unwrap_or_default();
            let colours = if forced { "forced colours" } else { scheme };
            let words = |one: &Value| format!("{name}, {width} px, {colours}: {}", one.as_str().unwrap_or_default());
            found.extend(violations.iter().map(words));
        }
        if !tab.fits().await {
            found.push(format!("{name} scrolls sideways at {width} px"));
        }
    }
    found
}

/// A system whose clock shows the widest times, like 10:30pm: what fits then fits at any hour.
pub async fn late_system() -> System {
    let system = System::start().await;
    let now = system.clock.now();
    let late = london::end_of(london::date(now)).plus(-5400);
    system.clock.advance((late.since(now) + 86_400) % 86_400);
    system
}

/// Pages for people who are not signed in.
pub const SIGNED_OUT: [&str; 15] = [
    "/signin",
    "/first-time",
    "/support",
    "/status",
    "/help",
    "/help/authenticator?site=larkmoor",
    "/help/without-a-phone",
    "/accessibility",
    "/pass",
    "/concern-form?site=larkmoor",
    "/developers",
    "/developers/standards",
    "/link?token=x",
    "/signed-out",
    "/nothing-here",
];

/// Pages of somebody who is signed in.
pub const MINE: [&str; 27] = [
    "/",
    "/me",
    "/me/name",
    "/me/contact",
    "/me/password",
    "/me/address",
    "/me/browsers",
    "/me/accounts",
    "/me/join",
    "/me/access",
    "/me/activity",
    "/me/display",
    "/me/notifications",
    "/me/requests",
    "/me/recovery-codes",
    "/me/keys",
    "/me/keys?added=1",
    "/me/keys/first",
    "/me/keys/add",
    "/me/keys/soft",
    "/me/keys/passkey",
    "/me/keys/passkey?on=key",
    "/me/keys/card",
    "/signin/lost",
    "/ask-access?site=fennick",
    "/signout?site=larkmoor",
    "/signout",
];

#[tokio::test]
async fn axe_finds_nothing_on_the_pages_of_everyone() {
    let system = late_system().await;
    let chromium = Chromium::start().await;
    let (tab, axe) = (chromium.tab().await, axe());
    let mut found = Vec::new();
    let id = system.origin("id");
    for path in SIGNED_OUT {
        tab.goto(&format!("{id}{path}")).await;
        tab.see("main").await;
        found.extend(faults(&tab, &axe, path).await);
    }
    tab.goto(&format!("{id}/signin?next=/me&key=1")).await;
    sign_in(&tab, SAMINA, lanyard::demo::PASSWORD).await;
    tab.see("#code").await;
    found.extend(faults(&tab, &axe, "use your key").await);
    use_key(&tab, &system, SAMINA).await;
    tab.title_contains("Account settings").await;
    for path in MINE {
        tab.goto(&format!("{id}{path}")).await;
        tab.see("main").await;
        found.extend(faults(&tab, &axe, path).await);
    }
    tab.goto(&format!("{}/records", system.origin("larkmoor"))).await;
    tab.see("#elevate").await;
    found.extend(faults(&tab, &axe, "elevate").await);
    tab.goto(&format!("{}/", system.origin("larkmoor"))).await;
    tab.see("#lanyard-bar").await;
    found.extend(faults(&tab, &axe, "a school's page with the bar").await);
    assert!(found.is_empty(), "{}", found.join("\n"));
    chromium.finish(tab).await;
}

#[tokio::test]
async fn axe_finds_nothing_in_welsh() {
    let system = late_system().await;
    let chromium = Chromium::start().await;
    let (tab, axe) = (chromium.tab().await, axe());
    let mut found = Vec::new();
    let id = system.origin("id");
    tab.goto(&format!("{id}/first-time")).await;
    tab.fill("#email", SAMINA).await;
    tab.click("main button").await;
    tab.see("#code-form").await;
    found.extend(faults(&tab, &axe, "check your email").await);
    tab.click("footer button").await;
    tab.until("document.documentElement.lang === 'cy'").await;
    for path in ["/signin", "/support"] {
        tab.goto(&format!("{id}{path}")).await;
        tab.see("main").await;
        found.extend(faults(&tab, &axe, &format!("{path} in Welsh")).await);
    }
    tab.click("footer button").await;
    tab.until("document.documentElement.lang === 'en'").await;
    assert!(found.is_empty(), "{}", found.join("\n"));
    chromium.finish(tab).await;
}

#[tokio::test]
async fn axe_finds_nothing_in_the_console() {
    let system = late_system().await;
    let chromium = Chromium::start().await;
    let (tab, axe) = (chromium.tab().await, axe());
    let id = system.origin("id");
    let mut found = Vec::new();
    tab.goto(&format!("{id}/signin?next=/admin/people&key=1")).await;
    sign_in(&tab, CALLUM, lanyard::demo::PASSWORD).await;
    use_key(&tab, &system, CALLUM).await;
    tab.see("#people").await;
    let person = system.person(SAMINA).await.id;
    let trust = system.site("larkmoor").await.trust.unwrap();
    let pages = [
        "/".to_owned(),
        "/admin/people".to_owned(),
        format!("/admin/people/{person}"),
        "/admin/people/invite".to_owned(),
        "/admin/import".to_owned(),
        "/admin/approvals".to_owned(),
        "/admin/pass".to_owned(),
        "/admin/day-pass".to_owned(),
        "/developers/apps".to_owned(),
        "/developers/apps/new".to_owned(),
        "/admin/sites".to_owned(),
        "/admin/sites/larkmoor".to_owned(),
        "/admin/audit".to_owned(),
        format!("/admin/trusts/{trust}"),
        format!("/admin/trusts/{trust}/domain?old=larkmoor.tamberwell.example&new=larkmoor.newtrust.example"),
    ];
    for path in pages {
        tab.goto(&format!("{id}{path}")).await;
        tab.see("main").await;
        found.extend(faults(&tab, &axe, &path).await);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    chromium.finish(tab).await;
}
