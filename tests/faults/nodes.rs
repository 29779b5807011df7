//! F-01, F-04: two nodes of one installation on PostgreSQL and Redis. One dies at each message that it sends to either of them,
//! Redis is emptied every other time, and the other node goes on: nothing counts twice, nothing acknowledged is lost.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tests::client_key::{ClientKey, unique};
use tests::servers::{Server, postgres, redis};

use super::Victim;
use super::protocol::{
    code, opens, redeems, refreshes, registered, registers, registration_tokens, signed_in, text, token,
};
use super::writes::{arm, at_each_write, build, count_messages, disarm, told};

struct Nodes {
    /// Where the one that dies lives; the other has its data, too.
    folder: tempfile::TempDir,
    _other: tempfile::TempDir,
    other: Victim,
    redis: Server,
    _database: Server,
}

fn port(server: &Server) -> i32 {
    i32::from(url::Url::parse(&server.url).unwrap().port().unwrap())
}

/// Both nodes, of which the first dies when it is told to.
async fn start() -> (Victim, Nodes) {
    let (database, redis) = (postgres(), redis());
    let [folder, other] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    for folder in [folder.path(), other.path()] {
        std::fs::write(folder.join("database"), &database.url).unwrap();
        std::fs::write(folder.join("redis"), &redis.url).unwrap();
    }
    build(folder.path());
    count_messages(folder.path(), [port(&database), port(&redis)]);
    let victim = Victim::start(folder.path()).await;
    std::os::unix::fs::symlink(folder.path().join("data"), other.path().join("data")).unwrap();
    let there = SocketAddr::from(([127, 0, 0, 2], victim.port()));
    let node = Victim::start_at(other.path(), there).await;
    (victim, Nodes { folder, _other: other, other: node, redis, _database: database })
}

impl Nodes {
    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn empty_redis(&self) {
        let port = port(&self.redis).to_string();
        let emptied = Command::new("redis-cli").args(["-p", &port, "FLUSHALL"]).output().unwrap();
        assert!(emptied.status.success());
    }

    /// Stops the count, and empties Redis every other time. Answers whether the node died.
    async fn over(&self, victim: &mut Victim, messages: i32) -> bool {
        let died = disarm(self.folder(), victim).await;
        if messages % 2 == 0 {
            self.empty_redis();
        }
        died
    }

    /// The node for the next round, started again if it died.
    async fn back(&self, victim: Victim, died: bool) -> (Victim, bool) {
        (if died { victim.kill(self.folder()).await } else { victim }, died)
    }

    /// Sends a token request to the node that dies at its n-th message. Answers what came back, and whether it died.
    async fn dies_at(&self, victim: &mut Victim, messages: i32, (body, proof): (&str, &str)) -> (Option<Value>, bool) {
        let mut browser = victim.browser();
        arm(self.folder(), messages);
        let headers = [("dpop", proof), ("content-type", "application/x-www-form-urlencoded")];
        let headers = if proof.is_empty() { &headers[1..] } else { &headers[..] };
        let url = format!("{}/token", victim.id());
        let page = browser.try_send(http::Method::POST, &url, Some(body.to_owned().into()), headers).await;
        let died = self.over(victim, messages).await;
        let page = page.filter(|page| page.status == 200);
        (page.and_then(|page| serde_json::from_str(&page.body).ok()), died)
    }
}

#[tokio::test]
async fn f_01_a_code_and_a_proof_count_once_whichever_node_dies_and_whatever_redis_forgets() {
    let (victim, nodes) = start().await;
    let browser = signed_in(&victim).await;
    let key = ClientKey::default();
    let url = format!("{}/token", victim.id());
    let nonce = token(&victim, refreshes("x"), Some("x")).await.header("dpop-nonce").to_owned();
    let proof = || {
        let now = idp_domain::Clock::now(&idp_domain::SystemClock).0;
        key.proof(&json!({ "htm": "POST", "htu": url, "iat": now, "jti": unique(), "nonce": nonce }))
    };
    at_each_write("a code on two nodes", victim, async |mut victim, messages| {
        let granted = code(&nodes.other, &mut browser.at(nodes.other.address)).await;
        let (request, used) = (redeems(&victim, &granted), proof());
        let (answered, died) = nodes.dies_at(&mut victim, messages, (&request, &used)).await;
        if let Some(tokens) = &answered {
            let refresh = refreshes(&text(tokens, "refresh_token"));
            let next = token(&nodes.other, refresh, Some(&proof())).await;
            assert_eq!(next.status, 200, "message {messages}: acknowledged and lost: {}", next.body);
        }
        let again = token(&nodes.other, request, Some(&proof())).await;
        assert!(answered.is_none() || again.status == 400, "message {messages}: redeemed twice: {}", again.body);
        if answered.is_some() {
            let granted = code(&nodes.other, &mut browser.at(nodes.other.address)).await;
            let again = token(&nodes.other, redeems(&victim, &granted), Some(&used)).await;
            assert!(again.body.contains("invalid_dpop_proof"), "message {messages}: a proof twice: {}", again.body);
        }
        nodes.back(victim, died).await
    })
    .await;
}

#[tokio::test]
async fn f_01_a_refresh_token_counts_once_whichever_node_dies_and_whatever_redis_forgets() {
    let (victim, nodes) = start().await;
    let browser = signed_in(&victim).await;
    at_each_write("a refresh on two nodes", victim, async |mut victim, messages| {
        let granted = code(&nodes.other, &mut browser.at(nodes.other.address)).await;
        let first = token(&nodes.other, redeems(&victim, &granted), None).await;
        let first = text(&serde_json::from_str(&first.body).unwrap(), "refresh_token");
        let (answered, died) = nodes.dies_at(&mut victim, messages, (&refreshes(&first), "")).await;
        match answered {
            Some(tokens) => {
                assert!(opens(&nodes.other, &text(&tokens, "access_token")).await, "message {messages}: lost");
                let next = token(&nodes.other, refreshes(&text(&tokens, "refresh_token")), None).await;
                assert_eq!(next.status, 200, "message {messages}: acknowledged and lost: {}", next.body);
                let again = token(&nodes.other, refreshes(&first), None).await;
                assert_eq!(again.status, 400, "message {messages}: rotated twice");
                let next = text(&serde_json::from_str(&next.body).unwrap(), "refresh_token");
                let ended = token(&nodes.other, refreshes(&next), None).await;
                assert_eq!(ended.status, 400, "message {messages}: the family has ended with it");
            }
            None => {
                let again = token(&nodes.other, refreshes(&first), None).await;
                assert!([200, 400].contains(&again.status), "message {messages}: {}", again.body);
            }
        }
        nodes.back(victim, died).await
    })
    .await;
}

#[tokio::test]
async fn f_01_an_app_is_registered_whole_whichever_node_dies_and_whatever_redis_forgets() {
    let (victim, nodes) = start().await;
    let tokens = registration_tokens(&victim).await;
    at_each_write("registering an app on two nodes", victim, async |mut victim, messages| {
        let name = format!("Reading log {messages}.");
        arm(nodes.folder(), messages);
        let answer = registers(&victim, &tokens, (messages, &name)).await;
        let died = nodes.over(&mut victim, messages).await;
        let (apps, entries) = registered(nodes.folder(), &name).await;
        assert!(apps == entries && apps <= 1, "message {messages}: {apps} apps, {entries} entries of the log");
        if let Some(answer) = answer.filter(|page| page.status == 201) {
            assert_eq!(apps, 1, "message {messages}: what was acknowledged is lost");
            let made: Value = serde_json::from_str(&answer.body).unwrap();
            let query = format!("client_id={}&redirect_uri=http://localhost:3000/cb", text(&made, "client_id"));
            let page = nodes.other.browser().open(&format!("{}/authorize?{query}", nodes.other.id())).await;
            assert!(!page.body.contains("client_id is not known"), "message {messages}: {}", page.body);
        }
        nodes.back(victim, died).await
    })
    .await;
}

#[tokio::test]
async fn f_01_a_mail_that_was_promised_is_sent_whichever_node_dies_and_whatever_redis_forgets() {
    const SUPPORT: &str = "support@tamberwell.example";
    let (victim, nodes) = start().await;
    at_each_write("a mail on its way on two nodes", victim, async |mut victim, messages| {
        // What an address may send in an hour is counted there.
        nodes.empty_redis();
        let before = told(nodes.folder(), SUPPORT).await;
        let mut browser = victim.browser();
        arm(nodes.folder(), messages);
        let fields = [("from", "nora@b.example"), ("text", "The page stays white"), ("site", "")];
        let page = browser.try_post(&format!("{}/support", victim.id()), &fields).await;
        let died = nodes.over(&mut victim, messages).await;
        let promised = page.is_some_and(|page| page.status < 400);
        let kept = told(nodes.folder(), SUPPORT).await > before;
        assert!(kept || !promised, "message {messages}: what was promised is neither sent nor waits");
        nodes.back(victim, died).await
    })
    .await;
}
