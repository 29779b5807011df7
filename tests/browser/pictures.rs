//! Pages look as they looked: each is compared with a small picture beside this file, coarsely enough for other fonts.
//! Where one is missing it is made, and the test fails once, so that somebody looks at it before it is kept.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tests::System;
use tests::system::{CALLUM, SAMINA};

use super::chromium::{Chromium, Tab};
use super::{sign_in, use_key};

/// Share of the brightness by which pages may differ, averaged over a coarse grid.
const MOST: f64 = 0.03;

fn stored(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("browser/pictures").join(format!("{name}.png"))
}

/// Draws a picture small, and answers it as a PNG with the brightness of a grid of 24 by 16 fields.
const SHRINK: &str = "const picture = new Image(); picture.src = 'data:image/png;base64,' + arguments[0]; \
    return picture.decode().then(() => { \
        const draw = (width, height) => { const canvas = document.createElement('canvas'); canvas.width = width; \
            canvas.height = height; const context = canvas.getContext('2d'); context.imageSmoothingQuality = 'high'; \
            context.drawImage(picture, 0, 0, width, height); return canvas; }; \
        const small = draw(320, Math.round(320 * picture.height / picture.width)); \
        const grid = draw(24, 16).getContext('2d').getImageData(0, 0, 24, 16).data; \
        const bright = []; for (let at = 0; at < grid.length; at += 4) bright.push((grid[at] + grid[at + 1] + grid[at + 2]) / 765); \
        return [small.toDataURL('image/png').split(',')[1], bright]; });";

async fn shrink(blank: &Tab, picture: &[u8]) -> (Vec<u8>, Vec<f64>) {
    let answer = blank.script_with(SHRINK, vec![json!(STANDARD.encode(picture))]).await;
    let small = STANDARD.decode(answer.get(0).unwrap().as_str().unwrap()).unwrap();
    (small, answer.get(1).unwrap().as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect())
}

/// What differs on the page that is shown from its stored picture.
pub async fn compare(tab: &Tab, blank: &Tab, name: &str) -> Option<String> {
    // Times of day and codes differ from run to run.
    tab.script("for (const one of document.querySelectorAll('.when, .soft.small, .qr, .secret')) one.style.visibility = 'hidden'").await;
    let (small, now) = shrink(blank, &tab.shot().await).await;
    let Ok(before) = std::fs::read(stored(name)) else {
        std::fs::create_dir_all(stored(name).parent().unwrap()).unwrap();
        std::fs::write(stored(name), small).unwrap();
        return Some(format!("{name} had no picture: look at {} and keep it", stored(name).display()));
    };
    let (_, then) = shrink(blank, &before).await;
    let difference = now.iter().zip(&then).map(|(now, then)| (now - then).abs()).sum::<f64>() / 384.0;
    (difference > MOST).then(|| format!("{name} looks different: {:.1} %", difference * 100.0))
}

/// Pages for people who are not signed in, by the names of their pictures.
const SIGNED_OUT: [(&str, &str); 10] = [
    ("first-time", "/first-time"),
    ("support", "/support"),
    ("not-found", "/nothing-here"),
    ("status", "/status"),
    ("help", "/help?site=larkmoor"),
    ("help-authenticator", "/help/authenticator?site=larkmoor"),
    ("day-pass", "/pass"),
    ("concern-form", "/concern-form?site=larkmoor"),
    ("developers", "/developers"),
    ("standards", "/developers/standards"),
];

#[tokio::test]
async fn pages_look_as_they_looked() {
    let system = System::start().await;
    let chromium = Chromium::start().await;
    let (tab, blank) = (chromium.tab().await, chromium.tab().await);
    let id = system.origin("id");
    // Our own pages allow no pictures from elsewhere in their policy; a blank one has none.
    blank.goto("about:blank").await;
    let mut found = Vec::new();
    for (name, path) in SIGNED_OUT {
        tab.goto(&format!("{id}{path}")).await;
        found.extend(compare(&tab, &blank, name).await);
    }
    tab.goto(&format!("{}/", system.origin("larkmoor"))).await;
    tab.see("#signin").await;
    found.extend(compare(&tab, &blank, "sign-in").await);
    tab.goto(&format!("{id}/signin?next=/&key=1")).await;
    sign_in(&tab, SAMINA, lanyard::demo::PASSWORD).await;
    tab.see("#code").await;
    found.extend(compare(&tab, &blank, "use-your-key").await);
    use_key(&tab, &system, SAMINA).await;
    tab.title_contains("My sites").await;
    for (name, path) in [
        ("my-sites", "/"),
        ("account", "/me"),
        ("keys", "/me/keys"),
        ("add-a-key", "/me/keys/add"),
        ("browsers", "/me/browsers"),
        ("access", "/me/access"),
        ("lost", "/signin/lost"),
        ("join", "/me/join"),
        ("display", "/me/display"),
        ("notifications", "/me/notifications"),
        ("requests", "/me/requests"),
    ] {
        tab.goto(&format!("{id}{path}")).await;
        tab.see("main").await;
        found.extend(compare(&tab, &blank, name).await);
    }
    tab.look("dark", false).await;
    tab.goto(&format!("{id}/me")).await;
    found.extend(compare(&tab, &blank, "account-dark").await);
    tab.look("light", false).await;
    let console = chromium.tab().await;
    console.goto(&format!("{id}/signin?next=/admin/people&key=1")).await;
    sign_in(&console, CALLUM, lanyard::demo::PASSWORD).await;
    use_key(&console, &system, CALLUM).await;
    console.see("#people").await;
    found.extend(compare(&console, &blank, "people").await);
    let trust = system.site("larkmoor").await.trust.unwrap();
    console.goto(&format!("{id}/admin/trusts/{trust}")).await;
    console.see("main").await;
    found.extend(compare(&console, &blank, "trust").await);
    let domains = "old=larkmoor.tamberwell.example&new=larkmoor.newtrust.example";
    console.goto(&format!("{id}/admin/trusts/{trust}/domain?{domains}")).await;
    console.see("#moves").await;
    found.extend(compare(&console, &blank, "domain").await);
    console.goto(&format!("{id}/admin/day-pass")).await;
    found.extend(compare(&console, &blank, "make-day-pass").await);
    assert!(found.is_empty(), "{}", found.join("\n"));
    for tab in [tab, blank, console] {
        chromium.finish(tab).await;
    }
}
