//! G: what the gateway refuses before anything looks at it.

use tests::System;
use tests::echo::Echo;
use tests::raw::{exchange, status};
use tests::system::SAMINA;

async fn refused(system: &System, bytes: &str, wanted: &[u16]) {
    let answer = exchange(system.address(), bytes.as_bytes()).await;
    assert!(wanted.contains(&status(&answer)), "{bytes:?} got {answer:?}");
}

#[tokio::test]
async fn g_01_no_host() {
    let system = System::start().await;
    refused(&system, "GET / HTTP/1.1\r\n\r\n", &[400]).await;
    refused(&system, "GET / HTTP/1.0\r\n\r\n", &[400]).await;
}

#[tokio::test]
async fn g_02_two_hosts() {
    let system = System::start().await;
    let (a, b) = ("larkmoor.lanyard.localhost", "quillbrook.lanyard.localhost");
    refused(&system, &format!("GET / HTTP/1.1\r\nHost: {a}\r\nHost: {b}\r\n\r\n"), &[400]).await;
    refused(&system, &format!("GET / HTTP/1.1\r\nHost: {a}\r\nHost: {a}\r\n\r\n"), &[400]).await;
    let id = "id.lanyard.localhost";
    refused(&system, &format!("GET / HTTP/1.1\r\nHost: {id}\r\nHost: {a}\r\n\r\n"), &[400]).await;
}

#[tokio::test]
async fn g_03_odd_hosts() {
    let system = System::start().await;
    for host in [
        "a@larkmoor.lanyard.localhost",
        "larkmoor.lanyard.localhost,x",
        "larkmoor lanyard",
        "larkmoor.lanyard.localhost/x",
        "l%61rkmoor.lanyard.localhost",
        "",
        "larkmoor.lanyard.localhost:80:80",
    ] {
        refused(&system, &format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), &[400]).await;
    }
}

#[tokio::test]
async fn g_04_one_site_in_every_spelling() {
    let system = System::start().await;
    for host in ["LARKMOOR.Lanyard.Localhost", "larkmoor.lanyard.localhost.", "larkmoor.lanyard.localhost:8080"] {
        let bytes = format!("GET /.lanyard/whoami HTTP/1.1\r\nHost: {host}\r\n\r\n");
        refused(&system, &bytes, &[401]).await;
    }
}

#[tokio::test]
async fn g_05_a_target_that_names_another_host() {
    let system = System::start().await;
    let bytes = "GET http://quillbrook.lanyard.localhost/ HTTP/1.1\r\nHost: larkmoor.lanyard.localhost\r\n\r\n";
    refused(&system, bytes, &[400]).await;
}

#[tokio::test]
async fn g_08_an_unknown_host_is_nobodys() {
    let system = System::start().await;
    for host in ["127.0.0.1", "nowhere.lanyard.localhost", "a.larkmoor.lanyard.localhost", "evil.example"] {
        refused(&system, &format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), &[421]).await;
    }
}

#[tokio::test]
async fn g_15_no_tunnel() {
    let system = System::start().await;
    for target in ["larkmoor.lanyard.localhost:80", "127.0.0.1:22", "id.lanyard.localhost:443"] {
        refused(&system, &format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n"), &[400, 405]).await;
    }
    refused(&system, "TRACE / HTTP/1.1\r\nHost: larkmoor.lanyard.localhost\r\n\r\n", &[405]).await;
    refused(&system, "BREW / HTTP/1.1\r\nHost: larkmoor.lanyard.localhost\r\n\r\n", &[501]).await;
}

async fn paths_are_refused(paths: &[&str]) {
    let system = System::start().await;
    let echo = Echo::start().await;
    system.set_upstream("larkmoor", &format!("http://{}", echo.address)).await;
    let browser = system.signed_in(SAMINA, "larkmoor").await;
    let cookie = browser.cookie("larkmoor.lanyard.localhost", "ln").unwrap();
    let before = echo.heads().len();
    for path in paths {
        let bytes = format!("GET {path} HTTP/1.1\r\nHost: larkmoor.lanyard.localhost\r\nCookie: ln={cookie}\r\n\r\n");
        refused(&system, &bytes, &[400]).await;
    }
    assert_eq!(echo.heads().len(), before, "nothing reached the site: {:?}", echo.heads());
}

#[tokio::test]
async fn g_18_dot_segments() {
    paths_are_refused(&["/public/../admin", "/./admin", "/public/..", "/public/."]).await;
}

#[tokio::test]
async fn g_19_escaped_dot_segments() {
    paths_are_refused(&["/%2e%2e/admin", "/.%2e/admin", "/%252e%252e/admin", "/%c0%ae%c0%ae/admin"]).await;
}

#[tokio::test]
async fn g_20_escaped_slashes() {
    paths_are_refused(&["/public%2fadmin", "/public%5cadmin", "/public\\admin"]).await;
}

#[tokio::test]
async fn g_21_matrix_parameters() {
    paths_are_refused(&["/public;/../admin", "/admin;x", "/..;/admin", "/%3b/admin"]).await;
}

#[tokio::test]
async fn g_22_double_slashes() {
    paths_are_refused(&["//admin", "///", "/public//admin", "/public//..//admin"]).await;
}

#[tokio::test]
async fn g_33_an_upstream_cannot_set_our_cookie() {
    let system = System::start().await;
    let echo = Echo::start().await;
    system.set_upstream("larkmoor", &format!("http://{}", echo.address)).await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    let kept = browser.cookie("larkmoor.lanyard.localhost", "ln").cloned();
    browser.open(&format!("{}/x", system.origin("larkmoor"))).await;
    assert_eq!(browser.cookie("larkmoor.lanyard.localhost", "ln").cloned(), kept);
    assert_eq!(browser.cookie("larkmoor.lanyard.localhost", "own").unwrap(), "1");
}

#[tokio::test]
async fn l_09_what_a_school_says_about_its_own_pages_stays_as_it_says_it() {
    let system = System::start().await;
    let echo = Echo::start().await;
    system.set_upstream("larkmoor", &format!("http://{}", echo.address)).await;
    let mut browser = system.signed_in(SAMINA, "larkmoor").await;
    let page = browser.open(&format!("{}/page", system.origin("larkmoor"))).await;
    let all = |name: &str| page.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(all("content-security-policy"), ["default-src 'self'"], "neither another one nor one more");
    assert_eq!(all("strict-transport-security"), ["max-age=60"], "and nothing about sites beside it");
    assert!(page.headers.get("x-frame-options").is_none(), "whether it may be framed is the school's choice");
}
