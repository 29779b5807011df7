//! The story over TLS: cookies with the `__Host-` prefix, and everything else as before.

use tests::System;
use tests::system::SAMINA;

use super::chromium::Chromium;
use super::{sign_in, use_key};

#[tokio::test]
async fn the_story_over_tls() {
    let system = System::start_tls().await;
    let chromium = Chromium::start().await;
    let tab = chromium.tab().await;
    tab.goto(&format!("{}/records", system.origin("larkmoor"))).await;
    assert!(tab.url().await.starts_with("https://id."));
    sign_in(&tab, SAMINA, lanyard::demo::PASSWORD).await;
    tab.click("#elevate button").await;
    use_key(&tab, &system, SAMINA).await;
    tab.see("table").await;
    tab.bar_says("Elevated").await;
    let cookies = tab.cookies().await;
    assert!(!cookies.is_empty());
    for (name, http_only, secure) in cookies {
        assert!(name.starts_with("__Host-") && http_only && secure, "{name} {http_only} {secure}");
    }
    tab.goto(&format!("{}/", system.origin("quillbrook"))).await;
    tab.see("#record").await;
    chromium.finish(tab).await;
}
