//! Two nodes of one installation, on one PostgreSQL and one Redis: what is used or ended at one is used or ended at both,
//! and what Redis forgets or keeps to itself lets nobody in.

use std::process::Command;
use std::time::{Duration, Instant};

use http::Method;
use lanyard::demo::Demo;
use tests::oauth::{VERIFIER, code, redeem, request};
use tests::servers::Server;
use tests::system::{ADAEZE, CALLUM, SAMINA};
use tests::{Browser, System};

struct Nodes {
    one: System,
    two: Demo,
    redis: Server,
    _database: Server,
}

impl Nodes {
    async fn start() -> Self {
        let (database, redis) = (tests::servers::postgres(), tests::servers::redis());
        let one = System::start_with(Some(database.url.clone()), Some(redis.url.clone())).await;
        let two = one.second_node(&database.url, &redis.url).await;
        Self { one, two, redis, _database: database }
    }

    /// The same browser at the second node.
    fn at_two(&self, browser: &Browser) -> Browser {
        browser.at(self.two.address)
    }

    async fn finish(self) {
        self.two.finish().await;
        self.one.demo.finish().await;
    }
}

fn is_in(page: &tests::Page) -> bool {
    page.status == 200 && page.body.contains("Larkmoor") && !page.body.contains("id=\"signin\"")
}

/// Waits until it holds; how long that took.
async fn until(what: &str, most: Duration, mut holds: impl AsyncFnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while begun.elapsed() < most {
        if holds().await {
            return begun.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what}: not within {most:?}");
}

#[tokio::test]
async fn s_07_what_ends_at_one_node_ends_at_the_other_within_a_second() {
    let nodes = Nodes::start().await;
    let (one, address) = (&nodes.one, nodes.one.origin("larkmoor"));
    let records = format!("{address}/records");

    // Elevated at the one, elevated at the other; back to base at the one, at the other as well.
    let mut samina = one.signed_in(SAMINA, "larkmoor").await;
    assert!(one.elevate(&mut samina, SAMINA, "larkmoor").await.body.contains("Records"));
    let mut there = nodes.at_two(&samina);
    assert!(there.open(&records).await.body.contains("Records"), "one session, two nodes");
    samina.post(&format!("{address}/.lanyard/drop"), &[]).await;
    until("base access", Duration::from_secs(2), async || there.open(&records).await.body.contains("id=\"elevate\""))
        .await;

    // Signed out at the one.
    let kept = there.clone();
    let page = samina.open(&format!("{}/signout", one.origin("id"))).await;
    samina.fill(&page, "signout", &[]).await;
    until("signed out", Duration::from_secs(2), async || !is_in(&kept.clone().open(&format!("{address}/")).await))
        .await;

    // Access removed by an admin, who works at the one; the person at the other.
    let mut adaeze = nodes.at_two(&one.signed_in(ADAEZE, "larkmoor").await);
    assert!(is_in(&adaeze.open(&format!("{address}/")).await));
    let mut callum = one.admin(CALLUM).await;
    let id = one.person(ADAEZE).await.id;
    let page = callum.open(&format!("{}/admin/people/{id}", one.origin("id"))).await;
    callum.fill(&page, "remove", &[("mode", "quiet")]).await;
    let took =
        until("removed", Duration::from_secs(2), async || !is_in(&adaeze.open(&format!("{address}/")).await)).await;
    let me = adaeze.open(&format!("{}/me", one.origin("id"))).await;
    assert!(me.body.contains("id=\"signin\""), "nor at the provider: {}", me.body);
    eprintln!("removed at one node, over at the other after {took:?}");
    nodes.finish().await;
}

#[tokio::test]
async fn m_01_and_i_03_a_code_counts_once_on_two_nodes() {
    let nodes = Nodes::start().await;
    let one = &nodes.one;
    let key_page = format!("{}/signin?next=/me&key=1", one.origin("id"));
    // A soft key's code, sent to both at once.
    for _ in 0..5 {
        let (mut here, mut there) = (one.browser(), nodes.at_two(&one.browser()));
        let mut pages = Vec::new();
        for browser in [&mut here, &mut there] {
            let page = browser.open(&key_page).await;
            pages.push(one.type_password(browser, &page, SAMINA).await);
        }
        let code = one.code(SAMINA).await;
        let fields = [("code", code.as_str())];
        let (first, second) = tokio::join!(here.fill(&pages[0], "key", &fields), there.fill(&pages[1], "key", &fields));
        let used = [first, second].iter().filter(|page| page.url.ends_with("/me")).count();
        assert_eq!(used, 1, "exactly one of them");
        one.clock.advance(30);
    }
    // An authorization code of one node, redeemed at both at once.
    let mut samina = one.signed_in(SAMINA, "larkmoor").await;
    for _ in 0..5 {
        let granted = code(one, &mut samina, &request(one)).await;
        let (first, second) = tokio::join!(redeem(one, &granted, VERIFIER), redeem_at(&nodes, &granted));
        let statuses = [first.0, second];
        // A replay ends what comes from the code, even while it is being given out.
        assert!(statuses.iter().filter(|status| **status == 200).count() <= 1, "at most one of them: {statuses:?}");
    }
    nodes.finish().await;
}

/// The status with which the second node redeems a code.
async fn redeem_at(nodes: &Nodes, code: &str) -> u16 {
    let one = &nodes.one;
    let redirect = format!("{}/callback", one.origin("bookworm"));
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect.as_str()),
        ("client_id", "bookworm"),
        ("code_verifier", VERIFIER),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let url = format!("{}/token", one.origin("id"));
    nodes.at_two(&one.browser()).send(Method::POST, &url, Some(body), &[]).await.status
}

#[tokio::test]
async fn s_10_somebody_at_work_at_one_node_is_not_idle_at_the_other() {
    let nodes = Nodes::start().await;
    let (one, address) = (&nodes.one, format!("{}/", nodes.one.origin("larkmoor")));
    let mut here = one.signed_in(SAMINA, "larkmoor").await;
    let mut there = nodes.at_two(&here);
    assert!(is_in(&there.open(&address).await));
    for _ in 0..5 {
        one.clock.advance(9 * 60);
        assert!(is_in(&here.open(&address).await));
        one.demo.gateway.sweep().await;
    }
    nodes.two.gateway.sweep().await;
    assert!(is_in(&there.open(&address).await), "45 minutes, never idle for ten");
    assert!(is_in(&here.open(&address).await), "and the other node has not ended it");
    nodes.finish().await;
}

fn signal(redis: &Server, signal: &str) {
    assert!(Command::new("kill").args([signal, &redis.id().to_string()]).status().unwrap().success());
}

#[tokio::test]
async fn f_03_memory_is_not_trusted_without_word_from_the_others() {
    let nodes = Nodes::start().await;
    let (one, address) = (&nodes.one, format!("{}/", nodes.one.origin("larkmoor")));
    let mut adaeze = nodes.at_two(&one.signed_in(ADAEZE, "larkmoor").await);
    let mut samina = nodes.at_two(&one.signed_in(SAMINA, "larkmoor").await);
    for browser in [&mut adaeze, &mut samina] {
        assert!(is_in(&browser.open(&address).await));
    }
    // Redis hangs: connections stay open, and nobody answers. Meanwhile somebody's access is removed.
    signal(&nodes.redis, "-STOP");
    let store = &one.demo.assembled.context.store;
    let person = one.person(ADAEZE).await;
    let entry = idp_domain::audit::AuditEntry::new(one.demo.assembled.context.now(), "x", "x");
    let gone = idp_store::Signal::SessionRevoked { person: person.id, sid: None, site: None };
    store.sign_out_everywhere(person.id, idp_store::Effects::audit(entry).signal(gone)).await.unwrap();
    let took = until("503", Duration::from_secs(12), async || samina.open(&address).await.status == 503).await;
    assert_eq!(adaeze.open(&address).await.status, 503, "nor is anybody else let in");
    eprintln!("cut off from the others, nothing was trusted after {took:?}");
    signal(&nodes.redis, "-CONT");
    until("it goes on", Duration::from_secs(12), async || is_in(&samina.open(&address).await)).await;
    until("and knows what was ended", Duration::from_secs(12), async || !is_in(&adaeze.open(&address).await)).await;
    nodes.finish().await;
}

#[tokio::test]
async fn f_04_what_redis_forgets_is_not_forgotten() {
    let nodes = Nodes::start().await;
    let one = &nodes.one;
    let mut samina = one.signed_in(SAMINA, "larkmoor").await;
    let granted = code(one, &mut samina, &request(one)).await;
    let (status, tokens) = redeem(one, &granted, VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    let code = one.code(SAMINA).await;
    let mut browser = one.browser();
    let page = browser.open(&format!("{}/signin?next=/me&key=1", one.origin("id"))).await;
    let page = one.type_password(&mut browser, &page, SAMINA).await;
    assert!(browser.fill(&page, "key", &[("code", &code)]).await.url.ends_with("/me"));
    let port = nodes.redis.url.rsplit(':').next().unwrap();
    let emptied = Command::new("redis-cli").args(["-p", port, "FLUSHALL"]).output().unwrap();
    assert!(emptied.status.success());

    let mut browser = nodes.at_two(&one.browser());
    let page = browser.open(&format!("{}/signin?next=/me&key=1", one.origin("id"))).await;
    let page = one.type_password(&mut browser, &page, SAMINA).await;
    let page = browser.fill(&page, "key", &[("code", &code)]).await;
    assert!(!page.url.ends_with("/me"), "a soft key's code was used: {}", page.url);
    assert_ne!(redeem(one, &granted, VERIFIER).await.0, 200, "an authorization code was");
    let me = samina.open(&format!("{}/me", one.origin("id"))).await;
    assert!(me.body.contains("Samina"), "the provider's own session is durable: {}", me.body);
    nodes.finish().await;
}
