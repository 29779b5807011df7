//! S and R: sessions and the addresses to which they lead back.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use tests::oauth::{authorize, request};
use tests::system::{ADAEZE, CALLUM, SAMINA};
use tests::{Browser, System};

#[tokio::test]
async fn s_05_two_cookies_of_one_name_are_none() {
    let system = System::start().await;
    let browser = system.signed_in(ADAEZE, "larkmoor").await;
    let cookie = browser.cookie("larkmoor.lanyard.localhost", "ln").unwrap().clone();
    let other = "A".repeat(cookie.len());
    for pair in
        [format!("ln={cookie}; ln={other}"), format!("ln={other}; ln={cookie}"), format!("ln={cookie}; ln={cookie}")]
    {
        let url = format!("{}/.lanyard/whoami", system.origin("larkmoor"));
        let page = system.browser().send(Method::GET, &url, None, &[("cookie", &pair)]).await;
        assert_eq!(page.status, 401, "{pair}");
    }
}

#[tokio::test]
async fn s_07_a_suspended_person_is_out_everywhere_within_a_second() {
    let system = System::start().await;
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let person = system.person(ADAEZE).await;
    let directory = &system.demo.assembled.directory;
    let callum = system.person(CALLUM).await;
    let asker = directory.asker(&callum, true).await.unwrap();
    directory.remove_now(&asker, person.id, true).await.unwrap();
    tokio::time::sleep(Duration::from_millis(900)).await;
    let me = adaeze.send(Method::GET, &format!("{}/.lanyard/whoami", system.origin("larkmoor")), None, &[]).await;
    assert_eq!(me.status, 401);
    let page = adaeze.open(&format!("{}/me", system.origin("id"))).await;
    assert!(page.body.contains("id=\"signin\""), "{}", page.url);
    let page = adaeze.fill(&page, "signin", &[("login", ADAEZE), ("password", lanyard::demo::PASSWORD)]).await;
    assert!(page.body.contains("You cannot sign in at the moment"), "{}", page.body);
}

#[tokio::test]
async fn s_10_asking_who_one_is_keeps_nobody_signed_in() {
    let system = System::start().await;
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let url = format!("{}/.lanyard/whoami", system.origin("larkmoor"));
    for _ in 0..5 {
        system.clock.advance(5 * 60);
        assert_eq!(browser.send(Method::GET, &url, None, &[]).await.status, 200);
    }
    system.clock.advance(5 * 60 - 1);
    assert_eq!(browser.send(Method::GET, &url, None, &[]).await.status, 200, "a second before the half hour");
    system.clock.advance(1);
    assert_eq!(browser.send(Method::GET, &url, None, &[]).await.status, 401, "at the half hour");
}

#[tokio::test]
async fn s_13_no_other_page_signs_anybody_out() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    let page = browser.open(&format!("{id}/logout")).await;
    assert!(page.body.contains("id=\"signout\""), "it is asked: {}", page.body);
    for from in ["cross-site", "same-site", "none"] {
        let extra = [("sec-fetch-site", from), ("origin", "https://evil.example")];
        let page = browser.send(Method::POST, &format!("{id}/signout"), Some(String::new()), &extra).await;
        assert_eq!(page.status, 403, "{from}");
    }
    assert!(browser.open(&format!("{id}/me")).await.body.contains("Account settings"));
}

#[tokio::test]
async fn s_15_after_signing_out_only_registered_addresses_are_opened() {
    let system = System::start().await;
    let id = system.origin("id");
    let good = format!("{}/", system.origin("bookworm"));
    let go = async |uri: &str, client: &str| {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", client)
            .append_pair("post_logout_redirect_uri", uri)
            .finish();
        let url = format!("{id}/logout?{query}");
        system.browser().send(Method::GET, &url, None, &[]).await.location().to_owned()
    };
    assert_eq!(go(&good, "bookworm").await, good);
    let evil = [
        "https://evil.example/".to_owned(),
        format!("{good}x"),
        format!("{good}?x"),
        good.to_uppercase(),
        "javascript:alert(1)".to_owned(),
        format!("{}/", system.origin("larkmoor")),
    ];
    for uri in &evil {
        assert_eq!(go(uri, "bookworm").await, "/signed-out", "{uri}");
    }
    assert_eq!(go(&good, "site:larkmoor").await, "/signed-out", "another client's address");
}

#[tokio::test]
async fn s_16_thirty_tabs_at_once_all_end_signed_in() {
    let system = System::start().await;
    let mut browser = system.browser();
    let mut tabs = Vec::new();
    for tab in 0..30 {
        tabs.push(browser.open(&format!("{}/records?tab={tab}", system.origin("larkmoor"))).await);
    }
    let size: usize = browser.cookies.iter().map(|((_, name), value)| name.len() + value.len() + 3).sum();
    assert!(size < 400, "cookies do not grow with tabs: {size}");
    let first = tabs.remove(7);
    system.type_password(&mut browser, &first, ADAEZE).await;
    for tab in tabs {
        let page = browser.open(&tab.url).await;
        assert!(page.url.starts_with(&system.origin("larkmoor")), "{} became {}", tab.url, page.url);
    }
}

#[tokio::test]
async fn s_21_twenty_tabs_whose_site_session_is_over_all_go_on() {
    let system = System::start().await;
    let site = system.origin("larkmoor");
    let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
    browser.cookies.retain(|(host, _), _| !host.starts_with("larkmoor."));
    let tabs = (0..20).map(|tab| {
        let (mut browser, url) = (browser.clone(), format!("{site}/?tab={tab}"));
        tokio::spawn(async move {
            let headers = [("accept", "text/html"), ("sec-fetch-mode", "navigate")];
            let begun = browser.send(Method::GET, &url, None, &headers).await;
            (begun.location().to_owned(), browser.cookies)
        })
    });
    let mut begun = Vec::new();
    for tab in tabs.collect::<Vec<_>>() {
        let (location, cookies) = tab.await.unwrap();
        // They share one jar: of the cookies that they were given at once, the last one stays.
        browser.cookies = cookies;
        begun.push(location);
    }
    for (number, location) in begun.iter().enumerate() {
        let page = browser.open(location).await;
        assert!(page.url.ends_with(&format!("/?tab={number}")) && page.status == 200, "{} {}", page.url, page.body);
        assert!(page.body.contains("Adaeze"), "{number}: nobody is signed out or asked again: {}", page.body);
    }
    let sessions = system.demo.assembled.context.store.sessions_of(system.person(ADAEZE).await.id).await.unwrap();
    assert_eq!(sessions.len(), 1, "one sign-in is behind all of them");
}

#[tokio::test]
async fn s_17_a_browser_without_cookies_is_told_so_and_sent_in_no_circle() {
    let system = System::start().await;
    let mut browser = system.browser();
    let mut url = format!("{}/records", system.origin("larkmoor"));
    for round in 0..12 {
        browser.cookies.clear();
        let page =
            browser.send(Method::GET, &url, None, &[("accept", "text/html"), ("sec-fetch-mode", "navigate")]).await;
        if page.location().is_empty() {
            assert!(round < 7 && page.body.contains("keeps no cookies"), "{round}: {}", page.body);
            return;
        }
        url = url::Url::parse(&url).unwrap().join(page.location()).unwrap().into();
    }
    panic!("a circle of redirects");
}

#[tokio::test]
async fn s_19_the_browser_that_was_used_longest_ago_goes() {
    let system = System::start().await;
    let store = &system.demo.assembled.context.store;
    let mut first = system.signed_in(ADAEZE, "larkmoor").await;
    let person = system.person(ADAEZE).await;
    for _ in 0..20 {
        system.clock.advance(30);
        let mut browser = system.browser();
        let page = browser.open(&format!("{}/signin?next=/me", system.origin("id"))).await;
        let page = system.type_password(&mut browser, &page, ADAEZE).await;
        assert!(page.url.ends_with("/me"), "{}", page.body);
    }
    assert_eq!(store.sessions_of(person.id).await.unwrap().len(), 20);
    tokio::time::sleep(Duration::from_millis(900)).await;
    let me = first.send(Method::GET, &format!("{}/.lanyard/whoami", system.origin("larkmoor")), None, &[]).await;
    assert_eq!(me.status, 401, "and its sites with it");
}

#[tokio::test]
async fn s_22_scripts_get_an_answer_and_no_redirect_when_a_session_is_over() {
    let system = System::start().await;
    let url = format!("{}/records", system.origin("larkmoor"));
    for (mode, dest) in [("cors", "empty"), ("same-origin", "empty"), ("websocket", "websocket"), ("no-cors", "image")]
    {
        let mut browser = system.browser();
        let extra = [("sec-fetch-mode", mode), ("sec-fetch-dest", dest), ("sec-fetch-site", "same-origin")];
        let page = browser.send(Method::GET, &url, None, &extra).await;
        assert!(page.status == 401 && page.location().is_empty(), "{mode}: {}", page.status);
        assert!(page.header("content-type").starts_with("application/json"), "{mode}");
        assert!(browser.cookies.is_empty(), "{mode}: nothing is begun for it");
    }
}

#[tokio::test]
async fn s_24_only_forms_of_the_sites_own_pages_are_held() {
    let system = System::start().await;
    let url = format!("{}/concerns", system.origin("larkmoor"));
    let held = async |from: &str| {
        let mut browser = system.signed_in(ADAEZE, "larkmoor").await;
        system.clock.advance(31 * 60);
        let extra = [("sec-fetch-mode", "navigate"), ("sec-fetch-site", from), ("accept", "text/html")];
        let form = Some("text=many+words+that+somebody+typed".to_owned());
        let page = browser.send(Method::POST, &url, form, &extra).await;
        if page.location().is_empty() {
            return false;
        }
        let next = url::Url::parse(&url).unwrap().join(page.location()).unwrap();
        let page = browser.open(next.as_str()).await;
        let page = system.type_password(&mut browser, &page, ADAEZE).await;
        page.body.contains("many words that somebody typed")
    };
    assert!(held("same-origin").await);
    for from in ["cross-site", "same-site", "none"] {
        assert!(!held(from).await, "{from}");
    }
}

#[tokio::test]
async fn s_25_nonsense_in_cookies_is_nobody_and_nothing_breaks() {
    let system = System::start().await;
    let evil = [
        "99999999".to_owned(),
        "-1".to_owned(),
        "A".repeat(4000),
        "%00%0d%0a".to_owned(),
        "é".repeat(22),
        "..%2f..%2f".to_owned(),
        "\"".to_owned(),
        "null".to_owned(),
        "=".repeat(43),
        "' OR 1=1 --".to_owned(),
    ];
    for value in &evil {
        for (host, path, name) in
            [("larkmoor", "/.lanyard/whoami", "ln"), ("id", "/me", "lanyard"), ("id", "/me", "browser")]
        {
            let cookie = format!("{name}={value}");
            let url = format!("{}{path}", system.origin(host));
            let page = system.browser().send(Method::GET, &url, None, &[("cookie", &cookie)]).await;
            assert!([303, 400, 401].contains(&page.status), "{name} {value:?}: {}", page.status);
        }
    }
}

async fn lands_at_home(system: &System, browser: &mut Browser, next: &str) {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    let page = browser.open(&format!("{}/signin?{query}", system.origin("id"))).await;
    assert!(page.url.starts_with(&format!("{}/", system.origin("id"))), "{next} led to {}", page.url);
}

#[tokio::test]
async fn r_03_and_r_04_a_page_to_come_back_to_is_one_of_ours() {
    let system = System::start().await;
    let mut browser = system.admin(SAMINA).await;
    for next in [
        "https://id.lanyard.localhost%2eevil.example",
        "https://id.lanyard.localhost.evil.example",
        "https://id.lanyard.localhost@evil.example",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example#id.lanyard.localhost",
        "javascript:alert(1)",
        "data:text/html,x",
        "blob:https://id.lanyard.localhost/x",
        "intent://x#Intent;end",
        "\u{ff0f}\u{ff0f}evil.example",
    ] {
        lands_at_home(&system, &mut browser, next).await;
    }
}

#[tokio::test]
async fn r_06_and_r_07_and_r_08_a_redirect_address_is_registered_whole_and_never_learned() {
    let system = System::start().await;
    let mut browser = system.admin(SAMINA).await;
    let store = &system.demo.assembled.context.store;
    let before = store.client("bookworm").await.unwrap().unwrap();
    let good = format!("{}/callback", system.origin("bookworm"));
    let evil = [
        good.replace("bookworm.lanyard", "bookwormXlanyard"),
        good.replace("lanyard.localhost", "lanyard.localhost.evil.example"),
        format!("{good}/../evil"),
        format!("{good}?next=https://evil.example"),
        format!("{good}#x"),
        "https://evil.example/callback".to_owned(),
        "javascript:alert(1)//".to_owned(),
    ];
    for uri in &evil {
        let mut params = request(&system);
        params.iter_mut().find(|(name, _)| name == "redirect_uri").unwrap().1.clone_from(uri);
        let page = authorize(&system, &mut browser, &params).await;
        assert!(page.location().is_empty() && page.status == 400, "{uri}: {} {}", page.status, page.location());
    }
    assert_eq!(store.client("bookworm").await.unwrap().unwrap(), before);
    let mut params = request(&system);
    params.iter_mut().find(|(name, _)| name == "client_id").unwrap().1 = "nobody".to_owned();
    let page = authorize(&system, &mut browser, &params).await;
    assert!(page.location().is_empty() && page.status >= 400, "{}", page.location());
}

#[tokio::test]
async fn r_10_a_path_with_line_breaks_or_without_end_becomes_no_header() {
    let system = System::start().await;
    let mut browser = system.browser();
    for path in
        ["/records?x=%0d%0aset-cookie:%20evil=1", &format!("/records?x={}", "y".repeat(9000)), "/records?x=%c3%a9"]
    {
        let page = browser
            .send(
                Method::GET,
                &format!("{}{path}", system.origin("larkmoor")),
                None,
                &[("accept", "text/html"), ("sec-fetch-mode", "navigate")],
            )
            .await;
        assert!(page.status < 500, "{}", page.status);
        assert!(!page.headers.contains_key("evil") && !page.header("set-cookie").contains("evil"));
    }
}

#[tokio::test]
async fn r_11_where_a_sign_in_leads_back_to_is_not_read_from_the_browser() {
    let system = System::start().await;
    let mut browser = system.browser();
    let page = browser.open(&format!("{}/records", system.origin("larkmoor"))).await;
    let page = system.type_password(&mut browser, &page, ADAEZE).await;
    assert!(page.url.ends_with("/records"), "{}", page.url);
    let mut other = system.browser();
    let begun = other
        .send(
            Method::GET,
            &format!("{}/records", system.origin("larkmoor")),
            None,
            &[("accept", "text/html"), ("sec-fetch-mode", "navigate")],
        )
        .await;
    let state = begun.location_param("state").unwrap();
    let (secret, sealed) = state.split_once('.').unwrap();
    for forged in [
        format!("{secret}.{}", sealed.replace(|c: char| c.is_ascii_lowercase(), "a")),
        format!("x.{}", URL_SAFE_NO_PAD.encode("/records")),
        secret.to_owned(),
    ] {
        let url = format!("{}/.lanyard/callback?code=x&state={forged}", system.origin("larkmoor"));
        let page = other.open(&url).await;
        assert!(page.body.contains("begun in another browser"), "{forged} leads on: {} {}", page.url, page.body);
    }
}

#[tokio::test]
async fn r_12_no_address_of_a_sign_in_is_passed_on() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut browser = system.browser();
    for path in ["/signin", "/first-time", "/link?token=x", "/authorize?client_id=x", "/consent?attempt=x", "/support"]
    {
        let page = browser.open(&format!("{id}{path}")).await;
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        for part in page.body.split(['"', '\'']).filter(|part| part.starts_with("http")) {
            assert!(part.starts_with(&id) || part.contains("lanyard.localhost"), "{path} names {part}");
        }
    }
}
